import { describe, expect, test } from 'vitest';
import { figureBand, gainOf } from '../../src/results/error-bands.ts';
import type { BandedPool } from '../../src/results/error-bands.ts';
import { PoolTally } from '../../src/results/pool-metrics.ts';
import { combineSeeds } from '../../src/results/statistics.ts';
import type { SummaryEntry } from '../../src/results/summary.ts';
import { bandHalfWidth } from '../../src/sim/error-band.ts';
import type { ErrorBandsPlan, PoolRole } from '../../src/sim/plan.ts';
import { bandBases, bandText } from '../../src/report/bands.ts';
import { stepCost } from '../results/step-cost.ts';

const INSTANCE_NS = 100e9;
const BANDS: ErrorBandsPlan = {
  bands: [
    { figure: 'tpot mean', sigma: 0.1, basis: 'measured on h100-sxm' },
    { figure: 'rate', sigma: 0.2, basis: 'measured on h100-sxm' },
  ],
  openLoop: true,
  keepsUp: true,
};

interface Case {
  readonly bands?: Partial<ErrorBandsPlan>;
  readonly tally?: Partial<PoolTally>;
  readonly role?: PoolRole;
}

function pool({ bands = {}, tally = {}, role = 'mixed' }: Case = {}): BandedPool {
  return {
    plan: { errorBands: { ...BANDS, ...bands }, role, stepCost: { ...stepCost, floorNs: 1e6 } },
    tally: Object.assign(new PoolTally(), { arrivedRequests: 1000, ...tally }),
    instanceNs: INSTANCE_NS,
  };
}

describe('the band of a figure', () => {
  test('is that of its pool, and the widest of several', () => {
    const wide = pool({ bands: { bands: [{ figure: 'tpot mean', sigma: 0.3, basis: 'announced numbers' }] } });

    expect(figureBand('tpot', 'mean', [pool()])).toEqual({
      halfWidth: bandHalfWidth(0.1),
      basis: 'measured on h100-sxm',
    });
    expect(figureBand('tpot', 'mean', [pool(), wide])).toEqual({
      halfWidth: bandHalfWidth(0.3),
      basis: 'announced numbers',
    });
  });

  test('is none for a statistic that was never validated, and where one pool has none', () => {
    const unknown = pool({ bands: { bands: [] } });

    expect(figureBand('tpot', 'p99', [pool()])).toBeUndefined();
    expect(figureBand('queue', 'mean', [pool()])).toBeUndefined();
    expect(figureBand('output_cost', 'fully_loaded', [pool()])).toBeUndefined();
    expect(figureBand('tpot', 'mean', [pool(), unknown])).toBeUndefined();
  });

  test('where prompts and decoding are apart, each pool answers for its own', () => {
    const decode = pool({ role: 'decode' });
    const prefill = pool({ role: 'prefill', bands: { bands: [{ figure: 'ttft mean', sigma: 0.4, basis: 'x' }] } });

    expect(figureBand('ttft', 'mean', [prefill, decode])?.basis).toBe('x');
    expect(figureBand('tpot', 'mean', [prefill, decode])?.basis).toBe('measured on h100-sxm');
  });

  test('throughput and full cost are set by demand while every pool keeps up; the cost of busy time alone never is', () => {
    expect(figureBand('output_tokens', 'rate', [pool()])).toEqual({ halfWidth: undefined, basis: 'set by demand' });
    expect(figureBand('blended_cost', 'fully_loaded', [pool()])?.basis).toBe('set by demand');
    expect(figureBand('blended_cost', 'busy_only', [pool()])?.halfWidth).toBe(bandHalfWidth(0.2));
    expect(figureBand('output_tokens', 'rate', [pool(), pool({ bands: { keepsUp: false } })])?.halfWidth).toBe(
      bandHalfWidth(0.2),
    );
  });

  test('a queue that grows makes latencies of an open loop a matter of time; throughput has its band', () => {
    const overloaded = pool({ tally: { waitingFirst: 10, waitingLast: 70 } });

    expect(figureBand('tpot', 'mean', [overloaded])).toEqual({ halfWidth: undefined, basis: 'overloaded' });
    expect(figureBand('output_tokens', 'rate', [overloaded])?.halfWidth).toBe(bandHalfWidth(0.2));
    expect(figureBand('tpot', 'mean', [pool({ ...overloaded, bands: { openLoop: false } })])?.halfWidth).toBe(
      bandHalfWidth(0.1),
    );
  });

  test('near the knee of an open loop it is wider by the gain', () => {
    // Half of all time goes to prompts: an error of step times is doubled, if longer batches cost nothing more.
    const busy = pool({
      tally: { steps: 1000, decodeSeqSteps: 1000, kvTokenSteps: 1000, prefillNs: 50e9, busyNs: INSTANCE_NS },
    });
    const closed = pool({ tally: busy.tally, bands: { openLoop: false } });

    expect(gainOf(busy)).toBeGreaterThanOrEqual(2);
    expect(figureBand('tpot', 'mean', [busy])?.halfWidth).toBeGreaterThan(bandHalfWidth(0.1 * 1.8));
    expect(figureBand('tpot', 'mean', [closed])?.halfWidth).toBe(bandHalfWidth(0.1));
  });

  test('more seeds do not make it narrower', () => {
    const entry = (value: number, halfWidth: number): SummaryEntry => ({
      scope: 'fleet',
      scopeName: 'fleet',
      metric: 'tpot',
      statistic: 'mean',
      value,
      unit: 'ms',
      halfWidth95: undefined,
      grade: 'measured',
      band: {
        halfWidth,
        basis: 'measured on h100-sxm',
      },
    });

    expect(combineSeeds([[entry(10, 0.1)], [entry(11, 0.12)]])[0]!.band).toEqual({
      halfWidth: 0.12,
      basis: 'measured on h100-sxm',
    });
  });
});

describe('as it is printed', () => {
  test.each([
    [{ halfWidth: 0.083, basis: 'measured on h100-sxm' }, '±8 %'],
    [{ halfWidth: 1.4, basis: 'announced numbers' }, '×÷ 2.4'],
    [{ halfWidth: undefined, basis: 'set by demand' }, 'set by demand'],
  ])('%o as %s', (band, text) => {
    expect(bandText({ band })).toBe(text);
  });

  test('a figure without one says so', () => {
    expect(bandText({})).toBe('no band');
    expect(bandText(undefined)).toBe('no band');
    expect(bandBases([])).toBeUndefined();
  });
});

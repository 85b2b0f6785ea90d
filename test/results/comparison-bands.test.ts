import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../src/results/comparison.ts';
import { modelErrorsOf } from '../../src/results/comparison-bands.ts';
import { FLEET } from '../../src/results/summary.ts';
import type { Metric, Statistic, SummaryEntry } from '../../src/results/summary.ts';
import type { ErrorBandsPlan, PoolPlan, RunPlan } from '../../src/sim/plan.ts';
import { plan } from './fixtures.ts';

const BANDS: ErrorBandsPlan = {
  bands: [
    { figure: 'ttft p99', sigma: 0.2, basis: 'measured' },
    { figure: 'rate', sigma: 0.1, basis: 'measured' },
  ],
  openLoop: true,
  keepsUp: true,
};

function planOf(...pools: readonly Partial<PoolPlan>[]): RunPlan {
  return { ...plan, pools: pools.map((pool) => ({ ...plan.pools[0]!, errorBands: BANDS, ...pool })) };
}

function entry(metric: Metric, statistic: Statistic, more: Partial<SummaryEntry> = {}): SummaryEntry {
  return {
    ...{ scope: 'fleet', scopeName: FLEET, metric, statistic, value: 1, unit: 'ms', halfWidth95: undefined },
    grade: 'measured',
    ...more,
  };
}

const errors = (run: RunPlan, of: SummaryEntry) => modelErrorsOf(new Map([['a', run]]))('a', of);

describe('the errors of a figure', () => {
  test('are those of its pools, by their accelerators', () => {
    const run = planOf({ instances: 1 }, { instances: 3, accelerator: 'b200' });
    const found = errors(run, entry('ttft', 'p99'));

    expect(found.map(({ share, relativeHalfWidth95 }) => [share, relativeHalfWidth95])).toEqual([
      [0.25, 1.96 * 0.2],
      [0.75, 1.96 * 0.2],
    ]);
    expect(new Set(found.map(({ system }) => system)).size).toBe(2);
  });

  test('of a pool or a workload are those of the pools it is about', () => {
    const run = planOf({ name: 'one' }, { name: 'other', model: 1 });

    expect(errors(run, entry('ttft', 'p99', { scope: 'pool', scopeName: 'one' }))).toMatchObject([{ share: 1 }]);
    expect(errors(run, entry('ttft', 'p99', { scope: 'workload', scopeName: 'batch' }))).toMatchObject([{ share: 1 }]);
  });

  test('are none where no band was measured, and of a rate none while the fleet keeps up', () => {
    expect(errors(planOf({}), entry('tpot', 'p99'))).toEqual([]);
    expect(errors(plan, entry('ttft', 'p99'))).toEqual([]);
    expect(errors(planOf({}), entry('output_tokens', 'rate'))).toEqual([]);
    expect(errors(planOf({ errorBands: { ...BANDS, keepsUp: false } }), entry('output_tokens', 'rate'))).toHaveLength(
      1,
    );
  });
});

test('a difference between two accelerators that is within their bands is not decided, on one it is', () => {
  const runs = ['a', 'b'].map((name, index) => ({
    name,
    summaries: [1, 2, 3, 4].map((seed) => [entry('ttft', 'p99', { value: (100 + seed / 10) * (1 - 0.1 * index) })]),
  }));
  const verdict = (accelerator: string) => {
    const plans = new Map([
      ['a', planOf({})],
      ['b', planOf({ accelerator })],
    ]);
    return compareRuns(runs, modelErrorsOf(plans)).variants[0]!.figures[0]!.verdict;
  };

  expect([verdict('b200'), verdict('h100-sxm')]).toEqual(['not decided', 'lower']);
});

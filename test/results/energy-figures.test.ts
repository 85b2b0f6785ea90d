import { describe, expect, test } from 'vitest';
import { attributeRent } from '../../src/economics/rent.ts';
import { PoolMetrics } from '../../src/results/pool-metrics.ts';
import { RequestMetrics } from '../../src/results/request-metrics.ts';
import { summarize } from '../../src/results/summarize.ts';
import type { Metric, Scope, Statistic } from '../../src/results/summary.ts';
import { findEntry } from '../../src/results/summary.ts';
import type { TimelineRow } from './fixtures.ts';
import { S, plan, timelineColumns } from './fixtures.ts';

const energyPlan = { ...plan, timelineIntervalNs: 50 * S };

function summaryOf(rows: readonly TimelineRow[], runPlan = energyPlan) {
  const pools = new PoolMetrics(runPlan);
  pools.flush(timelineColumns(rows), rows.length);
  return summarize(runPlan, new RequestMetrics(runPlan), pools, attributeRent);
}

/** Two instances of 4 accelerators (desk), and one accelerator of its own (small), on for 50 s each. */
const interval = (startS: number, desk: number, small: number): TimelineRow[] => [
  {
    startNs: startS * S,
    endNs: (startS + 50) * S,
    pool: 0,
    busyJoules: desk,
    prefillJoules: desk / 4,
    idleJoules: 1_000,
    hostJoules: 4_000,
    facilityJoules: 2_000,
    onNs: 100 * S,
    outputTokens: 500,
    promptTokens: 1_500,
    finishedRequests: 10,
  },
  {
    startNs: startS * S,
    endNs: (startS + 50) * S,
    pool: 2,
    busyJoules: small,
    hostJoules: 1_000,
    onNs: 50 * S,
  },
];

describe('power and energy', () => {
  const summary = summaryOf([
    ...interval(10, 100_000, 20_000),
    ...interval(60, 60_000, 40_000),
    { startNs: 110 * S, endNs: 120 * S, pool: 0, busyJoules: 9e9, onNs: 20 * S },
  ]);
  const of = (scope: Scope, name: string, metric: Metric, statistic: Statistic) =>
    findEntry(summary, scope, name, metric, statistic)?.value;

  test('a draw is joules of the window over seconds, of one accelerator that is on', () => {
    expect(of('pool', 'desk', 'accelerator_power', 'mean')).toBe((160_000 + 2_000) / (100 * 8));
    expect(of('pool', 'small', 'accelerator_power', 'mean')).toBe(60_000 / 100);
    expect(of('fleet', 'fleet', 'accelerator_power', 'mean')).toBe((162_000 + 60_000) / (100 * 9));
    expect(of('pool', 'desk', 'site_power', 'mean')).toBe((162_000 + 8_000 + 4_000) / 100);
  });

  test('a peak is of what draws together: pools do not peak at one time', () => {
    expect(of('pool', 'desk', 'accelerator_power', 'max')).toBe(101_000 / (50 * 8));
    expect(of('pool', 'small', 'accelerator_power', 'max')).toBe(40_000 / 50);
    expect(of('fleet', 'fleet', 'site_power', 'max')).toBe((101_000 + 6_000 + 20_000 + 1_000) / 50);
    expect(of('region', 'oregon', 'site_power', 'max')).toBe(41_000 / 50);
  });

  test('energy is in kWh, its parts add up', () => {
    const kWh = (metric: Metric) => of('fleet', 'fleet', metric, 'total')!;

    expect(kWh('accelerator_energy')).toBeCloseTo(222_000 / 3.6e6, 12);
    expect(kWh('prefill_energy')).toBeCloseTo(40_000 / 3.6e6, 12);
    expect(kWh('idle_energy')).toBeCloseTo(2_000 / 3.6e6, 12);
    expect(kWh('accelerator_energy') + kWh('host_energy') + kWh('facility_energy')).toBeCloseTo(kWh('site_energy'), 12);
    expect(of('pool', 'desk', 'pue', 'mean')).toBe(174_000 / 170_000);
  });

  test('energy per token and request is of the accelerators, and of the whole site', () => {
    expect(of('pool', 'desk', 'output_token_energy', 'accelerators')).toBe(162);
    expect(of('pool', 'desk', 'output_token_energy', 'site')).toBe(174);
    expect(of('pool', 'desk', 'token_energy', 'accelerators')).toBe(162_000 / 4_000);
    expect(of('pool', 'desk', 'request_energy', 'site')).toBe(174_000 / 20 / 3_600);
    expect(of('pool', 'small', 'output_token_energy', 'accelerators')).toBeUndefined();
  });

  test('rests on the grade of the watts, too', () => {
    const guessed = {
      ...energyPlan,
      pools: energyPlan.pools.map((pool) => ({ ...pool, powerGrade: 'estimated' as const })),
    };
    const entries = summaryOf(interval(10, 1, 1), guessed);

    expect(findEntry(entries, 'pool', 'desk', 'site_energy', 'total')!.grade).toBe('estimated');
    expect(findEntry(entries, 'pool', 'desk', 'rent', 'total')!.grade).toBe('measured');
  });

  test('is left out where it was not recorded', () => {
    const off = summaryOf(interval(10, 1, 1), { ...energyPlan, record: { energy: false, shares: true } });

    expect(off.filter(({ unit }) => ['W', 'J', 'Wh', 'kWh'].includes(unit))).toEqual([]);
  });

  test('an interval that is cut short is no peak', () => {
    const short = summaryOf([{ startNs: 10 * S, endNs: 11 * S, pool: 0, busyJoules: 1e6, onNs: 2 * S }]);

    expect(findEntry(short, 'pool', 'desk', 'site_power', 'max')).toBeUndefined();
    expect(findEntry(short, 'pool', 'desk', 'site_power', 'mean')!.value).toBe(10_000);
  });
});

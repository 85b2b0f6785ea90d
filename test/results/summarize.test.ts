import { describe, expect, test } from 'vitest';
import { attributeRent } from '../../src/economics/rent.ts';
import { PoolMetrics } from '../../src/results/pool-metrics.ts';
import { RequestMetrics, tee } from '../../src/results/request-metrics.ts';
import { summarize } from '../../src/results/summarize.ts';
import {
  findEntry,
  fleetValue,
  jsonKey,
  objectiveMetric,
  quantileName,
  scopeNames,
} from '../../src/results/summary.ts';
import type { Metric, RunSummary, Scope, Statistic } from '../../src/results/summary.ts';
import type { RequestRow, TimelineRow } from './fixtures.ts';
import { S, plan, requestColumns, timelineColumns } from './fixtures.ts';

function summaryOf(
  requestRows: readonly RequestRow[],
  timelineRows: readonly TimelineRow[],
  runPlan = plan,
): RunSummary {
  const requests = new RequestMetrics(runPlan);
  const pools = new PoolMetrics(runPlan);
  requests.flush(requestColumns(requestRows), requestRows.length);
  pools.flush(timelineColumns(timelineRows), timelineRows.length);
  return summarize(runPlan, requests, pools, attributeRent);
}

const valueOf = (summary: RunSummary, scope: Scope, name: string, metric: Metric, statistic: Statistic) =>
  findEntry(summary, scope, name, metric, statistic)?.value;

/** The measured window is [10 s, 110 s). */
describe('latencies are those of the requests that arrive in the measured window', () => {
  const summary = summaryOf(
    [
      { arrivalMs: 9_999, ttftMs: 7_000, e2eMs: 8_000 },
      { arrivalMs: 10_000, queueMs: 20, ttftMs: 100, e2eMs: 300 },
      { arrivalMs: 109_999, queueMs: 40, ttftMs: 300, e2eMs: 900_000 },
      { arrivalMs: 110_000, ttftMs: 7_000, e2eMs: 8_000 },
      { arrivalMs: 50_000, workload: 1, queueMs: 60, ttftMs: 200, e2eMs: 400, outputTokens: 1 },
    ],
    [],
  );

  test('by fleet, workload and class', () => {
    expect(fleetValue(summary, 'ttft', 'mean')).toBeCloseTo(200, 9);
    expect(fleetValue(summary, 'queue', 'mean')).toBeCloseTo(40, 9);
    expect(valueOf(summary, 'workload', 'support', 'ttft', 'mean')).toBeCloseTo(200, 9);
    expect(valueOf(summary, 'workload', 'batch', 'ttft', 'mean')).toBeCloseTo(200, 9);
    expect(valueOf(summary, 'class', 'interactive', 'queue', 'mean')).toBeCloseTo(30, 9);
    expect(fleetValue(summary, 'arrived_requests', 'total')).toBe(3);
    expect(fleetValue(summary, 'arrived_requests', 'rate')).toBe(0.03);
  });

  test('whenever they finish', () => {
    expect(fleetValue(summary, 'e2e', 'p99')! / 900_000).toBeCloseTo(1, 3);
    expect(fleetValue(summary, 'e2e', 'p50')! / 400).toBeCloseTo(1, 3);
  });

  test('a request of one output token has no TPOT', () => {
    expect(fleetValue(summary, 'tpot', 'mean')).toBeCloseTo((20 + 89_970) / 2, 6);
    expect(valueOf(summary, 'workload', 'batch', 'tpot', 'mean')).toBeUndefined();
  });
});

test('a job has kept its deadline if each of its requests was served by then', () => {
  const first = { workload: 1, deadlineMs: 30_000, ttftMs: 10 };
  const second = { workload: 1, deadlineMs: 40_000, ttftMs: 10 };
  const summary = summaryOf(
    [
      { ...first, arrivalMs: 20_000, e2eMs: 10_000 },
      { ...first, arrivalMs: 21_000, e2eMs: 9_000.000_001 },
      { ...second, arrivalMs: 22_000, e2eMs: 18_000 },
      { ...second, arrivalMs: 23_000, e2eMs: 1_000 },
      { workload: 1, arrivalMs: 24_000, deadlineMs: 50_000, rejected: true },
      { arrivalMs: 24_000, ttftMs: 10, e2eMs: 100 },
    ],
    [],
  );

  expect(valueOf(summary, 'workload', 'batch', 'requests_on_time', 'share')).toBe(3 / 5);
  expect(valueOf(summary, 'workload', 'batch', 'jobs_on_time', 'total')).toBe(1);
  expect(fleetValue(summary, 'jobs_on_time', 'share')).toBe(1 / 3);
  expect(valueOf(summary, 'workload', 'support', 'jobs_on_time', 'share')).toBeUndefined();
});

describe('service objectives', () => {
  // TTFT: p50 ≤ 200 ms, p95 ≤ 500 ms; TPOT: p95 ≤ 50 ms; three quarters of the requests must keep all of it.
  const summary = summaryOf(
    [
      { arrivalMs: 20_000, ttftMs: 200, e2eMs: 700 },
      { arrivalMs: 21_000, ttftMs: 500, e2eMs: 1_000 },
      { arrivalMs: 22_000, ttftMs: 500.000_001, e2eMs: 600 },
      { arrivalMs: 23_000, ttftMs: 100, e2eMs: 600.000_011 },
      { arrivalMs: 24_000, ttftMs: 100, e2eMs: 100, outputTokens: 1 },
      { arrivalMs: 25_000, rejected: true },
      { arrivalMs: 26_000, workload: 1, ttftMs: 10, e2eMs: 20 },
    ],
    [],
  );
  const of = (metric: Metric, statistic: Statistic) => valueOf(summary, 'class', 'interactive', metric, statistic);

  test('goodput counts requests that kept every limit; the rejected one failed', () => {
    expect(of('goodput', 'total')).toBe(3);
    expect(of('goodput', 'rate')).toBe(0.03);
    expect(of('slo_attainment', 'share')).toBe(3 / 6);
    expect(of('slo_attainment', 'target')).toBe(0.75);
    expect(of('slo_attainment', 'met')).toBe(0);
    expect(fleetValue(summary, 'goodput', 'total')).toBe(3);
  });

  test('each objective has the share of requests within its limit', () => {
    expect(of('ttft_p50_objective', 'share')).toBe(3 / 6);
    expect(of('ttft_p50_objective', 'met')).toBe(1);
    expect(of('ttft_p95_objective', 'share')).toBe(4 / 6);
    expect(of('ttft_p95_objective', 'met')).toBe(0);
    expect(of('ttft_p95_objective', 'limit')).toBe(500);
    expect(of('tpot_p95_objective', 'share')).toBe(4 / 6);
    expect(of('tpot_p95_objective', 'target')).toBe(0.95);
  });

  test('rejections are a share of what arrived', () => {
    expect(of('rejected_requests', 'share')).toBe(1 / 6);
    expect(fleetValue(summary, 'rejected_requests', 'share')).toBe(1 / 7);
    expect(valueOf(summary, 'workload', 'batch', 'rejected_requests', 'total')).toBe(0);
  });

  test('without classes there is no goodput', () => {
    expect(
      fleetValue(summaryOf([{ arrivalMs: 20_000 }], [], { ...plan, slos: [] }), 'goodput', 'rate'),
    ).toBeUndefined();
  });

  test('a workload in two classes is refused', () => {
    const slos = [...plan.slos, { ...plan.slos[0]!, class: 'second' }];

    expect(() => new RequestMetrics({ ...plan, slos })).toThrow('workload 0 is in the classes interactive and second');
  });
});

describe('supply is what the timeline counted in the measured window', () => {
  const inWindow = { startNs: 10 * S, endNs: 60 * S };
  const summary = summaryOf(
    [],
    [
      { startNs: 0, endNs: 10 * S, pool: 0, outputTokens: 999, busyNs: 5 * S },
      {
        ...inWindow,
        pool: 0,
        arrivedRequests: 9,
        finishedRequests: 8,
        promptTokens: 4000,
        cachedTokens: 1000,
        outputTokens: 2000,
      },
      { ...inWindow, pool: 0, busyNs: 80 * S, prefillNs: 20 * S, kvBlocksUsed: 1000, preemptions: 3 },
      {
        ...inWindow,
        pool: 2,
        outputTokens: 500,
        promptTokens: 100,
        busyNs: 25 * S,
        prefillNs: 5 * S,
        kvBlocksUsed: 300,
      },
      { startNs: 60 * S, endNs: 110 * S, pool: 0, outputTokens: 1000, busyNs: 20 * S, kvBlocksUsed: 200 },
      { startNs: 110 * S, endNs: 120 * S, pool: 0, outputTokens: 999, busyNs: 5 * S },
    ],
  );

  test('in tokens and requests per second', () => {
    expect(valueOf(summary, 'pool', 'desk', 'output_tokens', 'rate')).toBe(30);
    expect(valueOf(summary, 'pool', 'desk', 'prompt_tokens', 'total')).toBe(4000);
    expect(valueOf(summary, 'pool', 'desk', 'cached_tokens', 'share')).toBe(0.25);
    expect(valueOf(summary, 'pool', 'desk', 'arrived_requests', 'rate')).toBe(0.09);
    expect(valueOf(summary, 'region', 'oregon', 'output_tokens', 'rate')).toBe(5);
    expect(fleetValue(summary, 'output_tokens', 'rate')).toBe(35);
    expect(fleetValue(summary, 'served_requests', 'rate')).toBe(0.08);
    expect(fleetValue(summary, 'preemptions', 'total')).toBe(3);
  });

  test('in load: 100 of 200 instance-seconds busy, a fifth of them for prefill', () => {
    expect(valueOf(summary, 'pool', 'desk', 'busy_share', 'mean')).toBe(0.5);
    expect(valueOf(summary, 'pool', 'desk', 'prefill_share', 'mean')).toBe(0.2);
    // 8, 8 and 1 accelerators, busy for 50 %, 0 % and 25 % of the time.
    expect(fleetValue(summary, 'busy_share', 'mean')).toBeCloseTo((8 * 0.5 + 0.25) / 17, 12);
  });

  test('in a busy share of at most 1, though a step that ends in the window may have begun before it', () => {
    const busy = summaryOf([], [{ ...inWindow, pool: 2, busyNs: 100.5 * S }]);

    expect(valueOf(busy, 'pool', 'small', 'busy_share', 'mean')).toBe(1);
    expect(valueOf(busy, 'pool', 'small', 'idle_rent', 'total')).toBe(0);
  });

  test('in FLOP and HBM bytes, of the peaks of all accelerators', () => {
    const work = { ...inWindow, steps: 2500, decodeSeqSteps: 100_000, prefillTokens: 1_000_000 };
    const counters = { ...work, kvTokenSteps: 1e8, prefillPairs: 1e9, prefillContextTokens: 5e6 };
    const used = summaryOf([], [{ ...counters, pool: 0 }]);
    // One accelerator of each instance; there are two instances, and the window is 100 s.
    const flops = 3e10 * 1_100_000 + 1e10 * 100_000 + 1e6 * (1e8 + 1e9);
    const bytes = 2e10 * 2500 + 1e5 * (1e8 + 5e6 + 1e6) + 1e6 * 1_100_000;

    expect(valueOf(used, 'pool', 'desk', 'compute_use', 'mean')).toBeCloseTo(flops / (2 * 1e15 * 100), 12);
    expect(valueOf(used, 'pool', 'desk', 'memory_bandwidth_use', 'mean')).toBeCloseTo(bytes / (2 * 4e12 * 100), 12);
    // 8 of the 17 accelerators of the fleet did it.
    expect(fleetValue(used, 'compute_use', 'mean')).toBeCloseTo(((8 / 17) * flops) / (2 * 1e15 * 100), 12);
  });

  test('in KV blocks: the mean over time, and the fullest interval of the fullest pool', () => {
    expect(valueOf(summary, 'pool', 'desk', 'kv_use', 'mean')).toBeCloseTo((1000 / 2 + 200 / 2) / 2000, 12);
    expect(valueOf(summary, 'pool', 'desk', 'kv_use', 'max')).toBe(0.5);
    expect(fleetValue(summary, 'kv_use', 'max')).toBe(0.5);
  });

  test('in rent: of every accelerator over the whole window, served or not', () => {
    const hours = 100 / 3600;
    const desk = 8 * 2.25 * hours;

    expect(valueOf(summary, 'pool', 'desk', 'rent', 'total')).toBeCloseTo(desk, 12);
    expect(valueOf(summary, 'pool', 'desk', 'idle_rent', 'total')).toBeCloseTo(desk / 2, 12);
    expect(valueOf(summary, 'pool', 'desk', 'idle_rent', 'share')).toBeCloseTo(0.5, 12);
    expect(fleetValue(summary, 'rent', 'total')).toBeCloseTo((8 * 2.25 + 8 * 1.8 + 2.25) * hours, 12);
  });

  test('in USD per million tokens', () => {
    const desk = (8 * 2.25 * 100) / 3600;
    const of = (metric: Metric, statistic: Statistic) => valueOf(summary, 'pool', 'desk', metric, statistic);

    expect(of('input_cost', 'fully_loaded')).toBeCloseTo((desk * 0.2 * 1e6) / 4000, 9);
    expect(of('output_cost', 'fully_loaded')).toBeCloseTo((desk * 0.8 * 1e6) / 3000, 9);
    expect(of('blended_cost', 'fully_loaded')).toBeCloseTo((desk * 1e6) / 7000, 9);
    expect(of('output_cost', 'busy_only')).toBeCloseTo((desk * 0.5 * 0.8 * 1e6) / 3000, 9);
    expect(valueOf(summary, 'pool', 'west', 'output_cost', 'fully_loaded')).toBeUndefined();
  });

  test('with the worst grade of the pools it rests on', () => {
    const grade = (scope: Scope, name: string, metric: Metric, statistic: Statistic) =>
      findEntry(summary, scope, name, metric, statistic)?.grade;

    expect(grade('fleet', 'fleet', 'rent', 'total')).toBe('estimated');
    expect(grade('region', 'virginia', 'rent', 'total')).toBe('measured');
    expect(grade('pool', 'west', 'rent', 'total')).toBe('datasheet');
    expect(grade('workload', 'support', 'arrived_requests', 'total')).toBe('datasheet');
    expect(grade('class', 'interactive', 'goodput', 'total')).toBe('datasheet');
    expect(grade('workload', 'batch', 'arrived_requests', 'total')).toBe('estimated');
  });

  test('an interval across the edge of the window is refused', () => {
    expect(() => summaryOf([], [{ startNs: 0, endNs: 60 * S, pool: 0 }])).toThrow('crosses the edge');
  });
});

describe('a summary', () => {
  const summary = summaryOf([{ arrivalMs: 20_000, ttftMs: 100, e2eMs: 200 }], []);

  test('holds finite numbers only, even when nothing was served', () => {
    for (const entry of [...summary, ...summaryOf([], [])])
      expect(Number.isFinite(entry.value), jsonKey(entry)).toBe(true);
  });

  test('has each figure once, and keys of one scope differ', () => {
    const keys = summary.map((entry) => `${entry.scope} ${entry.scopeName} ${jsonKey(entry)}`);

    expect(new Set(keys).size).toBe(keys.length);
  });

  test('lists scopes in the order of the plan', () => {
    expect(scopeNames(summary, 'region')).toEqual(['virginia', 'oregon']);
    expect(scopeNames(summary, 'pool')).toEqual(['desk', 'west', 'small']);
    expect(scopeNames(summary, 'workload')).toEqual(['support', 'batch']);
    expect(scopeNames(summary, 'class')).toEqual(['interactive']);
  });

  test('has keys with the unit at the end', () => {
    const keys = summary.filter(({ scope }) => scope === 'fleet').map(jsonKey);

    expect(keys).toContain('ttft_p99_ms');
    expect(keys).toContain('output_tokens_per_s');
    expect(keys).toContain('rent_total_usd');
    expect(keys).toContain('kv_use_mean');
  });

  test('names objectives after their percentile', () => {
    expect(quantileName(0.95)).toBe('p95');
    expect(quantileName(0.999)).toBe('p99_9');
    expect(objectiveMetric({ metric: 'e2e', quantile: 0.07 })).toBe('e2e_p7_objective');
  });
});

test('a tee passes the same rows to every sink', () => {
  const seen: string[] = [];
  const sink = (name: string) => ({
    flush: (columns: string, rows: number) => void seen.push(`${name} ${columns} ${rows}`),
  });
  tee(sink('first'), sink('second')).flush('columns', 3);

  expect(seen).toEqual(['first columns 3', 'second columns 3']);
});

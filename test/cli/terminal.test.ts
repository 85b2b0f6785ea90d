import { expect, test } from 'vitest';
import type { RunReport } from '../../src/report/run-report.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import type { Metric, RunSummary, Scope, Statistic, SummaryEntry } from '../../src/results/summary.ts';
import type { Grade } from '../../src/sim/plan.ts';

function entry(
  scope: Scope,
  scopeName: string,
  metric: Metric,
  statistic: Statistic,
  value: number,
  halfWidth95?: number,
  grade: Grade = 'measured',
): SummaryEntry {
  return { scope, scopeName, metric, statistic, value, unit: '1', halfWidth95, grade };
}

function report(summary: RunSummary, seeds = [1]): RunReport {
  return {
    scenario: 'case',
    tokenfleetVersion: '0.0.0',
    windowS: { start: 120, end: 900 },
    offeredLoads: [{ pool: 'desk', model: 'm', requestsPerS: 44, capacityRequestsPerS: 73, load: 0.6 }],
    runs: seeds.map((seed) => ({
      seed,
      runId: `id${seed}`,
      fingerprint: '',
      directory: `results/case/id${seed}`,
      reused: seed === 2,
    })),
    summary,
  };
}

/** Two seeds, one pool, one class. */
const SUMMARY: RunSummary = [
  entry('fleet', 'fleet', 'arrived_requests', 'rate', 44.01, 0.25),
  entry('fleet', 'fleet', 'served_requests', 'rate', 43.9, 0.2),
  entry('fleet', 'fleet', 'prompt_tokens', 'rate', 51_348, 1_146),
  entry('fleet', 'fleet', 'cached_tokens', 'rate', 0, 0),
  entry('fleet', 'fleet', 'output_tokens', 'rate', 14_479, 424),
  entry('fleet', 'fleet', 'preemptions', 'rate', 0.0123, 0.0004),
  entry('fleet', 'fleet', 'rejected_requests', 'share', 0.00001, 0.00001),
  entry('fleet', 'fleet', 'ttft', 'p50', 90.5, 1.7),
  entry('fleet', 'fleet', 'ttft', 'p90', 291, 8),
  entry('fleet', 'fleet', 'ttft', 'p99', 980, 85),
  entry('class', 'interactive', 'slo_attainment', 'share', 0.969, 0.001),
  entry('class', 'interactive', 'slo_attainment', 'target', 0.95),
  entry('class', 'interactive', 'slo_attainment', 'met', 1, 0),
  entry('class', 'interactive', 'goodput', 'rate', 38.7, 0.2),
  entry('class', 'interactive', 'ttft_p99_9_objective', 'share', 0.9971, 0.0002),
  entry('class', 'interactive', 'ttft_p99_9_objective', 'target', 0.999),
  entry('class', 'interactive', 'ttft_p99_9_objective', 'met', 0.5, 0.6),
  entry('class', 'interactive', 'ttft_p99_9_objective', 'limit', 1_250.5),
  entry('pool', 'desk', 'busy_share', 'mean', 0.83),
  entry('pool', 'desk', 'compute_use', 'mean', 0.148, undefined, 'estimated'),
  entry('pool', 'desk', 'memory_bandwidth_use', 'mean', 0.42),
  entry('pool', 'desk', 'kv_use', 'mean', 0.155),
  entry('pool', 'desk', 'kv_use', 'max', 1),
  entry('fleet', 'fleet', 'input_cost', 'fully_loaded', 0.143, 0.0001),
  entry('fleet', 'fleet', 'input_cost', 'busy_only', 0.12, 0.0001),
  entry('fleet', 'fleet', 'rent', 'total', 16.29, 0),
  entry('fleet', 'fleet', 'idle_rent', 'total', 2.77, 0.1),
];

test('every figure has its place, with the spread over the seeds and the worst grade', () => {
  expect(terminalReport(report(SUMMARY, [1, 2]))).toMatchInlineSnapshot(`
    "case, seeds 1, 2
    Measured from 120 s to 900 s of simulated time.
    ± is the half-width of the 95 % confidence interval over the seeds.

    Throughput
                                        per second   80 % band
      requests sent                     44.0 ± 0.3
      requests served                   43.9 ± 0.2     no band
      input tokens                  51,348 ± 1,146     no band
      of these, cached                           0     no band
      output tokens                   14,479 ± 424     no band
      preemptions                  0.0123 ± 0.0004     no band
      rejected, of requests sent          < 0.01 %     no band

    Latency as the client sees it
      ms                                p50       p90        p99
      TTFT, to the first token   90.5 ± 1.7   291 ± 8   980 ± 85
      TPOT, per token after it            –         –          –
      E2E, to the last token              –         –          –
      queue, to the first step            –         –          –

    Latency, mean and 80 % bands of error
      ms      mean   its band       p50       p90       p95       p99
      TTFT       –    no band   no band   no band   no band   no band
      TPOT       –    no band   no band   no band   no band   no band
      E2E        –    no band   no band   no band   no band   no band
      queue      –    no band   no band   no band   no band   no band

    Service objectives, by class of requests
                                            kept by   wanted             met   goodput per s
      interactive: every objective     96.9 % ± 0.1     95 %             yes      38.7 ± 0.2
        TTFT up to 1,250.5 ms        99.71 % ± 0.02   99.9 %   50 % of seeds

    Load, by pool
                ρ   active   compute   HBM bandwidth   KV mean   KV max
      desk   0.60   83.0 %    14.8 %          42.0 %    15.5 %    100 %
      ρ: work offered / capacity, estimated beforehand. active: instance time with a batch in progress.
      compute, HBM bandwidth: of the dense peak. KV: of the pool’s blocks, at interval ends.

    Cost, from the rent of the accelerators
      USD per                   idle time included   busy time only   80 % band
      million input tokens           0.143 ± 0.000    0.120 ± 0.000     no band
      million output tokens                      –                –     no band
      million tokens, blended                    –                –     no band
      Rent of the measured window: 16.29 USD, 17.0 % of it for idle time.

    Grade of the numbers: estimated – some numbers of the profiles are estimates (\`tokenfleet list
      --sources\` shows which).
    Files, by seed:
      1: results/case/id1/
      2: results/case/id2/ (from an earlier run)
    "
  `);
});

test('a run without a request is reported without a number made up', () => {
  const text = terminalReport(report([entry('fleet', 'fleet', 'arrived_requests', 'rate', 0)]));

  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(text).toMatch(/TTFT, to the first token +– +– +–/);
});

test('long names and many seeds stay within 100 columns', () => {
  const longName = 'x'.repeat(64);
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  const figures = (['p50', 'p90', 'p99'] as const).flatMap((statistic) => [
    entry('workload', longName, 'e2e', statistic, 1_234_567, 123_456),
    entry('workload', 'other', 'e2e', statistic, 1_234_567, 123_456),
  ]);
  const summary = [
    ...figures,
    entry('class', longName, 'slo_attainment', 'share', 0.9912, 0.0012),
    entry('class', longName, 'slo_attainment', 'met', 0.5, 0.5),
    entry('class', longName, 'goodput', 'rate', 123_456, 1_234),
    entry('pool', longName, 'busy_share', 'mean', 0.99999),
  ];
  const lines = terminalReport(report(summary, seeds)).split('\n');

  expect(lines.filter((line) => Array.from(line).length > 100)).toEqual([]);
});

test('a bill says its basis beside the dollars, and long names and wide spreads fit', () => {
  const name = 'a-workload-with-a-very-long-name';
  const entries = [name, 'other'].flatMap((workload) => [
    entry('workload', workload, 'request_cost', 'fully_loaded', 0.000338, 0.000005),
    entry('workload', workload, 'task_cost', 'fully_loaded', 0.00077, 0.000005),
    entry('workload', workload, 'input_cost', 'fully_loaded', 0.135, 0.004),
    entry('workload', workload, 'output_cost', 'fully_loaded', 1_234, 123),
    entry('workload', workload, 'task_tokens', 'mean', 1_396_904, 193_738),
    entry('workload', workload, 'gross_margin', 'share', -0.346, 0.02),
  ]);
  const pool = [
    entry('pool', name, 'owned_hour', 'mean', 1.63),
    entry('pool', name, 'least_use', 'share', 0.554),
    entry('pool', name, 'break_even_committed', 'mean', 34_897),
  ];
  const bill = [
    entry('fleet', 'fleet', 'bill', 'total', 10),
    entry('fleet', 'fleet', 'it_bill', 'total', 7.5),
    entry('fleet', 'fleet', 'unused_bill', 'total', 2.5),
    entry('commitment', 'three years', 'bill', 'total', 5),
    entry('commitment', 'three years', 'commitment_use', 'share', 0.5),
  ];
  const money = { costBasis: 'accounting', idleRule: 'reserved' } as const;
  const text = terminalReport({ ...report([...bill, ...entries, ...pool]), money });

  expect(text).toContain('Cost, accounting basis: capital in equal parts over its life\n');
  expect(text).toContain('Bill of the measured window, accounting basis: capital in equal parts over its life\n');
  expect(text).toContain('By workload, accounting basis, idle time charged to who has reserved the capacity\n');
  expect(text).toMatch(/servers, network, storage +7.50 +75.0 %\n/);
  expect(text).toMatch(/unused commitments +2.50 +25.0 %\n/);
  expect(text).toMatch(/a-workload-with-a-v… +1.63 +55.4 % +never +34,897\n/);
  expect(text).toMatch(/-34.6 % ± 2.0/);
  expect(Math.max(...text.split('\n').map((line) => Array.from(line).length))).toBeLessThanOrEqual(100);
});

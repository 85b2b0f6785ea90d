import { join } from 'node:path';
import { expect } from 'vitest';
import type { AttributedCost } from '../../src/results/cost-file.ts';
import { writeCosts } from '../../src/results/cost-file.ts';
import { RequestsFile } from '../../src/results/requests-file.ts';
import { writeSummary } from '../../src/results/summary-file.ts';
import type { RunSummary } from '../../src/results/summary.ts';
import { TimelineFile } from '../../src/results/timeline-file.ts';
import { S, identity, plan, requestColumns, temporaryFolder, timelineColumns } from './fixtures.ts';

const requests = requestColumns([
  { arrivalMs: 0, queueMs: 10, ttftMs: 150, e2eMs: 650, session: 3, cachedTokens: 64, reasoningTokens: 5 },
  { arrivalMs: 11_000, queueMs: 300, ttftMs: 600, e2eMs: 1100, instance: 3, preemptions: 2 },
  { arrivalMs: 12_000, rejected: true, promptTokens: 200_000 },
  { arrivalMs: 13_000, ttftMs: 90, e2eMs: 90, outputTokens: 1 },
  { arrivalMs: 14_000.000_001, workload: 1, instance: 4, queueMs: 1.5, ttftMs: 20, e2eMs: 30 },
]);
const timeline = timelineColumns([
  { startNs: 0, endNs: 10 * S, pool: 0, arrivedRequests: 5, busyNs: 8 * S, prefillNs: 2 * S, kvBlocksUsed: 500 },
  {
    startNs: 10 * S,
    endNs: 60 * S,
    pool: 2,
    steps: 250,
    outputTokens: 1000,
    promptTokens: 50,
    waitingRequests: 3,
    preemptions: 1,
  },
]);
export const summary: RunSummary = [
  {
    scope: 'fleet',
    scopeName: 'fleet',
    metric: 'ttft',
    statistic: 'p99',
    value: 431.5,
    unit: 'ms',
    halfWidth95: 12.25,
    grade: 'estimated',
  },
  {
    scope: 'pool',
    scopeName: 'desk',
    metric: 'rent',
    statistic: 'total',
    value: 8.5,
    unit: 'USD',
    halfWidth95: undefined,
    grade: 'measured',
  },
  {
    scope: 'class',
    scopeName: 'interactive',
    metric: 'ttft_p95_objective',
    statistic: 'met',
    value: 1,
    unit: '1',
    halfWidth95: 0,
    grade: 'datasheet',
  },
];

const amounts = { usd: 1.5, joules: 2e6, grams: 300 };
const costs: readonly AttributedCost[] = [
  {
    pool: 0,
    workload: 0,
    kind: 'input',
    requests: 3,
    tokens: 5e9,
    resourceNs: 12 * S,
    direct: amounts,
    loaded: amounts,
  },
  { pool: 2, workload: 1, kind: 'output', requests: 1, tokens: 30, resourceNs: 1, direct: amounts, loaded: amounts },
  { pool: -1, workload: -1, kind: 'unused', requests: 0, tokens: 0, resourceNs: 0, direct: amounts, loaded: amounts },
];

/** A folder with the four files: rows of the fixtures, each flushed `times` times. */
export function resultFolder(times = 1): string {
  const dir = temporaryFolder();
  const requestsFile = new RequestsFile(join(dir, 'requests.arrow'), plan, identity);
  const timelineFile = new TimelineFile(join(dir, 'timeline.arrow'), plan, identity);
  for (let i = 0; i < times; i++) {
    requestsFile.flush(requests, 5);
    timelineFile.flush(timeline, 2);
  }
  requestsFile.close();
  timelineFile.close();
  expect([requestsFile.rows, timelineFile.rows]).toEqual([5 * times, 2 * times]);
  expect(writeCosts(dir, plan, times === 0 ? [] : costs, identity).rows).toBe(times === 0 ? 0 : 3);
  expect(writeSummary(dir, times === 0 ? [] : summary, identity).rows).toBe(times === 0 ? 0 : 3);
  return dir;
}

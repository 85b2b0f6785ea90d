import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EnginePlan, PoolPlan, RunPlan } from '../../src/sim/plan.ts';
import { RequestColumns, RequestStatus, TimelineColumns } from '../../src/sim/records.ts';
import type { FileIdentity } from '../../src/results/table-file.ts';
import { power, stepCost } from './step-cost.ts';

export const MS = 1e6;
export const S = 1e9;

const engine: EnginePlan = {
  maxNumSeqs: 256,
  maxNumBatchedTokens: 8192,
  maxModelTokens: 131_072,
  kvBlocks: 1000,
  blockTokens: 16,
  reserveFullPrompt: false,
  watermarkBlocks: 0,
  kvAllocation: 'paged',
  continuousBatching: true,
  chunkedPrefill: true,
  prefillFirst: false,
  asyncScheduling: false,
  prefixCaching: false,
  prefixIdleNs: 0,
  frontEndNs: 0,
  outputNs: 0,
  firstOutputNs: 0,
  maxSegmentSteps: 1_000_000,
};

const desk: PoolPlan = {
  name: 'desk',
  region: 0,
  accelerator: 'h100-sxm',
  model: 0,
  role: 'mixed',
  instances: 2,
  acceleratorsPerInstance: 4,
  engine,
  stepCost,
  power,
  powerGrade: 'measured',
  rentUsdPerAcceleratorHour: 2.25,
  grade: 'measured',
};

/** Two regions; three pools, two of them of the same accelerator; a class over one workload and one without a class. */
export const plan: RunPlan = {
  scenario: 'two-regions',
  seed: 7,
  start: '2026-06-01T08:00:00-04:00',
  startState: 'empty',
  horizonNs: 110 * S,
  warmUpNs: 10 * S,
  timelineIntervalNs: 60 * S,
  models: ['llama-3.1-70b', 'llama-3.1-8b'],
  regions: [
    { name: 'virginia', electricityUsdPerKWh: 0.0892, pue: 1.15 },
    { name: 'oregon', electricityUsdPerKWh: 0.07, pue: 1.1 },
  ],
  pools: [
    desk,
    { ...desk, name: 'west', region: 1, rentUsdPerAcceleratorHour: 1.8, grade: 'datasheet' },
    {
      ...desk,
      name: 'small',
      region: 1,
      accelerator: 'l40s',
      model: 1,
      instances: 1,
      acceleratorsPerInstance: 1,
      grade: 'estimated',
    },
  ],
  workloads: [
    { name: 'support', kind: 'chat', options: {}, model: 0 },
    { name: 'batch', kind: 'chat', options: {}, model: 1 },
  ],
  routing: { kind: 'round-robin', options: {} },
  record: { energy: true, shares: true },
  slos: [
    {
      class: 'interactive',
      workloads: [0],
      objectives: [
        { metric: 'ttft', quantile: 0.5, limitMs: 200 },
        { metric: 'ttft', quantile: 0.95, limitMs: 500 },
        { metric: 'tpot', quantile: 0.95, limitMs: 50 },
      ],
      attainment: 0.75,
    },
  ],
};

export const identity: FileIdentity = {
  tokenfleetVersion: '0.1.0',
  scenario: 'two-regions',
  runId: 'abc123',
  seeds: [7],
  grade: 'estimated',
};

export interface RequestRow {
  workload?: number;
  instance?: number;
  prefillInstance?: number;
  transferMs?: number;
  session?: number;
  promptTokens?: number;
  cachedTokens?: number;
  outputTokens?: number;
  reasoningTokens?: number;
  preemptions?: number;
  arrivalMs: number;
  deadlineMs?: number;
  queueMs?: number;
  ttftMs?: number;
  e2eMs?: number;
  rejected?: boolean;
}

export function requestColumns(rows: readonly RequestRow[]): RequestColumns {
  const columns = new RequestColumns(RequestColumns.capacity);
  rows.forEach((row, index) => {
    const arrivalNs = row.arrivalMs * MS;
    columns.request[index] = index;
    columns.session[index] = row.session ?? -1;
    columns.workload[index] = row.workload ?? 0;
    columns.instance[index] = row.rejected ? -1 : (row.instance ?? 0);
    columns.prefillInstance[index] = row.prefillInstance ?? -1;
    columns.deadlineNs[index] = (row.deadlineMs ?? 0) * MS;
    columns.transferNs[index] = (row.transferMs ?? 0) * MS;
    columns.status[index] = row.rejected ? RequestStatus.rejected : RequestStatus.served;
    columns.promptTokens[index] = row.promptTokens ?? 100;
    columns.cachedTokens[index] = row.cachedTokens ?? 0;
    columns.outputTokens[index] = row.outputTokens ?? 11;
    columns.reasoningTokens[index] = row.reasoningTokens ?? 0;
    columns.preemptions[index] = row.preemptions ?? 0;
    columns.arrivalNs[index] = arrivalNs;
    columns.enqueuedNs[index] = arrivalNs;
    columns.sentNs[index] = arrivalNs;
    columns.model[index] = plan.workloads[row.workload ?? 0]!.model;
    columns.attempts[index] = row.rejected ? 0 : 1;
    columns.scheduledNs[index] = arrivalNs + (row.queueMs ?? 0) * MS;
    columns.firstTokenNs[index] = arrivalNs + (row.ttftMs ?? 0) * MS;
    columns.finishNs[index] = arrivalNs + (row.e2eMs ?? 0) * MS;
  });
  return columns;
}

export type TimelineRow = Partial<Record<keyof TimelineColumns, number>> & { startNs: number; endNs: number };

export function timelineColumns(rows: readonly TimelineRow[]): TimelineColumns {
  const columns = new TimelineColumns(TimelineColumns.capacity);
  rows.forEach((row, index) => {
    const { instances } = plan.pools[row.pool ?? 0]!;
    columns.onNs[index] = instances * (row.endNs - row.startNs);
    columns.readyInstances[index] = instances;
    for (const name of Object.keys(row) as (keyof TimelineColumns)[]) columns[name][index] = row[name]!;
  });
  return columns;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tokenfleet-results-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { attributeRent } from '../economics/rent.ts';
import { fileNameOf } from '../results/columns.ts';
import { writeCosts } from '../results/cost-file.ts';
import { evictionEntries } from '../results/eviction-entries.ts';
import { writeManifest } from '../results/manifest.ts';
import type { OfferedLoad } from '../results/manifest.ts';
import { PoolMetrics } from '../results/pool-metrics.ts';
import { powerEntries } from '../results/power-entries.ts';
import { RequestMetrics, tee } from '../results/request-metrics.ts';
import { RequestsFile } from '../results/requests-file.ts';
import { summarize } from '../results/summarize.ts';
import { writeSummary } from '../results/summary-file.ts';
import { worstGrade } from '../results/summary.ts';
import type { FileIdentity } from '../results/table-file.ts';
import { TimelineFile } from '../results/timeline-file.ts';
import type { RunPlan } from '../sim/plan.ts';
import { simulate } from '../sim/simulate.ts';
import type { RunTotals } from '../sim/simulate.ts';
import { assemble } from './assemble.ts';
import type { Modules } from './assemble.ts';
import { RunMeters } from './run-costs.ts';

/** One run as it is handed to a thread: plain data. */
export interface RunTask {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly tokenfleetVersion: string;
  /** Where the files are written; the folder must not exist yet. */
  readonly directory: string;
  readonly offeredLoads: readonly OfferedLoad[];
  readonly warnings: readonly string[];
  readonly replayCommand: string;
}

/** Told how far the run is, in [0, 1]; answers false to stop it. */
export type Progress = (share: number) => boolean;

/**
 * Simulate one run and leave its files in the folder of the task; they may not be on the disk yet. False when it was stopped
 * before its end: what the folder holds then means nothing.
 */
export function executeRun(task: RunTask, modules: Modules, progress: Progress): boolean {
  const { plan, directory } = task;
  const startMs = performance.now();
  mkdirSync(directory);
  const identity: FileIdentity = {
    tokenfleetVersion: task.tokenfleetVersion,
    scenario: plan.scenario,
    runId: task.runId,
    seeds: [plan.seed],
    grade: worstGrade(plan.pools.map((pool) => pool.grade)),
  };
  const requestsFile = new RequestsFile(join(directory, fileNameOf('requests')), plan, identity);
  const timelineFile = new TimelineFile(join(directory, fileNameOf('timeline')), plan, identity);
  const requests = new RequestMetrics(plan);
  const pools = new PoolMetrics(plan);
  const meters = new RunMeters(plan);
  const totals = simulateInto(plan, modules, {
    requests: tee(requestsFile, requests, meters.requests),
    timeline: tee(timelineFile, pools, meters.pools, meters.path),
    attempts: meters.requests.attempts,
    progress: (nowNs) => progress(nowNs / plan.horizonNs),
  });
  const written = [requestsFile.close(), timelineFile.close()];
  if (!totals.completed) return false;
  const costs = meters.costs();
  const summary = [
    ...summarize(plan, requests, pools, attributeRent, costs.billsUsd),
    ...costs.entries,
    ...powerEntries(plan, totals.powerDomains),
    ...evictionEntries(plan, totals.evictions),
  ];
  const tables = [
    ...written,
    writeSummary(directory, summary, identity),
    writeCosts(directory, plan, costs.rows, identity),
  ];
  writeManifest(directory, {
    ...task,
    totals,
    tables,
    host: { nodeVersion: process.version, wallS: (performance.now() - startMs) / 1_000 },
  });
  return true;
}

function simulateInto(plan: RunPlan, modules: Modules, sinks: Parameters<typeof simulate>[2]): RunTotals {
  const { parts, close } = assemble(plan, modules);
  try {
    return simulate(plan, parts, sinks);
  } finally {
    close();
  }
}

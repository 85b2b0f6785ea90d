import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../dist/catalogue.js';
import { planRuns } from '../dist/scenario/plan-runs.js';
import { readScenario } from '../dist/scenario/read-scenario.js';
import type { RunPlan } from '../dist/sim/plan.js';
import { simulate, type RunTotals } from '../dist/sim/simulate.js';
import { assemble } from '../dist/workers/assemble.js';
import { executeRun } from '../dist/workers/execute-run.js';
import { inlineMore } from '../dist/workers/inlining.js';

// As the worker threads of the command line do.
inlineMore();

/** The plan of the first seed of a scenario that reads no files. */
export function planOf(yaml: string): RunPlan {
  const reading = readScenario(yaml, 'bench.yaml', catalogue);
  if (!reading.ok) throw new Error(reading.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  const planning = planRuns(reading.scenario, catalogue, { files: noFiles });
  if (!planning.ok) throw new Error('the benchmark names a trace');
  return planning.plans[0]!;
}

const noFiles = {
  open: (): never => {
    throw new Error('a benchmark reads no files');
  },
};

export interface Timing {
  readonly totals: RunTotals;
  readonly wallS: number;
  readonly outputTokens: number;
}

/** Simulate in this thread and throw the rows away: the model and its workloads alone. */
export function timeModel(plan: RunPlan): Timing {
  const { parts, close } = assemble(plan, catalogue);
  let outputTokens = 0;
  const startMs = performance.now();
  const totals = simulate(plan, parts, {
    requests: { flush: () => {} },
    timeline: {
      flush(columns, rows) {
        for (let row = 0; row < rows; row++) outputTokens += columns.outputTokens[row]!;
      },
    },
  });
  const wallS = (performance.now() - startMs) / 1_000;
  close();
  return { totals, wallS, outputTokens };
}

interface Manifest {
  readonly totals: { readonly arrived_requests: number; readonly events: number };
}

/** Execute as the command line does, in this thread: rows, metrics and files included. */
export function timeRun(plan: RunPlan): {
  readonly wallS: number;
  /** Of all threads of the process: what the wall clock would say on a machine that does nothing else, or a little more. */
  readonly cpuS: number;
  readonly requests: number;
  readonly events: number;
} {
  const directory = join(mkdtempSync(join(tmpdir(), 'tokenfleet-bench-')), 'run');
  const task = {
    plan,
    runId: 'bench',
    tokenfleetVersion: 'bench',
    directory,
    offeredLoads: [],
    warnings: [],
    replayCommand: 'npm run bench',
  };
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  executeRun(task, catalogue, () => true);
  const wallS = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(startCpu);
  const { totals } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as Manifest;
  rmSync(join(directory, '..'), { recursive: true });
  return { wallS, cpuS: (user + system) / 1e6, requests: totals.arrived_requests, events: totals.events };
}

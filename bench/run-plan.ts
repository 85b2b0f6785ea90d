import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../dist/catalogue.js';
import { planRuns } from '../dist/scenario/plan-runs.js';
import { readScenario } from '../dist/scenario/read-scenario.js';
import type { RunPlan } from '../dist/sim/plan.js';
import { simulate, type RunTotals } from '../dist/sim/simulate.js';
import { assemble } from '../dist/workers/assemble.js';
import { executeRun } from '../dist/workers/execute-run.js';

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

/** Execute as the command line does, in this thread: rows, metrics and files included. */
export function timeRun(plan: RunPlan): {
  readonly wallS: number;
  readonly events: number;
  readonly requestsMb: number;
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
  executeRun(task, catalogue, () => true);
  const wallS = (performance.now() - startMs) / 1_000;
  const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as { totals: { events: number } };
  const requestsMb = statSync(join(directory, 'requests.arrow')).size / 1e6;
  rmSync(join(directory, '..'), { recursive: true });
  return { wallS, events: manifest.totals.events, requestsMb };
}

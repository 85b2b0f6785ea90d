import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunPlan } from '../dist/sim/plan.js';
import type { RunTask } from '../dist/workers/execute-run.js';
import { startRuns } from '../dist/workers/pool.js';
import type { Bench, Figure } from './bench.ts';
import { chatOf } from './chat-plan.ts';
import { timeModel } from './run-plan.ts';

const TINY_RUNS = 100;
const TINY_REQUESTS = 200;
/** Runs until the compiler has done its work. */
const WARM_UP_RUNS = 300;
const LARGE_RUNS = 4;
const LARGE_REQUESTS = 100_000;
const REPEATS = 2;

/** What the worker threads of `sweep` and `compare` add to the simulations themselves. */
export const sweep: Bench = {
  name: 'sweep',
  about: `${TINY_RUNS} tiny runs in one worker thread; ${LARGE_RUNS} runs of ${LARGE_REQUESTS} requests in two, against two processes`,
  async run(): Promise<Figure[]> {
    const overheadMs = await runOverheadMs();
    let ratio = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) ratio = Math.max(ratio, await twoWorkersRatio());
    return [
      { name: 'sweep.run_overhead_ms', value: overheadMs, unit: 'ms' },
      { name: 'sweep.two_workers_ratio', value: ratio, unit: '1' },
    ];
  },
};

/** Wall time of a tiny run in a worker thread, files and hand-over included, less that of its simulation alone. */
async function runOverheadMs(): Promise<number> {
  const plan = chatOf(TINY_REQUESTS);
  // What starting the thread takes is in both.
  const firstMs = await elapsedMs(plan, WARM_UP_RUNS, 1);
  const perRunMs = ((await elapsedMs(plan, WARM_UP_RUNS + TINY_RUNS, 1)) - firstMs) / TINY_RUNS;
  for (let run = 0; run < WARM_UP_RUNS; run++) timeModel(plan);
  let modelMs = 0;
  for (let run = 0; run < TINY_RUNS; run++) modelMs += timeModel(plan).wallS * 1_000;
  return perRunMs - modelMs / TINY_RUNS;
}

/** How fast two worker threads of one process are, in units of two processes of one worker thread that share the runs. */
async function twoWorkersRatio(): Promise<number> {
  const together = await elapsedMs(chatOf(LARGE_REQUESTS), LARGE_RUNS, 2);
  const apart = await Promise.all([elapsedMsOfProcess(LARGE_RUNS / 2), elapsedMsOfProcess(LARGE_RUNS / 2)]);
  return Math.max(...apart) / together;
}

/** From the start of the threads to the end of the last run. */
async function elapsedMs(plan: RunPlan, runs: number, threads: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenfleet-bench-'));
  const tasks = Array.from({ length: runs }, (_, run): RunTask => ({
    plan: { ...plan, seed: run + 1 },
    runId: `bench-${run}`,
    tokenfleetVersion: 'bench',
    directory: join(directory, String(run)),
    offeredLoads: [],
    warnings: [],
    replayCommand: 'npm run bench',
  }));
  const startMs = performance.now();
  const { outcomes, end } = startRuns(tasks, threads);
  const failed = (await Promise.all(outcomes)).find(({ kind }) => kind !== 'finished');
  const wallMs = performance.now() - startMs;
  await end();
  rmSync(directory, { recursive: true });
  if (failed !== undefined) throw new Error(`a run of the benchmark failed: ${JSON.stringify(failed)}`);
  return wallMs;
}

/** The same in a process of its own, without its start. */
function elapsedMsOfProcess(runs: number): Promise<number> {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), '--runs', String(runs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let answer = '';
  child.stdout.on('data', (text: Buffer) => {
    answer += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('close', (status) => {
      if (status === 0) resolve(Number(answer));
      else reject(new Error(`a process of the benchmark ended with ${status}`));
    });
  });
}

const [flag, count] = process.argv.slice(2);
if (flag === '--runs') console.log(await elapsedMs(chatOf(LARGE_REQUESTS), Number(count), 1));

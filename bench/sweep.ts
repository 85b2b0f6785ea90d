import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
const ROUNDS = 5;
/** Where a user's results are: elsewhere a file system may take a hundred times as long to make a file. */
const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

/** What the worker threads of `sweep` and `compare` add to the simulations themselves. */
export const sweep: Bench = {
  name: 'sweep',
  about: `${TINY_RUNS} tiny runs in one worker thread; ${LARGE_RUNS} runs of ${LARGE_REQUESTS} requests in two, against two processes`,
  async run(): Promise<Figure[]> {
    const overheads: number[] = [];
    const ratios: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        overheads.push(await runOverheadMs());
        ratios.push(await twoWorkersRatio(round));
      }
    } finally {
      removeFolders();
    }
    return [...spread('sweep.run_overhead', overheads, 'ms'), ...spread('sweep.two_workers_ratio', ratios, '1')];
  },
};

/**
 * What the runs have left. It stays until the last of them has ended: a sweep deletes nothing, and for minutes after a file has
 * been deleted ext4 looks at its place and passes by whenever one is made, which took several milliseconds of every run.
 */
const folders: string[] = [];

function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

/** The median of the rounds, and the least and the largest: what a busy machine does to a figure. */
function spread(name: string, rounds: readonly number[], unit: string): Figure[] {
  const sorted = rounds.toSorted((a, b) => a - b);
  const figure = (suffix: string, value: number): Figure => ({ name: `${name}${suffix}`, value, unit });
  const suffix = unit === 'ms' ? '_ms' : '';
  return [
    figure(suffix, sorted[Math.floor(rounds.length / 2)]!),
    figure(`_least${suffix}`, sorted[0]!),
    figure(`_most${suffix}`, sorted.at(-1)!),
  ];
}

/** Wall time of a tiny run in a worker thread, files and hand-over included, less that of its simulation alone. */
async function runOverheadMs(): Promise<number> {
  const plan = chatOf(TINY_REQUESTS);
  const { endsMs } = await timeRuns(plan, WARM_UP_RUNS + TINY_RUNS, 1);
  const perRunMs = (endsMs.at(-1)! - endsMs[WARM_UP_RUNS - 1]!) / TINY_RUNS;
  for (let run = 0; run < WARM_UP_RUNS; run++) timeModel(plan);
  let modelMs = 0;
  for (let run = 0; run < TINY_RUNS; run++) modelMs += timeModel(plan).wallS * 1_000;
  return perRunMs - modelMs / TINY_RUNS;
}

/**
 * How fast two worker threads of one process are, in units of two processes of one worker thread that share the runs. Which of
 * the two goes first alternates, because what else a machine does drifts.
 */
async function twoWorkersRatio(round: number): Promise<number> {
  const apartMs = async () => {
    const each = await Promise.all([elapsedMsOfProcess(LARGE_RUNS / 2), elapsedMsOfProcess(LARGE_RUNS / 2)]);
    return Math.max(...each);
  };
  const togetherMs = () => elapsedMs(chatOf(LARGE_REQUESTS), LARGE_RUNS, 2);
  if (round % 2 === 0) {
    const together = await togetherMs();
    return (await apartMs()) / together;
  }
  const apart = await apartMs();
  return apart / (await togetherMs());
}

/** When each run ended, and when the last one did, from the start of the threads. */
async function timeRuns(
  plan: RunPlan,
  runs: number,
  threads: number,
): Promise<{ readonly endsMs: readonly number[]; readonly wallMs: number }> {
  const directory = mkdtempSync(join(RESULTS, '.bench-'));
  folders.push(directory);
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
  const endsMs: number[] = [];
  const ended = outcomes.map(async (outcome) => {
    const { kind } = await outcome;
    endsMs.push(performance.now() - startMs);
    return kind;
  });
  const kinds = await Promise.all(ended);
  await end();
  if (kinds.some((kind) => kind !== 'finished')) throw new Error('a run of the benchmark failed');
  return { endsMs, wallMs: endsMs.at(-1)! };
}

async function elapsedMs(plan: RunPlan, runs: number, threads: number): Promise<number> {
  return (await timeRuns(plan, runs, threads)).wallMs;
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
if (flag === '--runs') {
  console.log(await elapsedMs(chatOf(LARGE_REQUESTS), Number(count), 1));
  removeFolders();
}

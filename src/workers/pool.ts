import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { RunTask } from './execute-run.ts';
import { ProgressBoard } from './progress-board.ts';
import { failure } from './run-outcome.ts';
import type { RunOutcome, WorkerTask } from './run-outcome.ts';
import { syncToDisk } from './sync-to-disk.ts';

/** How long a run may take to notice that it is to stop; it looks at the end of every timeline interval. */
const STOP_PATIENCE_MS = 2_000;

/** Runs on their way, one thread each as far as the machine has them. */
export interface RunsInProgress {
  /**
   * One per task, in their order. None is ever rejected: a run that fails says so in its outcome. The files of one that is
   * finished are safely on the disk.
   */
  readonly outcomes: readonly Promise<RunOutcome>[];
  /** Mean progress of the runs, in [0, 1]. */
  share(): number;
  /** Stop the runs that are not finished, and end the threads. */
  end(): Promise<void>;
}

/** Hand runs to worker threads: as many as the machine runs in parallel, unless `threads` says otherwise. */
export function startRuns(tasks: readonly RunTask[], threads = availableParallelism()): RunsInProgress {
  const board = ProgressBoard.forRuns(tasks.length);
  const maxThreads = Math.min(threads, tasks.length);
  const pool = new Piscina<WorkerTask, RunOutcome>({
    filename: new URL('./run-worker.js', import.meta.url).href,
    minThreads: maxThreads,
    maxThreads,
  });
  // A worker that cannot start rejects its tasks and emits this as well; without a listener it would end the process.
  pool.on('error', () => undefined);
  const outcomes = tasks.map((task, position) =>
    pool
      .run({ task, position, board: board.memory })
      .then((outcome) => settled(task, outcome))
      .catch((error: unknown) => failure(error)),
  );
  return {
    outcomes,
    share: () => board.share(),
    async end() {
      board.askToStop();
      await Promise.race([Promise.all(outcomes), patience()]);
      await pool.destroy();
    },
  };
}

/** Here and not in the thread, which simulates the next run meanwhile. */
async function settled(task: RunTask, outcome: RunOutcome): Promise<RunOutcome> {
  if (outcome.kind === 'finished') await syncToDisk(task.directory);
  return outcome;
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, STOP_PATIENCE_MS).unref();
  });
}

import type { OfferedLoad } from '../scenario/offered-load.ts';
import { startRuns } from '../workers/pool.ts';
import type { RunOutcome } from '../workers/run-outcome.ts';
import { EXIT_OK, EXIT_RUN_FAILED } from './failure.ts';
import { onInterrupt } from './interrupt.ts';
import type { OutputFolder } from './output-folder.ts';
import { showProgress } from './progress.ts';
import type { PlannedRun } from './read-plans.ts';
import { version } from './version.ts';

/** A run that is to be made, and where its files belong. */
export interface RunJob extends PlannedRun {
  readonly folder: OutputFolder;
  /** How a message names it, such as `the run with seed 3`. */
  readonly title: string;
  readonly offeredLoads: readonly OfferedLoad[];
  readonly warnings: readonly string[];
  readonly replayCommand: string;
}

/**
 * Simulate runs that are not there yet, side by side, and publish each as it finishes, whatever becomes of the others.
 * Answers the exit code; what went wrong has been told.
 */
export async function simulateRuns(jobs: readonly RunJob[], workers: number | undefined): Promise<number> {
  if (jobs.length === 0) return EXIT_OK;
  const folders = [...new Set(jobs.map(({ folder }) => folder))];
  // Before Ctrl-C is taken over: a folder that cannot be made must not keep anybody waiting.
  for (const folder of folders) folder.open();
  const interrupt = onInterrupt();
  const tokenfleetVersion = version();
  const tasks = jobs.map(({ plan, runId, folder, offeredLoads, warnings, replayCommand }) => ({
    plan,
    runId,
    offeredLoads,
    warnings,
    replayCommand,
    tokenfleetVersion,
    directory: folder.stage(runId),
  }));
  const inProgress = startRuns(tasks, workers);
  const hideProgress = await showProgress(() => inProgress.share());
  const published = jobs.map(async ({ title, runId, folder }, index) => {
    const outcome = await inProgress.outcomes[index]!;
    if (outcome.kind === 'finished') folder.publish(runId);
    return { title, outcome };
  });
  try {
    const ended = await Promise.race([Promise.all(published), interrupt.exitCode]);
    hideProgress();
    if (typeof ended !== 'number') return exitCodeOf(ended);
    console.error('interrupted: what was not finished is removed');
    return ended;
  } finally {
    hideProgress();
    await inProgress.end();
    for (const folder of folders) folder.close();
    interrupt.ignore();
  }
}

function exitCodeOf(runs: readonly { title: string; outcome: RunOutcome }[]): number {
  let exitCode: number = EXIT_OK;
  for (const { title, outcome } of runs) {
    if (outcome.kind !== 'failed') continue;
    console.error(`${title} failed: ${outcome.message}`);
    exitCode = EXIT_RUN_FAILED;
  }
  return exitCode;
}

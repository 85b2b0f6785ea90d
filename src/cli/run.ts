import { readManifest } from '../results/manifest.ts';
import { combineSeeds } from '../results/statistics.ts';
import { readSummary } from '../results/summary-file.ts';
import { jsonDocument } from '../report/json-document.ts';
import type { RunReport } from '../report/run-report.ts';
import { terminalReport } from '../report/terminal.ts';
import { NS_PER_S } from '../sim/units.ts';
import { startRuns } from '../workers/pool.ts';
import type { RunOutcome } from '../workers/run-outcome.ts';
import { parseRunArguments } from './arguments.ts';
import type { RunArguments } from './arguments.ts';
import { EXIT_OK, EXIT_RUN_FAILED } from './failure.ts';
import { onInterrupt } from './interrupt.ts';
import { OutputFolder } from './output-folder.ts';
import { showProgress } from './progress.ts';
import { readPlans } from './read-plans.ts';
import type { PlannedRun, Plans } from './read-plans.ts';
import { version } from './version.ts';

/** `tokenfleet run`: simulate what is not there yet, then report on all of it. */
export async function run(given: unknown): Promise<number> {
  const options = parseRunArguments(given);
  const plans = readPlans(options);
  for (const warning of plans.warnings) console.error(`warning: ${warning}`);
  const folder = new OutputFolder(options.out, plans.scenario);
  const missing = plans.runs.filter(({ runId }) => !folder.holds(runId));
  const exitCode = missing.length === 0 ? EXIT_OK : await simulateAll(missing, plans, folder, options);
  if (exitCode !== EXIT_OK) return exitCode;
  tellReused(plans.runs.length - missing.length, plans.runs.length);
  const report = reportOf(plans, folder, missing);
  process.stdout.write(options.json ? `${JSON.stringify(jsonDocument(report), null, 2)}\n` : terminalReport(report));
  return EXIT_OK;
}

async function simulateAll(
  runs: readonly PlannedRun[],
  plans: Plans,
  folder: OutputFolder,
  options: RunArguments,
): Promise<number> {
  // Before Ctrl-C is taken over: a folder that cannot be made must not keep anybody waiting.
  folder.open();
  const interrupt = onInterrupt();
  const tasks = runs.map(({ plan, runId }) => ({
    plan,
    runId,
    tokenfleetVersion: version(),
    directory: folder.stage(runId),
    offeredLoads: plans.offeredLoads,
    warnings: plans.warnings,
    replayCommand: replayCommand(options, plan.seed),
  }));
  const inProgress = startRuns(tasks, options.workers);
  const hideProgress = await showProgress(() => inProgress.share());
  const published = runs.map(async ({ plan, runId }, index) => {
    const outcome = await inProgress.outcomes[index]!;
    if (outcome.kind === 'finished') folder.publish(runId);
    return { seed: plan.seed, outcome };
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
    folder.close();
    interrupt.ignore();
  }
}

function exitCodeOf(runs: readonly { seed: number; outcome: RunOutcome }[]): number {
  let exitCode: number = EXIT_OK;
  for (const { seed, outcome } of runs) {
    if (outcome.kind !== 'failed') continue;
    console.error(`the run with seed ${seed} failed: ${outcome.message}`);
    exitCode = EXIT_RUN_FAILED;
  }
  return exitCode;
}

function tellReused(reused: number, all: number): void {
  if (reused === 0) return;
  const which = reused === all ? 'this result' : `${reused} of the ${all} runs`;
  console.error(`${which} ${reused === 1 || reused === all ? 'was' : 'were'} there already and not simulated again`);
}

function reportOf(plans: Plans, folder: OutputFolder, simulated: readonly PlannedRun[]): RunReport {
  const { warmUpNs, horizonNs } = plans.runs[0]!.plan;
  const summaries = plans.runs.map(({ runId }) => readSummary(folder.of(runId)));
  return {
    scenario: plans.scenario,
    tokenfleetVersion: version(),
    windowS: { start: warmUpNs / NS_PER_S, end: horizonNs / NS_PER_S },
    offeredLoads: plans.offeredLoads,
    runs: plans.runs.map((planned) => ({
      seed: planned.plan.seed,
      runId: planned.runId,
      fingerprint: readManifest(folder.of(planned.runId)).fingerprint,
      directory: folder.shown(planned.runId),
      reused: !simulated.includes(planned),
    })),
    summary: summaries.length === 1 ? summaries[0]! : combineSeeds(summaries),
  };
}

/** With the words the user wrote: from the same folder it gives the same result. */
function replayCommand({ scenario, trace }: RunArguments, seed: number): string {
  const words = [
    'tokenfleet',
    'run',
    scenario,
    '--seed',
    String(seed),
    ...(trace === undefined ? [] : ['--trace', trace]),
  ];
  return words.map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

import { readManifest } from '../results/manifest.ts';
import { combineSeeds } from '../results/statistics.ts';
import { readSummary } from '../results/summary-file.ts';
import { jsonDocument } from '../report/json-document.ts';
import type { RunReport } from '../report/run-report.ts';
import { terminalReport } from '../report/terminal.ts';
import { NS_PER_S } from '../sim/units.ts';
import { parseRunArguments } from './arguments.ts';
import type { RunArguments } from './arguments.ts';
import { commandLine } from './command-line.ts';
import { EXIT_OK } from './failure.ts';
import { OutputFolder } from './output-folder.ts';
import { readPlans } from './read-plans.ts';
import type { PlannedRun, Plans } from './read-plans.ts';
import { simulateRuns } from './simulate-runs.ts';
import { version } from './version.ts';

/** `tokenfleet run`: simulate what is not there yet, then report on all of it. */
export async function run(given: unknown): Promise<number> {
  const options = parseRunArguments(given);
  const plans = readPlans(options);
  for (const warning of plans.warnings) console.error(`warning: ${warning}`);
  const folder = new OutputFolder(options.out, plans.scenario);
  const missing = plans.runs.filter(({ runId }) => !folder.holds(runId));
  const jobs = missing.map((run) => ({
    ...run,
    folder,
    offeredLoads: plans.offeredLoads,
    warnings: plans.warnings,
    title: `the run with seed ${run.plan.seed}`,
    replayCommand: replayCommand(options, run.plan.seed),
  }));
  const exitCode = await simulateRuns(jobs, options.workers);
  if (exitCode !== EXIT_OK) return exitCode;
  tellReused(plans.runs.length - missing.length, plans.runs.length);
  const report = reportOf(plans, folder, missing);
  process.stdout.write(options.json ? `${JSON.stringify(jsonDocument(report), null, 2)}\n` : terminalReport(report));
  return EXIT_OK;
}

function tellReused(reused: number, all: number): void {
  if (reused === 0) return;
  const which = reused === all ? 'this result' : `${reused} of the ${all} runs`;
  console.error(`${which} ${reused === 1 || reused === all ? 'was' : 'were'} there already and not simulated again`);
}

function reportOf(plans: Plans, folder: OutputFolder, simulated: readonly PlannedRun[]): RunReport {
  const { warmUpNs, horizonNs, money } = plans.runs[0]!.plan;
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
    ...(money !== undefined && { money: { costBasis: money.costBasis, idleRule: money.idleRule } }),
  };
}

/** With the words the user wrote: from the same folder it gives the same result. */
function replayCommand({ scenario, trace, skipBadRows }: RunArguments, seed: number): string {
  const words = ['run', scenario, '--seed', String(seed), ...(trace === undefined ? [] : ['--trace', trace])];
  return commandLine(skipBadRows ? [...words, '--skip-bad-rows'] : words);
}

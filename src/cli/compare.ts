import { comparisonDocument } from '../report/comparison-json.ts';
import { comparisonReport } from '../report/comparison-report.ts';
import type { ComparisonReport } from '../report/comparison-report.ts';
import { modelErrorsOf } from '../results/comparison-bands.ts';
import { compareRuns, headlineHalfWidths } from '../results/comparison.ts';
import type { Comparison } from '../results/comparison.ts';
import { replicationsWanted } from '../results/statistics-interval.ts';
import { readSummary } from '../results/summary-file.ts';
import { settlingS } from '../results/warm-up-file.ts';
import { NS_PER_S } from '../sim/units.ts';
import { parseCompareArguments } from './arguments.ts';
import type { CompareArguments } from './arguments.ts';
import { readArms } from './arms.ts';
import type { Arm } from './arms.ts';
import { commandLine } from './command-line.ts';
import { EXIT_OK } from './failure.ts';
import { OutputFolder } from './output-folder.ts';
import type { Plans } from './read-plans.ts';
import { simulateRuns } from './simulate-runs.ts';
import type { RunJob } from './simulate-runs.ts';
import { version } from './version.ts';

/** `tokenfleet compare`: the same arrivals for every policy, seed by seed, and what differs for sure. */
export async function compare(given: unknown): Promise<number> {
  const options = parseCompareArguments(given);
  const { arms, warnings } = readArms(options.scenarios, options.trace);
  const told = new Set<string>(warnings);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  let seeds = options.seed ?? arms[0]!.scenario.seeds;
  for (;;) {
    const planned = arms.map((arm) => ({ arm, plans: arm.plans(seeds) }));
    tellWarnings(planned, told);
    const folders = foldersOf(planned, options.out);
    const exitCode = await simulateMissing(planned, folders, options);
    if (exitCode !== EXIT_OK) return exitCode;
    const comparison = compareRuns(
      planned.map((each) => runsOf(each, folders)),
      modelErrorsOf(new Map(planned.map(({ arm, plans }) => [arm.name, plans.runs[0]!.plan]))),
    );
    const wanted = seedsWanted(comparison, options);
    if (wanted <= seeds.length) {
      report({ comparison, planned, folders, seeds, options });
      return EXIT_OK;
    }
    console.error(`with ${seeds.length} seeds the intervals are not narrow enough yet: going on to ${wanted}`);
    seeds = withMore(seeds, wanted);
  }
}

interface PlannedArm {
  readonly arm: Arm;
  readonly plans: Plans;
}

/** By name of the scenario, which several arms may share. */
type Folders = ReadonlyMap<string, OutputFolder>;

function foldersOf(planned: readonly PlannedArm[], out: string): Folders {
  const names = [...new Set(planned.map(({ plans }) => plans.scenario))];
  return new Map(names.map((name) => [name, new OutputFolder(out, name)]));
}

function tellWarnings(planned: readonly PlannedArm[], told: Set<string>): void {
  for (const { arm, plans } of planned) {
    for (const warning of plans.warnings) {
      const text = `${arm.name}: ${warning}`;
      if (!told.has(text)) console.error(`warning: ${text}`);
      told.add(text);
    }
  }
}

async function simulateMissing(
  planned: readonly PlannedArm[],
  folders: Folders,
  { workers, trace }: CompareArguments,
): Promise<number> {
  const jobs = new Map<string, RunJob>();
  for (const { arm, plans } of planned) {
    const folder = folders.get(plans.scenario)!;
    for (const run of plans.runs) {
      // Two arms may come to the same plan.
      if (jobs.has(run.runId) || folder.holds(run.runId)) continue;
      const { seed } = run.plan;
      const words = ['compare', arm.file, '--seed', String(seed), ...(trace === undefined ? [] : ['--trace', trace])];
      const title = `the run of ${arm.name} with seed ${seed}`;
      const { offeredLoads, warnings } = plans;
      jobs.set(run.runId, { ...run, folder, title, offeredLoads, warnings, replayCommand: commandLine(words) });
    }
  }
  const all = planned.reduce((runs, { plans }) => runs + plans.runs.length, 0);
  if (jobs.size < all) console.error(`${all - jobs.size} of the ${all} runs were there already`);
  return simulateRuns([...jobs.values()], workers);
}

function runsOf({ arm, plans }: PlannedArm, folders: Folders) {
  const folder = folders.get(plans.scenario)!;
  return { name: arm.name, summaries: plans.runs.map(({ runId }) => readSummary(folder.of(runId))) };
}

/** How many seeds to have before reporting. */
function seedsWanted(comparison: Comparison, { precision, maxSeeds }: CompareArguments): number {
  if (precision === undefined) return comparison.seeds;
  return Math.min(replicationsWanted(headlineHalfWidths(comparison), comparison.seeds, precision), maxSeeds);
}

/** The seeds there are, then the next whole numbers that are not among them. */
function withMore(seeds: readonly number[], wanted: number): number[] {
  const more = [...seeds];
  for (let seed = 1; more.length < wanted; seed++) if (!seeds.includes(seed)) more.push(seed);
  return more;
}

function report(outcome: {
  readonly comparison: Comparison;
  readonly planned: readonly PlannedArm[];
  readonly folders: Folders;
  readonly seeds: readonly number[];
  readonly options: CompareArguments;
}): void {
  const { comparison, planned, folders, seeds, options } = outcome;
  const widest = Math.max(0, ...headlineHalfWidths(comparison));
  const { precision } = options;
  const document: ComparisonReport = {
    comparison,
    seeds,
    tokenfleetVersion: version(),
    ...(precision !== undefined && { precision: { wanted: precision, reached: widest } }),
    arms: planned.map(({ arm, plans }) => {
      const folder = folders.get(plans.scenario)!;
      const { warmUpNs, horizonNs, money } = plans.runs[0]!.plan;
      return {
        name: arm.name,
        scenario: plans.scenario,
        warmUpS: warmUpNs / NS_PER_S,
        horizonS: horizonNs / NS_PER_S,
        costBasis: money?.costBasis,
        settlesAfterS: settlingS(
          plans.runs.map(({ runId }) => folder.of(runId)),
          horizonNs / NS_PER_S,
        ),
        runs: plans.runs.map(({ plan, runId }) => ({ seed: plan.seed, runId, directory: folder.shown(runId) })),
      };
    }),
  };
  process.stdout.write(
    options.json ? `${JSON.stringify(comparisonDocument(document), null, 2)}\n` : comparisonReport(document),
  );
}

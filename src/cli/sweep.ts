import { parseSweepArguments } from './arguments.ts';
import type { SweepArguments } from './arguments.ts';
import { reportSweep } from './collect.ts';
import { DEFAULT_OUT, commandLine } from './command-line.ts';
import { EXIT_OK } from './failure.ts';
import { simulateRuns } from './simulate-runs.ts';
import type { RunJob } from './simulate-runs.ts';
import { readSweptScenario } from './swept-scenario.ts';
import type { PlannedPoint, SweptScenario } from './swept-scenario.ts';

/** `tokenfleet sweep`: every run of every point that is not there yet, then one table of all of them. */
export async function sweep(given: unknown): Promise<number> {
  const options = parseSweepArguments(given);
  const swept = readSweptScenario(options.scenario, options.out, options.trace);
  for (const warning of swept.warnings) console.error(`warning: ${warning}`);
  const points = pointsOfShard(swept.points, options.shard);
  const runs = new Set(points.flatMap(({ plans }) => plans.runs.map(({ runId }) => runId)));
  const jobs = missingRuns(swept, points, options);
  const reused = runs.size - jobs.length;
  if (reused > 0) console.error(`${reused} of the ${runs.size} runs were there already and are not simulated again`);
  const exitCode = await simulateRuns(jobs, options.workers);
  if (exitCode !== EXIT_OK) return exitCode;
  if (options.shard === undefined) return reportSweep(swept, options);
  const { index, count } = options.shard;
  const words = ['collect', options.scenario, ...traceWords(options), ...outWords(options)];
  process.stdout.write(
    `Part ${index} of ${count}: ${points.length} of the ${swept.points.length} points are done. When all parts are, run\n  ${commandLine(words)}\n`,
  );
  return EXIT_OK;
}

/** Every `count`-th point, so that parts take about as long as one another however the points are ordered. */
export function pointsOfShard<Point>(
  points: readonly Point[],
  shard: { readonly index: number; readonly count: number } | undefined,
): readonly Point[] {
  if (shard === undefined) return points;
  return points.filter((_, position) => position % shard.count === shard.index - 1);
}

/** Two points may come to the same plan, which is run once. */
function missingRuns(
  { folder, points: all }: SweptScenario,
  points: readonly PlannedPoint[],
  options: SweepArguments,
): RunJob[] {
  const jobs = new Map<string, RunJob>();
  for (const { point, plans } of points) {
    const { offeredLoads, warnings } = plans;
    // The part that is this point alone.
    const words = ['sweep', options.scenario, '--shard', `${point}/${all.length}`, ...traceWords(options)];
    for (const run of plans.runs) {
      if (jobs.has(run.runId) || folder.holds(run.runId)) continue;
      const title = `the run of point ${point} with seed ${run.plan.seed}`;
      jobs.set(run.runId, { ...run, folder, title, offeredLoads, warnings, replayCommand: commandLine(words) });
    }
  }
  return [...jobs.values()];
}

function traceWords({ trace }: SweepArguments): string[] {
  return trace === undefined ? [] : ['--trace', trace];
}

function outWords({ out }: SweepArguments): string[] {
  return out === DEFAULT_OUT ? [] : ['--out', out];
}

import { readFileSync } from 'node:fs';
import { catalogue } from '../catalogue.ts';
import type { Files } from '../scenario/files.ts';
import type { OfferedLoad } from '../scenario/offered-load.ts';
import { runId } from '../scenario/plan-hash.ts';
import { planRuns } from '../scenario/plan-runs.ts';
import type { PlanOptions } from '../scenario/plan-runs.ts';
import { renderProblems } from '../scenario/problem.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import type { Scenario } from '../scenario/read-scenario.ts';
import type { RunPlan } from '../sim/plan.ts';
import { FileSource } from '../workers/file-source.ts';
import { InputError } from './failure.ts';
import { buildVersion } from './version.ts';

export interface PlannedRun {
  readonly plan: RunPlan;
  readonly runId: string;
}

/** One scenario file, ready to run. */
export interface Plans {
  readonly scenario: string;
  /** One per seed. */
  readonly runs: readonly PlannedRun[];
  /** One per pool. */
  readonly offeredLoads: readonly OfferedLoad[];
  readonly warnings: readonly string[];
}

export interface PlansRequest {
  readonly scenario: string;
  /** Instead of the seeds of the scenario. */
  readonly seed?: readonly number[] | undefined;
  /** Path of a trace, instead of the one that the scenario names. */
  readonly trace?: string | undefined;
  /** Malformed rows of traces are left out. */
  readonly skipBadRows?: boolean | undefined;
}

/** Everything wrong with the scenario and its traces is in the InputError, as the user should read it. */
export function readPlans({ scenario: file, seed: seeds, trace, skipBadRows }: PlansRequest): Plans {
  const reading = readScenario(readText(file), file, catalogue, FILES);
  if (!reading.ok) throw new InputError(renderProblems(reading.problems));
  const scenario = skipBadRows === true ? skippingBadRows(reading.scenario) : reading.scenario;
  const plans = plansOf(scenario, { files: FILES, seeds, trace });
  return { ...plans, warnings: [...reading.warnings, ...plans.warnings] };
}

/** As if each of its traces had the option; of the kinds that replay one, only `trace` has. */
export function skippingBadRows(scenario: Scenario): Scenario {
  const workloads = scenario.workloads.map((workload) =>
    workload.kind === 'trace' ? { ...workload, options: { ...workload.options, skipBadRows: true } } : workload,
  );
  return { ...scenario, workloads };
}

/** The runs of a scenario that has been read. */
export function plansOf(scenario: Scenario, options: PlanOptions): Plans {
  const planning = planRuns(scenario, catalogue, options);
  if (!planning.ok) throw new InputError(renderProblems(planning.problems));
  return {
    scenario: scenario.name,
    runs: planning.plans.map((plan) => ({ plan, runId: runId(plan, build()) })),
    offeredLoads: planning.offeredLoads,
    warnings: planning.warnings,
  };
}

export const FILES: Files = { open: (path: string) => new FileSource(path) };

let knownBuild: string | undefined;

/** The program does not change while it runs, and a sweep has many runs to name. */
function build(): string {
  knownBuild ??= buildVersion();
  return knownBuild;
}

/** The text of a scenario; an InputError says why it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot read the scenario ${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
      return 'its permissions do not allow it';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

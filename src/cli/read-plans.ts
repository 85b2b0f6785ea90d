import { readFileSync } from 'node:fs';
import { catalogue } from '../catalogue.ts';
import type { OfferedLoad } from '../scenario/offered-load.ts';
import { runId } from '../scenario/plan-hash.ts';
import { planRuns } from '../scenario/plan-runs.ts';
import { renderProblems } from '../scenario/problem.ts';
import { readScenario } from '../scenario/read-scenario.ts';
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
}

/** Everything wrong with the scenario and its traces is in the InputError, as the user should read it. */
export function readPlans({ scenario: file, seed: seeds, trace }: PlansRequest): Plans {
  const files = { open: (path: string) => new FileSource(path) };
  const reading = readScenario(readText(file), file, catalogue, files);
  if (!reading.ok) throw new InputError(renderProblems(reading.problems));
  const { scenario } = reading;
  const planning = planRuns(scenario, catalogue, { files, seeds, trace });
  if (!planning.ok) throw new InputError(renderProblems(planning.problems));
  const build = buildVersion();
  return {
    scenario: scenario.name,
    runs: planning.plans.map((plan) => ({ plan, runId: runId(plan, build) })),
    offeredLoads: planning.offeredLoads,
    warnings: [...reading.warnings, ...planning.warnings],
  };
}

function readText(file: string): string {
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

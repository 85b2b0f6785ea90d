import type { Catalogue } from '../scenario/catalogue-types.ts';
import type { Problem } from '../scenario/problem.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { MeasuredRun } from '../workers/measure-pool.ts';
import { compileCase } from './compile-case.ts';
import type { CompileOptions } from './compile-case.ts';
import { energyFigures } from './energy-figures.ts';
import { aggregates, comparison } from './errors.ts';
import type { Aggregate, Comparison } from './errors.ts';
import { figuresOf } from './figures.ts';
import { METRICS } from './metrics.ts';
import type { ValidationCase } from './read-cases.ts';
import { sweepComparisons } from './sweeps.ts';
import type { Simulated } from './sweeps.ts';

/** What became of a case. */
export type CaseOutcome = { readonly given: ValidationCase } & (
  | { readonly status: 'compared'; readonly comparisons: readonly Comparison[]; readonly replayed: boolean }
  /** Excluded by the case itself, or not possible with this catalogue. */
  | { readonly status: 'excluded' | 'skipped'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string }
);

export interface Validation {
  readonly cases: readonly CaseOutcome[];
  readonly aggregates: readonly Aggregate[];
  /** The highest loads of sweeps, which belong to several cases. */
  readonly sweeps: readonly Comparison[];
}

/** What is to be simulated before the cases can be compared. */
export interface Preparation {
  /** Different ones only: cases may be windows of one run. */
  readonly plans: readonly RunPlan[];
  readonly problems: readonly Problem[];
  /** Compare the cases with the runs of the plans, in the order of the plans. */
  compare(runs: readonly MeasuredRun[]): Validation;
}

type Prepared =
  { readonly given: ValidationCase; readonly run: number; readonly replayed: boolean } | CaseOutcome | undefined;

export function prepare(cases: readonly ValidationCase[], catalogue: Catalogue, options: CompileOptions): Preparation {
  const plans: RunPlan[] = [];
  const problems: Problem[] = [];
  const known = new Map<string, number>();
  const prepared = cases.map((given): Prepared => {
    if (given.exclude !== undefined) return { given, status: 'excluded', reason: given.exclude };
    const compiled = compileCase(given, catalogue, options);
    if (compiled.kind === 'skipped') return { given, status: 'skipped', reason: compiled.reason };
    if (compiled.kind === 'problems') {
      problems.push(...compiled.problems);
      return undefined;
    }
    const key = JSON.stringify(compiled.plan);
    const run = known.get(key) ?? plans.push(compiled.plan) - 1;
    known.set(key, run);
    return { given, run, replayed: compiled.replayed };
  });
  return { plans, problems, compare: (runs) => compared(prepared, runs) };
}

function compared(prepared: readonly Prepared[], runs: readonly MeasuredRun[]): Validation {
  const simulated: Simulated[] = [];
  const cases = prepared.flatMap((item): CaseOutcome[] => {
    if (item === undefined) return [];
    if ('status' in item) return [item];
    const { given, replayed } = item;
    const run = runs[item.run]!;
    if (run.kind === 'failed') return [{ given, status: 'failed', reason: run.message }];
    if (run.times.rejected > 0) {
      const reason = `${run.times.rejected} of its requests do not fit into the KV cache`;
      return [{ given, status: 'skipped', reason }];
    }
    const figures = { ...figuresOf(run.times, given.windowS), ...energyFigures(run.times, given.windowS) };
    simulated.push({ given, figures });
    const comparisons = METRICS.flatMap((metric) => {
      const measured = given.measured[metric];
      const found = figures[metric];
      return measured === undefined || found === undefined
        ? []
        : [comparison(given.suite, given.id, metric, measured, found)];
    });
    return comparisons.length > 0
      ? [{ given, status: 'compared', comparisons, replayed }]
      : [{ given, status: 'skipped', reason: 'nothing was sent or complete in its window' }];
  });
  const sweeps = sweepComparisons(simulated);
  const ofCases = cases.flatMap((outcome) => (outcome.status === 'compared' ? outcome.comparisons : []));
  return { cases, sweeps, aggregates: aggregates([...ofCases, ...sweeps]) };
}

import type { Catalogue } from '../scenario/catalogue-types.ts';
import type { Problem } from '../scenario/problem.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { MeasuredRun } from '../workers/measure-pool.ts';
import type { RequestTimes } from '../workers/measure-run.ts';
import { capResponse } from './cap-response.ts';
import { compileCase } from './compile-case.ts';
import type { CompileOptions } from './compile-case.ts';
import { energyFigures } from './energy-figures.ts';
import { aggregates, comparison } from './errors.ts';
import type { Aggregate, Comparison } from './errors.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
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

interface PreparedRun {
  readonly given: ValidationCase;
  readonly run: number;
  /** Of a case with a power cap: what it is compared with. */
  readonly uncappedRun?: number;
  readonly replayed: boolean;
}

type Prepared = PreparedRun | CaseOutcome | undefined;

export function prepare(cases: readonly ValidationCase[], catalogue: Catalogue, options: CompileOptions): Preparation {
  const plans: RunPlan[] = [];
  const problems: Problem[] = [];
  const known = new Map<string, number>();
  const runOf = (plan: RunPlan): number => {
    const key = JSON.stringify(plan);
    const run = known.get(key) ?? plans.push(plan) - 1;
    known.set(key, run);
    return run;
  };
  const prepared = cases.map((given): Prepared => {
    if (given.exclude !== undefined) return { given, status: 'excluded', reason: given.exclude };
    const compiled = compileCase(given, catalogue, options);
    if (compiled.kind === 'skipped') return { given, status: 'skipped', reason: compiled.reason };
    if (compiled.kind === 'problems') {
      problems.push(...compiled.problems);
      return undefined;
    }
    const { plan, uncapped, replayed } = compiled;
    return { given, run: runOf(plan), ...(uncapped !== undefined && { uncappedRun: runOf(uncapped) }), replayed };
  });
  return { plans, problems, compare: (runs) => compared(prepared, runs) };
}

function compared(prepared: readonly Prepared[], runs: readonly MeasuredRun[]): Validation {
  const simulated: Simulated[] = [];
  const cases = prepared.flatMap((item): CaseOutcome[] => {
    if (item === undefined) return [];
    if ('status' in item) return [item];
    const { given, replayed, uncappedRun } = item;
    const run = runs[item.run]!;
    const uncapped = uncappedRun === undefined ? undefined : runs[uncappedRun]!;
    if (run.kind === 'failed') return [{ given, status: 'failed', reason: run.message }];
    if (uncapped?.kind === 'failed') return [{ given, status: 'failed', reason: uncapped.message }];
    if (run.times.rejected > 0) {
      const reason = `${run.times.rejected} of its requests do not fit into the KV cache`;
      return [{ given, status: 'skipped', reason }];
    }
    const own = allFigures(run.times, given);
    const figures = uncapped === undefined ? own : { ...own, ...capResponse(own, allFigures(uncapped.times, given)) };
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

function allFigures(times: RequestTimes, { windowS }: ValidationCase): Figures {
  return { ...figuresOf(times, windowS), ...energyFigures(times, windowS) };
}

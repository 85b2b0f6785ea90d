import type { Catalogue } from '../scenario/catalogue-types.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { MeasuredRun } from '../workers/measure-pool.ts';
import type { CompileOptions } from './compile-case.ts';
import { aggregates, comparison, groupsOf } from './errors.ts';
import type { Aggregate } from './errors.ts';
import { FITTED_COEFFICIENTS, presentValue, withFactors } from './fitted-coefficients.ts';
import { leastSquares } from './least-squares.ts';
import type { Metric } from './metrics.ts';
import type { ValidationCase } from './read-cases.ts';
import { prepare } from './validate.ts';

/** The runs of plans, in their order. */
export type RunPlans = (plans: readonly RunPlan[]) => Promise<readonly MeasuredRun[]>;

export interface LeftOut {
  /** Tag of the cases that was left out value by value. */
  readonly tag: string;
  /** Errors of each case with coefficients from all cases that have another value of the tag. */
  readonly aggregates: readonly Aggregate[];
}

export interface LeaveOut {
  readonly cases: number;
  readonly coefficients: readonly { readonly name: string; readonly present: number; readonly refitted: number }[];
  /** With the coefficients of the profiles; fitted again to all of these cases; by tag, without those with the case's value. */
  readonly asTheyAre: readonly Aggregate[];
  readonly refitted: readonly Aggregate[];
  readonly leftOut: readonly LeftOut[];
}

/** What a figure may be off by for reasons that no coefficient here describes. */
const NOISE: Partial<Readonly<Record<Metric, number>>> = {
  ttftMeanMs: 0.3,
  tpotMeanMs: 0.1,
  outputTokensPerS: 0.2,
};
/** What all figures of a model family may be off by together: by its own kernels, and by what engines do for it alone. */
const NOISE_OF_FAMILY: Partial<Readonly<Record<Metric, number>>> = {
  ttftMeanMs: 0.21,
  tpotMeanMs: 0.07,
  outputTokensPerS: 0.14,
};
/** Suites of few runs that were measured well. */
const NOISE_OF_SUITE: Readonly<Record<string, number>> = { 'vllm-h100-runs': 0.5 };
/** Other figures are compared, but they follow from these. */
const COMPARED: readonly Metric[] = ['ttftMeanMs', 'tpotMeanMs', 'e2eMeanMs', 'outputTokensPerS'];
/** Of the cases that come with the program, the suites that coefficients are fitted to. */
export const FITTED_SUITES = ['inferencex', 'throughput-references', 'vllm-h100-runs'];
/** Of suites with more cases than this, every eighth is taken: those between are much the same. */
const MOST_CASES = 100;
const EVERY = 8;
/** Of a logarithm of a coefficient, to see what it does. */
const STEP = 0.08;
/** Beyond so many noises an error counts in proportion, not squared (Huber). */
const OUTLYING = 1.5;
const SETS_AT_ONCE = 6;

/** One measured figure. */
interface Row {
  readonly given: ValidationCase;
  readonly metric: Metric;
  readonly measured: number;
}

/**
 * What is to be expected of a model, or of a system, that no coefficient was fitted to. Every coefficient that serving decided is
 * fitted again without the cases that have one value of a tag: least squares of ln(simulated / measured), each coefficient drawn
 * to what it would be without any of the measurements (`fitted-coefficients.ts`), to first order around the profiles. A family may
 * be off as a whole, so that a hundred cases of one model do not count as a hundred models (a random effect). With the result
 * those cases are simulated.
 */
export async function leaveOut(
  all: readonly ValidationCase[],
  tags: readonly string[],
  catalogue: Catalogue,
  options: CompileOptions,
  run: RunPlans,
): Promise<LeaveOut> {
  const cases = sampled(all);
  const simulator = new Simulator(catalogue, options, run);
  const none = FITTED_COEFFICIENTS.map(() => 0);
  const probes = FITTED_COEFFICIENTS.map((_, k) => none.map((zero, j) => (j === k ? STEP : zero)));
  const [here, ...there] = await simulator.figures([none, ...probes].map((at) => ({ cases, at })));
  const rows = rowsOf(cases).filter((row) =>
    [here!, ...there].every((figures) => figures.get(keyOf(row)) !== undefined),
  );
  const errors = rows.map((row) => logError(row, here!));
  const slopes = rows.map((row, index) => there.map((figures) => (logError(row, figures) - errors[index]!) / STEP));
  const fit = (rejected: (given: ValidationCase) => boolean) => fitted(rows, errors, slopes, rejected, catalogue);

  const everything = fit(() => false);
  const parts = tags.flatMap((tag) =>
    [...new Set(cases.map((given) => valueOf(tag, given)))].map((value) => {
      const without = (given: ValidationCase) => valueOf(tag, given) === value;
      // Of a suite that is left out as a whole nothing was fitted, and nothing is asked.
      const isPartly = ({ suite }: ValidationCase) => cases.some((given) => given.suite === suite && !without(given));
      return { tag, cases: cases.filter((given) => without(given) && isPartly(given)), at: fit(without) };
    }),
  );
  const [again, ...apart] = await simulator.figures([{ cases, at: everything }, ...parts]);
  const compared = (of: readonly Figures[]) =>
    aggregates(
      rows.flatMap((row) => {
        const simulated = of.find((figures) => figures.get(keyOf(row)) !== undefined)?.get(keyOf(row));
        return simulated === undefined
          ? []
          : [comparison(row.given.suite, row.given.id, row.metric, row.measured, simulated)];
      }),
    );
  return {
    cases: cases.length,
    coefficients: FITTED_COEFFICIENTS.map((coefficient, k) => {
      const present = presentValue(coefficient, catalogue);
      return { name: coefficient.name, present, refitted: present * Math.exp(everything[k]!) };
    }),
    asTheyAre: compared([here!]),
    refitted: compared([again!]),
    leftOut: tags.map((tag) => ({
      tag,
      aggregates: compared(apart.filter((_, index) => parts[index]!.tag === tag)),
    })),
  };
}

/** By suite, case and metric. */
type Figures = ReadonlyMap<string, number>;

interface CaseSet {
  readonly cases: readonly ValidationCase[];
  /** Logarithms of the factors of the coefficients. */
  readonly at: readonly number[];
}

/** Simulates cases with changed coefficients. What the first set has simulated is not simulated again. */
class Simulator {
  readonly #catalogue: Catalogue;
  readonly #options: CompileOptions;
  readonly #run: RunPlans;
  readonly #known = new Map<string, MeasuredRun>();

  constructor(catalogue: Catalogue, options: CompileOptions, run: RunPlans) {
    this.#catalogue = catalogue;
    this.#options = options;
    this.#run = run;
  }

  /** A few sets at a time, for all times of all requests would not fit into memory. */
  async figures(sets: readonly CaseSet[]): Promise<Figures[]> {
    const found: Figures[] = [];
    while (found.length < sets.length) {
      const next = this.#known.size === 0 ? 1 : SETS_AT_ONCE;
      found.push(...(await this.#some(sets.slice(found.length, found.length + next))));
    }
    return found;
  }

  async #some(sets: readonly CaseSet[]): Promise<Figures[]> {
    const prepared = sets.map(({ cases, at }) => prepare(cases, withFactors(this.#catalogue, at), this.#options));
    const keyed = prepared.map(({ plans }) => plans.map((plan) => [JSON.stringify(plan), plan] as const));
    const fresh = [...new Map(keyed.flat())].filter(([key]) => !this.#known.has(key));
    const runs = await this.#run(fresh.map(([, plan]) => plan));
    const here = new Map(fresh.map(([key], index) => [key, runs[index]!]));
    if (this.#known.size === 0) for (const [key, run] of here) this.#known.set(key, run);
    return prepared.map(({ compare }, set) => {
      const { cases } = compare(keyed[set]!.map(([key]) => (this.#known.get(key) ?? here.get(key))!));
      const comparisons = cases.flatMap((outcome) => (outcome.status === 'compared' ? outcome.comparisons : []));
      return new Map(comparisons.map(({ suite, id, metric, simulated }) => [`${suite} ${id} ${metric}`, simulated]));
    });
  }
}

function sampled(all: readonly ValidationCase[]): ValidationCase[] {
  const fitted = all.filter(({ exclude }) => exclude === undefined);
  return groupsOf(fitted, ({ suite }) => suite).flatMap((cases) =>
    cases.length <= MOST_CASES ? cases : cases.filter((_, index) => index % EVERY === 0),
  );
}

/** Cases of one machine need not repeat its name as a tag. */
function valueOf(tag: string, { tags, accelerator }: ValidationCase): string {
  return tags?.[tag] ?? (tag === 'system' ? (accelerator ?? '') : '');
}

function rowsOf(cases: readonly ValidationCase[]): Row[] {
  return cases.flatMap((given) =>
    COMPARED.flatMap((metric): Row[] => {
      const measured = given.measured[metric];
      return measured === undefined ? [] : [{ given, metric, measured }];
    }),
  );
}

function keyOf({ given, metric }: Row): string {
  return `${given.suite} ${given.id} ${metric}`;
}

function logError(row: Row, figures: Figures): number {
  return Math.log(figures.get(keyOf(row))! / row.measured);
}

/** Logarithms of factors, relative to the profiles. */
function fitted(
  rows: readonly Row[],
  errors: readonly number[],
  slopes: readonly (readonly number[])[],
  rejected: (given: ValidationCase) => boolean,
  catalogue: Catalogue,
): number[] {
  const centres = FITTED_COEFFICIENTS.map((each) => Math.log(each.anchor / presentValue(each, catalogue)));
  const used = rows.flatMap((row, index) => {
    const noise = NOISE[row.metric];
    if (noise === undefined || rejected(row.given)) return [];
    const own = noise * (NOISE_OF_SUITE[row.given.suite] ?? 1);
    const doubt = Math.sqrt(Math.max(1, Math.abs(errors[index]!) / own / OUTLYING));
    const family = `${valueOf('family', row.given)} ${row.metric}`;
    return [{ index, noise: own * doubt, family, together: NOISE_OF_FAMILY[row.metric]! }];
  });
  const families = new Map(used.map(({ family, together }) => [family, together]));
  const names = [...families.keys()];
  const equations = used.map(({ index, noise, family }) => ({
    slopes: [...slopes[index]!, ...names.map((name) => (name === family ? 1 : 0))],
    value: -errors[index]!,
    noise,
  }));
  // Least squares are around 0: what is solved for is the distance from the centres.
  const { solution } = leastSquares(
    equations,
    [...centres.map((centre) => -centre), ...names.map(() => 0)],
    [...FITTED_COEFFICIENTS.map(({ spread }) => spread), ...families.values()],
  );
  return centres.map((centre, k) => solution[k]! + centre);
}

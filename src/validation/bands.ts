import type { Catalogue } from '../scenario/catalogue-types.ts';
import { errorBands } from '../scenario/error-bands.ts';
import type { ValidatedConditions, ValidatedError } from '../scenario/error-bands.ts';
import { BAND_DEVIATIONS, BAND_SHARE } from '../sim/error-band.ts';
import type { BandFigure, ConditionsPlan } from '../sim/plan.ts';
import { BAND_FIGURES } from '../sim/plan.ts';
import type { CompileOptions } from './compile-case.ts';
import { compileCase } from './compile-case.ts';
import { groupsOf } from './errors.ts';
import { quantile } from './figures.ts';
import type { Metric } from './metrics.ts';
import type { Validation } from './validate.ts';

/** One figure of one case, with the conditions it was measured in. */
export interface ErrorPoint {
  readonly suite: string;
  readonly figure: BandFigure;
  readonly conditions: ConditionsPlan;
  /** ln(simulated / measured). */
  readonly logError: number;
}

/** Fewer say little of a spread: such conditions get their band from others. */
const FEWEST_POINTS = 5;

const FIGURE_OF: Partial<Readonly<Record<Metric, BandFigure>>> = {
  ttftMeanMs: 'ttft mean',
  ttftMedianMs: 'ttft p50',
  ttftP90Ms: 'ttft p90',
  ttftP95Ms: 'ttft p95',
  ttftP99Ms: 'ttft p99',
  tpotMeanMs: 'tpot mean',
  tpotMedianMs: 'tpot p50',
  tpotP90Ms: 'tpot p90',
  tpotP95Ms: 'tpot p95',
  tpotP99Ms: 'tpot p99',
  e2eMeanMs: 'e2e mean',
  e2eMedianMs: 'e2e p50',
  e2eP90Ms: 'e2e p90',
  e2eP95Ms: 'e2e p95',
  e2eP99Ms: 'e2e p99',
  outputTokensPerS: 'rate',
  requestsPerS: 'rate',
  wattsPerAccelerator: 'accelerator_power mean',
  joulesPerOutputToken: 'output_token_energy accelerators',
};

/** The errors of a validation. Where prompts and decoding are apart, the conditions are those of the pool that decodes. */
export function errorPoints({ cases }: Validation, catalogue: Catalogue, options: CompileOptions): ErrorPoint[] {
  return cases.flatMap((outcome): ErrorPoint[] => {
    if (outcome.status !== 'compared') return [];
    const compiled = compileCase(outcome.given, catalogue, options);
    const conditions = compiled.kind === 'plan' ? compiled.plan.pools.at(-1)!.conditions : undefined;
    if (conditions === undefined) return [];
    return outcome.comparisons.flatMap(({ suite, metric, measured, simulated }) => {
      const figure = metric === 'requestsPerSAtObjective' ? undefined : FIGURE_OF[metric];
      return figure === undefined ? [] : [{ suite, figure, conditions, logError: Math.log(simulated / measured) }];
    });
  });
}

/** The errors by hardware, engine and kind of load, as `errorBands` looks them up. */
export function validatedConditions(points: readonly ErrorPoint[]): ValidatedConditions[] {
  const alike = groupsOf(points, ({ conditions }) => {
    const { accelerator, engine, versionClass, apart, load } = conditions;
    return JSON.stringify([accelerator, engine, versionClass, apart, load]);
  });
  return alike.map(conditionsOf).filter(({ errors }) => Object.keys(errors).length > 0);
}

function conditionsOf(points: readonly ErrorPoint[]): ValidatedConditions {
  const all = points.map(({ conditions }) => conditions);
  const { accelerator, generation, engine, versionClass, apart, load } = all[0]!;
  const different = <Value extends string | boolean>(of: (conditions: ConditionsPlan) => Value) =>
    [...new Set(all.map(of))].sort((a, b) => (a < b ? -1 : 1));
  const prompts = all.map(({ meanPromptTokens }) => meanPromptTokens);
  return {
    accelerator,
    generation,
    engine,
    versionClass,
    apart,
    load,
    models: different(({ model }) => model),
    attention: [...new Set(all.flatMap(({ attention }) => attention))].sort(),
    weights: different(({ weights }) => weights),
    kv: different(({ kv }) => kv),
    dataParallel: different(({ dataParallel }) => dataParallel),
    speculation: different(({ speculation }) => speculation),
    sharedBy: Math.max(...all.map(({ sharedBy }) => sharedBy)),
    meanPromptTokens: {
      least: Math.min(...prompts),
      most: Math.max(...prompts),
    },
    errors: errorsOf(points),
  };
}

function errorsOf(points: readonly ErrorPoint[]): Partial<Record<BandFigure, ValidatedError>> {
  const known = BAND_FIGURES.flatMap((figure) => {
    const errors = points.filter((point) => point.figure === figure).map(({ logError }) => Math.abs(logError));
    if (errors.length < FEWEST_POINTS) return [];
    const within = quantile(Float64Array.from(errors).sort(), BAND_SHARE);
    return [[figure, { points: errors.length, within: Number(within.toPrecision(3)) }] as const];
  });
  return Object.fromEntries(known);
}

/** How many of the points of a suite lie in the bands that would be printed for them. */
export interface Coverage {
  readonly suite: string;
  readonly figure: BandFigure;
  readonly points: number;
  readonly inside: number;
  /** With bands from the points of all other models, or of all other accelerators; absent where these give none. */
  readonly insideWithoutModel?: number;
  readonly insideWithoutAccelerator?: number;
}

export function coverage(points: readonly ErrorPoint[]): Coverage[] {
  const all = inside(points, () => '');
  const withoutModel = inside(points, ({ model }) => model);
  const withoutAccelerator = inside(points, ({ accelerator }) => accelerator);
  return groupsOf([...points.keys()], (at) => `${points[at]!.suite} ${points[at]!.figure}`).map((alike) => {
    const { suite, figure } = points[alike[0]!]!;
    const share = (held: readonly (boolean | undefined)[]) => {
      const known = alike.filter((at) => held[at] !== undefined);
      if (known.length === 0) return undefined;
      return Number((known.filter((at) => held[at]).length / known.length).toFixed(3));
    };
    const others = {
      insideWithoutModel: share(withoutModel),
      insideWithoutAccelerator: share(withoutAccelerator),
    };
    const known = Object.entries(others).filter(([, held]) => held !== undefined);
    return { suite, figure, points: alike.length, inside: share(all) ?? 0, ...Object.fromEntries(known) };
  });
}

/** Whether each point lies in the band that those with another key give it, if they do; with no key, that all give it. */
function inside(points: readonly ErrorPoint[], key: (conditions: ConditionsPlan) => string): (boolean | undefined)[] {
  const keys = new Set(points.map(({ conditions }) => key(conditions)));
  const validated = new Map(
    [...keys].map((left) => [
      left,
      validatedConditions(left === '' ? points : points.filter(({ conditions }) => key(conditions) !== left)),
    ]),
  );
  return points.map(({ conditions, figure, logError }) => {
    const { bands } = errorBands(conditions, validated.get(key(conditions))!, 0, 'measured');
    const band = bands.find((each) => each.figure === figure);
    return band === undefined ? undefined : Math.abs(logError) <= BAND_DEVIATIONS * band.sigma;
  });
}

import { BAND_DEVIATIONS, bandHalfWidth } from '../sim/error-band.ts';
import type {
  BandFigure,
  ConditionsPlan,
  ErrorBandPlan,
  ErrorBandsPlan,
  Grade,
  LoadForm,
  PoolPlan,
} from '../sim/plan.ts';
import { BAND_FIGURES } from '../sim/plan.ts';
import type { Demand } from './catalogue-types.ts';
import type { ScenarioPool } from './read-scenario.ts';

/** Errors of validation cases that were run on the same hardware in the same way. */
export interface ValidatedConditions {
  readonly accelerator: string;
  readonly generation: string;
  readonly engine: string;
  readonly versionClass: string;
  readonly apart: boolean;
  readonly load: ConditionsPlan['load'];
  /** What occurred among the cases. */
  readonly models: readonly string[];
  readonly attention: readonly string[];
  readonly weights: readonly string[];
  readonly kv: readonly string[];
  readonly dataParallel: readonly boolean[];
  readonly speculation: readonly boolean[];
  /** Most accelerators that shared a layer. */
  readonly sharedBy: number;
  readonly meanPromptTokens: { readonly least: number; readonly most: number };
  readonly errors: Partial<Readonly<Record<BandFigure, ValidatedError>>>;
}

export interface ValidatedError {
  readonly points: number;
  /** |ln(simulated / measured)| that `BAND_SHARE` of the points are within. */
  readonly within: number;
}

/**
 * Standard deviations of ln(simulated / measured) that a difference from the measured conditions adds. The first three are
 * how much wider the errors of InferenceX points became when coefficients were fitted without a model, a system or an
 * engine; the others are judgement, because nothing was measured on both sides of such a difference.
 */
const ADDED = {
  model: 0.08,
  accelerator: 0.1,
  engine: 0.08,
  generation: 0.25,
  attention: 0.15,
  numberFormat: 0.15,
  wideGroup: 0.15,
  promptLength: 0.15,
  dataParallel: 0.15,
  speculation: 0.25,
  versionClass: 0.08,
  apart: 0.15,
  load: 0.1,
} as const;

/** Groups up to a node are near each other, and so are prompts between these; beyond, only what was measured counts. */
const USUAL_GROUP = 8;
const USUAL_PROMPT_TOKENS = { least: 128, most: 8192 } as const;

/** TTFT is off by more than twice as much as TPOT in every suite of closed loops; so are the differences. */
const ADDED_FACTOR = { ttft: 2, tpot: 1, e2e: 1, rate: 1, energy: 1 } as const;

/** Typical errors of step-cost models, worth one point beside those that were measured. */
const PRIOR_SIGMA = { ttft: 0.38, tpot: 0.15, e2e: 0.15, rate: 0.25, energy: 0.25 } as const;
const PRIOR_POINTS = 1;

/**
 * The band of every figure that was validated anywhere: σ² = σ₀² + Σ σᵢ², with σ₀ the error in the nearest conditions and a
 * σᵢ for each way in which they differ. 80 % of errors are within exp(± 1.28 σ) if they are normal.
 *
 * @param offeredLoad work offered over capacity, as estimated before the run
 * @param peaks the worst grade of the accelerator's peaks, for what stands for hardware that nobody measured
 */
export function errorBands(
  conditions: ConditionsPlan,
  validated: readonly ValidatedConditions[],
  offeredLoad: number,
  peaks: Grade,
): ErrorBandsPlan {
  const bands = BAND_FIGURES.flatMap((figure) => {
    const band = nearestBand(figure, conditions, validated, peaks);
    return band === undefined ? [] : [band];
  });
  const rate = bands.find(({ figure }) => figure === 'rate');
  const openLoop = conditions.load === 'open';
  const slowest = rate === undefined ? Infinity : offeredLoad * (1 + bandHalfWidth(rate.sigma));
  return { bands, openLoop, keepsUp: openLoop && slowest < 1 };
}

/** A pool with what its workloads decide: the conditions it serves in, and how far its figures may be off in them. */
export function withErrorBands(
  { deployed, ...pool }: ScenarioPool,
  demands: readonly Demand[],
  offeredLoad: number,
  validated: readonly ValidatedConditions[],
): PoolPlan {
  const { peaks, ...ofDeployment } = deployed;
  const conditions = { ...ofDeployment, load: loadForm(demands), meanPromptTokens: meanPromptTokens(demands) };
  if (validated.length === 0) return { ...pool, conditions };
  return { ...pool, conditions, errorBands: errorBands(conditions, validated, offeredLoad, peaks) };
}

/** One workload that does not wait for answers makes the queue of all. */
function loadForm(demands: readonly Demand[]): LoadForm {
  const forms = demands.map(({ load = 'open' }) => load);
  return (['open', 'queued', 'closed'] as const).find((form) => forms.includes(form)) ?? 'open';
}

/** By requests; each workload alike where rates are unknown before the run. */
function meanPromptTokens(demands: readonly Demand[]): number {
  const rated = demands.every(({ requestsPerS }) => requestsPerS > 0);
  let weights = 0;
  let tokens = 0;
  for (const { requestsPerS, meanPromptTokens: mean } of demands) {
    const weight = rated ? requestsPerS : 1;
    weights += weight;
    tokens += weight * mean;
  }
  return weights === 0 ? 0 : Math.round(tokens / weights);
}

function nearestBand(
  figure: BandFigure,
  conditions: ConditionsPlan,
  validated: readonly ValidatedConditions[],
  peaks: Grade,
): ErrorBandPlan | undefined {
  const candidates = validated.flatMap((there) => {
    const error = there.errors[figure];
    return error === undefined ? [] : [{ there, error, variance: addedVariance(conditions, there) }];
  });
  const least = Math.min(...candidates.map(({ variance }) => variance));
  const nearest = candidates.filter(({ variance }) => variance === least);
  if (nearest.length === 0) return undefined;
  const kind = kindOf(figure);
  const added = ADDED_FACTOR[kind] * ADDED_FACTOR[kind] * least;
  const sigma = Math.sqrt(ownVariance(kind, nearest) + added);
  return { figure, sigma, basis: basisOf(conditions, nearest[0]!.there, peaks) };
}

type FigureKind = keyof typeof PRIOR_SIGMA;

function kindOf(figure: BandFigure): FigureKind {
  if (figure === 'rate') return 'rate';
  if (figure === 'accelerator_power mean' || figure === 'output_token_energy accelerators') return 'energy';
  return figure.startsWith('ttft') ? 'ttft' : figure.startsWith('tpot') ? 'tpot' : 'e2e';
}

/** Pooled by number of points. */
function ownVariance(kind: FigureKind, nearest: readonly { readonly error: ValidatedError }[]): number {
  let points: number = PRIOR_POINTS;
  let sum = PRIOR_POINTS * PRIOR_SIGMA[kind] * PRIOR_SIGMA[kind];
  for (const { error } of nearest) {
    const sigma = error.within / BAND_DEVIATIONS;
    points += error.points;
    sum += error.points * sigma * sigma;
  }
  return sum / points;
}

/** How far apart conditions are. */
function addedVariance(here: ConditionsPlan, there: ValidatedConditions): number {
  const { least, most } = USUAL_PROMPT_TOKENS;
  const { meanPromptTokens: tokens } = here;
  const differences: Readonly<Record<keyof typeof ADDED, boolean>> = {
    model: !there.models.includes(here.model),
    accelerator: there.accelerator !== here.accelerator,
    engine: there.engine !== here.engine,
    generation: there.generation !== here.generation,
    attention: !here.attention.every((kind) => there.attention.includes(kind)),
    numberFormat: !there.weights.includes(here.weights) || !there.kv.includes(here.kv),
    wideGroup: here.sharedBy > Math.max(USUAL_GROUP, there.sharedBy),
    promptLength:
      tokens < Math.min(least, there.meanPromptTokens.least) || tokens > Math.max(most, there.meanPromptTokens.most),
    dataParallel: !there.dataParallel.includes(here.dataParallel),
    speculation: !there.speculation.includes(here.speculation),
    // Versions of another engine are not comparable: that it is another one says it.
    versionClass: there.engine === here.engine && there.versionClass !== here.versionClass,
    apart: there.apart !== here.apart,
    load: there.load !== here.load,
  };
  const keys = Object.keys(ADDED) as (keyof typeof ADDED)[];
  return keys.reduce((sum, key) => sum + (isCounted(key, differences) ? ADDED[key] * ADDED[key] : 0), 0);
}

/** Another generation implies another accelerator. */
function isCounted(key: keyof typeof ADDED, differences: Readonly<Record<keyof typeof ADDED, boolean>>): boolean {
  return differences[key] && !(key === 'accelerator' && differences.generation);
}

function basisOf(here: ConditionsPlan, there: ValidatedConditions, peaks: Grade): string {
  if (there.accelerator === here.accelerator) return `measured on ${there.accelerator}`;
  if (peaks === 'announced' || peaks === 'estimated') return `${peaks} numbers`;
  return `nearest measured on ${there.accelerator}`;
}

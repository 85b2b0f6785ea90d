import type { Figures } from './figures.ts';
import { COEFFICIENTS, COEFFICIENT_NAMES } from './calibration-coefficients.ts';
import type { Coefficient, Factors } from './calibration-coefficients.ts';
import { designKey } from './calibration-points.ts';
import type { MeasuredPoint } from './calibration-points.ts';
import { leastSquares } from './least-squares.ts';
import type { Metric } from './metrics.ts';

/** Figures of every point, for each of several sets of factors. A run that failed has none. */
export type SimulatePoints = (factors: readonly Factors[]) => Promise<readonly (readonly Figures[])[]>;

/** A measured figure with the errors of the simulation: simulated / measured − 1. */
export interface Residual {
  readonly point: MeasuredPoint;
  readonly metric: Metric;
  readonly measured: number;
  readonly before: number;
  readonly after: number;
  /** With coefficients from all other points, to first order around the fit. */
  readonly leftOut: number;
}

export interface Calibration {
  readonly factors: Factors;
  /** Whether the points say more about a coefficient than was known before: its spread fell by a third or more. */
  readonly informed: Readonly<Record<Coefficient, boolean>>;
  readonly residuals: readonly Residual[];
}

/** What one run of a benchmark differs by from the next, and from what a model of means can say of it. */
const NOISE: Partial<Readonly<Record<Metric, number>>> = {
  ttftMeanMs: 0.2,
  tpotMeanMs: 0.04,
  e2eMeanMs: 0.04,
  outputTokensPerS: 0.05,
  requestsPerS: 0.05,
};

export const FEWEST_LOADS = 3;
const ITERATIONS = 5;
const HALVINGS = 3;
/** Of a logarithm of a factor: apart enough that whole requests do not decide the difference, near enough to be straight. */
const STEP = 0.05;
const CONVERGED = 0.003;
/** Beyond so many noises an error counts in proportion, not squared (Huber): a client that did something else is no evidence. */
const OUTLYING = 2;
/** No factor leaves [1/e, e]. */
const FURTHEST = 1;
const INFORMED = 2 / 3;

/** Why the points are too few to fit anything to; undefined where they suffice. */
export function tooFew(points: readonly MeasuredPoint[]): string | undefined {
  const loads = new Set(points.map(designKey)).size;
  if (loads >= FEWEST_LOADS) return undefined;
  const same = points.length > loads ? ` (${points.length} points, of which ${loads} differ)` : '';
  return `${loads} different ${loads === 1 ? 'load is' : 'loads are'} too few to calibrate with${same} — measure at least ${FEWEST_LOADS}: other numbers of users or rates, other lengths`;
}

/**
 * Least squares of ln(simulated / measured) over factors of the profile, by Gauss and Newton on the simulation itself, each
 * factor drawn towards 1 as strongly as it is known beforehand (Gaussian priors: ridge). What few points say nothing about
 * stays as it is.
 *
 * @throws Error when no run of the profile as it is gives a figure that was measured
 */
export async function calibrate(points: readonly MeasuredPoint[], simulate: SimulatePoints): Promise<Calibration> {
  const fit = new Fit(points, simulate);
  const start = COEFFICIENT_NAMES.map(() => 0);
  await fit.keepSimulated(start);
  if (fit.rows.length === 0) throw new Error('none of the measured figures could be simulated');
  let at = await fit.around(start);
  const before = at.errors;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const { solution } = leastSquares(fit.equations(at), at.theta, fit.prior);
    const next = await fit.improved(at, solution);
    if (next === undefined) break;
    const moved = Math.max(...next.map((value, k) => Math.abs(value - at.theta[k]!)));
    at = await fit.around(next);
    if (moved < CONVERGED) break;
  }
  return fit.result(before, at);
}

/** Logarithms of factors, what is simulated there, and how it changes with each of them. */
interface Place {
  readonly theta: readonly number[];
  /** ln(simulated / measured), one per row. */
  readonly errors: readonly number[];
  /** By coefficient and row. */
  readonly slopes: readonly (readonly number[])[];
}

interface Row {
  readonly index: number;
  readonly metric: Metric;
  readonly measured: number;
  readonly noise: number;
}

class Fit {
  readonly #points: readonly MeasuredPoint[];
  readonly #simulate: SimulatePoints;
  rows: readonly Row[];
  readonly prior = COEFFICIENT_NAMES.map((name) => COEFFICIENTS[name]);

  constructor(points: readonly MeasuredPoint[], simulate: SimulatePoints) {
    this.#points = points;
    this.#simulate = simulate;
    this.rows = points.flatMap(({ measured }, index) =>
      (Object.keys(NOISE) as Metric[]).flatMap((metric): Row[] => {
        const value = measured[metric];
        return value === undefined ? [] : [{ index, metric, measured: value, noise: NOISE[metric]! }];
      }),
    );
  }

  /** Figures that the simulation does not give (TPOT of single tokens) cannot be fitted to. */
  async keepSimulated(theta: readonly number[]): Promise<void> {
    const [figures] = await this.#simulate([factorsOf(theta)]);
    this.rows = this.rows.filter(({ index, metric }) => figures![index]![metric] !== undefined);
  }

  async around(theta: readonly number[]): Promise<Place> {
    const probes = COEFFICIENT_NAMES.map((_, k) => theta.map((value, j) => (j === k ? value + STEP : value)));
    const [here, ...there] = await this.#simulate([theta, ...probes].map(factorsOf));
    const errors = this.#errors(here!);
    const slopes = there.map((figures) => this.#errors(figures).map((error, row) => (error - errors[row]!) / STEP));
    return { theta, errors, slopes };
  }

  equations({ errors, slopes }: Place, without?: string) {
    return this.rows.flatMap(({ index, noise }, row) =>
      designKey(this.#points[index]!) === without
        ? []
        : [{ slopes: slopes.map((of) => of[row]!), value: -errors[row]!, noise: noise * doubt(errors[row]! / noise) }],
    );
  }

  /** The step, or a half of it, or a quarter …; undefined where none of them is better. */
  async improved(at: Place, solution: readonly number[]): Promise<readonly number[] | undefined> {
    const present = this.#misfit(at.theta, at.errors);
    let share = 1;
    for (let halving = 0; halving <= HALVINGS; halving++, share /= 2) {
      const theta = at.theta.map((value, k) => clamped(value + share * (solution[k]! - value)));
      const [figures] = await this.#simulate([factorsOf(theta)]);
      if (this.#misfit(theta, this.#errors(figures!)) < present) return theta;
    }
    return undefined;
  }

  result(before: readonly number[], at: Place): Calibration {
    const { spreads } = leastSquares(this.equations(at), at.theta, this.prior);
    const without = new Map<string, readonly number[]>();
    for (const key of new Set(this.#points.map(designKey))) {
      without.set(key, leastSquares(this.equations(at, key), at.theta, this.prior).solution);
    }
    const residuals = this.rows.map(({ index, metric, measured }, row) => {
      const point = this.#points[index]!;
      const theta = without.get(designKey(point))!;
      const shift = at.slopes.reduce((sum, of, k) => sum + of[row]! * (theta[k]! - at.theta[k]!), 0);
      return {
        point,
        metric,
        measured,
        before: Math.exp(before[row]!) - 1,
        after: Math.exp(at.errors[row]!) - 1,
        leftOut: Math.exp(at.errors[row]! + shift) - 1,
      };
    });
    const informed = COEFFICIENT_NAMES.map((name, k) => [name, spreads[k]! < INFORMED * COEFFICIENTS[name]] as const);
    return {
      factors: factorsOf(at.theta),
      informed: Object.fromEntries(informed) as Record<Coefficient, boolean>,
      residuals,
    };
  }

  /** A figure that a run does not give any more counts as a large error. */
  #errors(figures: readonly Figures[]): number[] {
    return this.rows.map(({ index, metric, measured }) => {
      const simulated = figures[index]![metric];
      return simulated === undefined ? FURTHEST : Math.log(simulated / measured);
    });
  }

  #misfit(theta: readonly number[], errors: readonly number[]): number {
    const ofRows = this.rows.map(({ noise }, row) => huber(errors[row]! / noise));
    const ofPrior = theta.map((value, k) => (value / this.prior[k]!) * (value / this.prior[k]!));
    return [...ofRows, ...ofPrior].reduce((sum, each) => sum + each, 0);
  }
}

function factorsOf(theta: readonly number[]): Factors {
  return Object.fromEntries(COEFFICIENT_NAMES.map((name, k) => [name, Math.exp(theta[k]!)])) as Record<
    Coefficient,
    number
  >;
}

function clamped(theta: number): number {
  return Math.min(FURTHEST, Math.max(-FURTHEST, theta));
}

function huber(noises: number): number {
  const size = Math.abs(noises);
  return size <= OUTLYING ? size * size : OUTLYING * (2 * size - OUTLYING);
}

/** By how much more noise the square of an error is Huber's, near it. */
function doubt(noises: number): number {
  return Math.sqrt(Math.max(1, Math.abs(noises) / OUTLYING));
}

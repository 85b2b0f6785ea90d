import { gammaln, mean, sampleStandardDeviation } from 'simple-statistics';
import { worstGrade } from './summary.ts';
import { widestBand } from './error-bands.ts';
import type { ErrorBand, RunSummary, SummaryEntry } from './summary.ts';

export const CONFIDENCE = 0.95;
const BISECTIONS = 60;
/** Enough for thousands of degrees of freedom: the fraction needs about the square root of them. */
const FRACTION_PAIRS = 100;

/**
 * Every figure as its mean over the seeds, with the half-width of its 95 % confidence interval by Student's t. A figure
 * that some seeds do not have (no request of that kind) rests on those that do.
 */
export function combineSeeds(summaries: readonly RunSummary[]): RunSummary {
  const groups = new Map<string, SummaryEntry[]>();
  for (const entry of summaries.flat()) {
    const key = JSON.stringify([entry.scope, entry.scopeName, entry.metric, entry.statistic]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()].map((group) => {
    const values = group.map((entry) => entry.value);
    return {
      ...group[0]!,
      value: mean(values),
      halfWidth95: halfWidth95(values),
      grade: worstGrade(group.map((entry) => entry.grade)),
      ...combinedBand(group.map(({ band }) => band)),
    };
  });
}

/** More seeds do not make the model better. */
function combinedBand(bands: readonly (ErrorBand | undefined)[]): { readonly band?: ErrorBand } {
  const band = widestBand(bands);
  return band === undefined ? {} : { band };
}

/** Half-width of the 95 % confidence interval of the mean of independent runs; undefined for a single one. */
export function halfWidth95(values: readonly number[]): number | undefined {
  const standardError = standardErrorOf(values);
  return standardError === undefined ? undefined : twoSidedT(CONFIDENCE, values.length - 1) * standardError;
}

/** Standard error of the mean of independent runs; undefined for a single one. */
export function standardErrorOf(values: readonly number[]): number | undefined {
  return values.length < 2 ? undefined : sampleStandardDeviation([...values]) / Math.sqrt(values.length);
}

/** The t that a Student variable of so many degrees of freedom stays within (−t, t) with this probability. */
export function twoSidedT(probability: number, degreesOfFreedom: number): number {
  let low = 0;
  let high = Math.PI / 2;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, degreesOfFreedom) < probability) low = middle;
    else high = middle;
  }
  return Math.tan((low + high) / 2) * Math.sqrt(degreesOfFreedom);
}

/** The chance that a Student variable of so many degrees of freedom lies as far from 0 as t, on either side. */
export function twoSidedP(t: number, degreesOfFreedom: number): number {
  const within = probabilityWithin(Math.atan(Math.abs(t) / Math.sqrt(degreesOfFreedom)), degreesOfFreedom);
  return Math.max(0, 1 - within);
}

/**
 * P(|t| < tan(angle) √degrees). For whole degrees of freedom it is exact: Abramowitz and Stegun, Handbook of Mathematical
 * Functions, 26.7.3 (odd) and 26.7.4 (even).
 */
function probabilityWithin(angle: number, degreesOfFreedom: number): number {
  if (!Number.isInteger(degreesOfFreedom)) return probabilityWithinBroken(angle, degreesOfFreedom);
  const odd = degreesOfFreedom % 2 === 1;
  const cosine = Math.cos(angle);
  let term = odd ? cosine : 1;
  let series = 0;
  for (let power = odd ? 1 : 0; power <= degreesOfFreedom - 2; power += 2) {
    series += term;
    term *= ((power + 1) / (power + 2)) * cosine * cosine;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * series) : Math.sin(angle) * series;
}

/**
 * The same for degrees of freedom that are not whole: I(sin² angle; 1 / 2, degrees / 2), I being the incomplete beta
 * function (26.7.1), by whichever end its fraction converges soon from.
 */
function probabilityWithinBroken(angle: number, degreesOfFreedom: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  if (sine === 0 || cosine <= 0) return sine === 0 ? 0 : 1;
  const half = degreesOfFreedom / 2;
  const logBeta = gammaln(0.5) + gammaln(half) - gammaln(half + 0.5);
  const scale = Math.exp(Math.log(sine) + degreesOfFreedom * Math.log(cosine) - logBeta);
  if (sine * sine < 1.5 / (half + 2.5)) return scale / (0.5 * betaFraction(sine * sine, 0.5, half));
  return 1 - scale / (half * betaFraction(cosine * cosine, half, 0.5));
}

/** x^a (1 − x)^b / (a B(a, b) I(x; a, b)) as a continued fraction: NIST Digital Library of Mathematical Functions, 8.17.22. */
function betaFraction(x: number, a: number, b: number): number {
  let value = 1;
  for (let m = FRACTION_PAIRS; m >= 0; m--) {
    value = 1 - ((a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1) * value);
    if (m > 0) value = 1 + (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m) * value);
  }
  return value;
}

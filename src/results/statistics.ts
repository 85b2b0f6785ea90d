import { mean, sampleStandardDeviation } from 'simple-statistics';
import { worstGrade } from './summary.ts';
import { widestBand } from './error-bands.ts';
import type { ErrorBand, RunSummary, SummaryEntry } from './summary.ts';

export const CONFIDENCE = 0.95;
const BISECTIONS = 60;

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
  if (values.length < 2) return undefined;
  const standardError = sampleStandardDeviation([...values]) / Math.sqrt(values.length);
  return twoSidedT(CONFIDENCE, values.length - 1) * standardError;
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
 * P(|t| < tan(angle) √degrees), exact for whole degrees of freedom: Abramowitz and Stegun, Handbook of Mathematical
 * Functions, 26.7.3 (odd) and 26.7.4 (even).
 */
function probabilityWithin(angle: number, degreesOfFreedom: number): number {
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

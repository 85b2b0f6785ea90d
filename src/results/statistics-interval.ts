import { mean } from 'simple-statistics';
import { CONFIDENCE, halfWidth95, twoSidedP, twoSidedT } from './statistics.ts';

/** An estimate with the half-width of its 95 % confidence interval; undefined where one value says nothing of spread. */
export interface Interval {
  readonly value: number;
  readonly halfWidth95: number | undefined;
}

/**
 * The mean of independent values, one per replication, with Student's t: Law, Simulation Modeling and Analysis, 5th ed.,
 * eq. 4.12.
 */
export function meanInterval(values: readonly number[]): Interval {
  return { value: mean([...values]), halfWidth95: halfWidth95(values) };
}

/**
 * The mean of one long, stationary series whose values depend on their neighbours. It is cut into equal batches, so long
 * that their means are nearly independent, and these are treated like replications (Law, section 9.5.3). What does not
 * fill the last batch is left out at the start.
 * @param batches at least 2; Schmeiser (Operations Research 30, 1982) finds 10 to 30 enough whatever the length
 */
export function batchMeansInterval(values: ArrayLike<number>, batches = 20): Interval {
  const length = Math.floor(values.length / batches);
  if (batches < 2 || length < 1) throw new Error(`${values.length} values do not make ${batches} batches`);
  const first = values.length - batches * length;
  const means = Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += values[first + batch * length + i]!;
    return sum / length;
  });
  return meanInterval(means);
}

/**
 * E[Y] / E[X] from independent pairs, as Σy / Σx: a cost per token, a mean over regenerative cycles. The ratio of each
 * pair would give a small denominator the weight of a large one. The half-width is that of the mean of yᵢ − r xᵢ over x̄
 * (the classical estimator: Law, section 9.5.3; Cochran, Sampling Techniques, 3rd ed., chapter 6).
 * @throws when the denominators add up to zero
 */
export function ratioInterval(numerators: readonly number[], denominators: readonly number[]): Interval {
  if (numerators.length !== denominators.length) throw new Error('a ratio takes pairs');
  const meanDenominator = mean([...denominators]);
  if (meanDenominator === 0) throw new Error('a ratio to nothing');
  const value = mean([...numerators]) / meanDenominator;
  const residuals = numerators.map((numerator, pair) => numerator - value * denominators[pair]!);
  const spread = halfWidth95(residuals);
  return { value, halfWidth95: spread === undefined ? undefined : spread / Math.abs(meanDenominator) };
}

/** What two policies differ by, from replications that met the same arrivals. */
export interface PairedDifference {
  readonly pairs: number;
  /** Variant − baseline. */
  readonly difference: Interval;
  /** The difference as a share of the baseline's mean; undefined when that is zero. */
  readonly relative: Interval | undefined;
  /**
   * Chance of a difference as far from zero if there were none, by the relative one where there is one; undefined with a
   * single pair. Below 5 % exactly when that interval excludes zero.
   */
  readonly p: number | undefined;
}

/**
 * Differences within pairs, seed by seed: what the seeds have in common cancels (common random numbers: Law, section
 * 11.2). The relative difference is a ratio estimate of difference to baseline, so what a busy seed scales up in both
 * cancels, too.
 */
export function pairedDifference(baseline: readonly number[], variant: readonly number[]): PairedDifference {
  const differences = variant.map((value, pair) => value - baseline[pair]!);
  const difference = meanInterval(differences);
  const relative = mean([...baseline]) === 0 ? undefined : ratioInterval(differences, baseline);
  return { pairs: differences.length, difference, relative, p: pOfZero(relative ?? difference, differences.length) };
}

/** Two-sided p of the hypothesis that what an interval of Student's t estimates is zero. */
function pOfZero({ value, halfWidth95: halfWidth }: Interval, values: number): number | undefined {
  if (halfWidth === undefined) return undefined;
  if (value === 0) return 1;
  // The same in every replication: chance has no part in it.
  if (halfWidth === 0) return 0;
  return twoSidedP((value / halfWidth) * twoSidedT(CONFIDENCE, values - 1), values - 1);
}

/**
 * p values that may be held against 5 % each although many hypotheses are tested: the chance that any true one is
 * rejected stays below 5 %, whatever their dependence. Holm, Scandinavian Journal of Statistics 6 (1979): the k-th
 * smallest of m counts m − k + 1 times, and none less than a smaller one.
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = Array<number>(pValues.length).fill(1);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** The largest adjusted p that counts as a difference. */
export const SIGNIFICANCE = 1 - CONFIDENCE;

/** So few replications can look narrow by chance. */
export const FEWEST_REPLICATIONS = 5;

/**
 * How many replications to have in all before looking again, when intervals must be at most `precision` of what they
 * are relative to; the present number when they are. A half-width falls with the square root of the replications, and
 * Student's t with its degrees of freedom; at most twice as many are asked for at once, because the spread is itself
 * an estimate. Law, section 9.4.1; Chow and Robbins (Annals of Mathematical Statistics 36, 1965) show that
 * the coverage tends to 95 % as the precision gets finer.
 * @param relativeHalfWidths of every interval, as shares
 */
export function replicationsWanted(
  relativeHalfWidths: readonly number[],
  replications: number,
  precision: number,
): number {
  if (replications < FEWEST_REPLICATIONS) return FEWEST_REPLICATIONS;
  const excess = Math.max(0, ...relativeHalfWidths) / precision;
  if (excess <= 1) return replications;
  const present = twoSidedT(CONFIDENCE, replications - 1) / Math.sqrt(replications);
  for (let wanted = replications + 1; wanted < 2 * replications; wanted++) {
    if (twoSidedT(CONFIDENCE, wanted - 1) / Math.sqrt(wanted) <= present / excess) return wanted;
  }
  return 2 * replications;
}

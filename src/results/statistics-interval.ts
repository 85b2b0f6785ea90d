import { mean, sum } from 'simple-statistics';
import { CONFIDENCE, halfWidth95, standardErrorOf, twoSidedP, twoSidedT } from './statistics.ts';

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
 * pair would give a small denominator the weight of a large one. The half-width is undefined where the pairs do not show
 * how far it scatters.
 * @throws when the denominators add up to zero
 */
export function ratioInterval(numerators: readonly number[], denominators: readonly number[]): Interval {
  return intervalOf(ratioEstimate(numerators, denominators));
}

function intervalOf({ value, standardError, degreesOfFreedom }: RatioEstimate): Interval {
  if (standardError === undefined) return { value, halfWidth95: undefined };
  return { value, halfWidth95: twoSidedT(CONFIDENCE, degreesOfFreedom) * standardError };
}

interface RatioEstimate {
  readonly value: number;
  /** Undefined where the pairs do not show how far the ratio scatters. */
  readonly standardError: number | undefined;
  /** Of the standard error, at least 1; seldom whole. */
  readonly degreesOfFreedom: number;
}

/** What rounding may leave of a residual that is zero, as a share of what it is the difference of. */
const ROUNDING = 1e-9;

/**
 * Σy / Σx is the mean of the single ratios with weights wᵢ = xᵢ / Σx, and its error the sum of the residuals
 * eᵢ = yᵢ − r xᵢ over Σx (Cochran, Sampling Techniques, 3rd ed., chapter 6). A pair of large weight pulls r to its own ratio,
 * so its residual is small however wrong r is: where all single ratios scatter alike, eᵢ² comes to cᵢ = 1 − 2 wᵢ + Σw² of
 * what it stands for. Σ eᵢ² / cᵢ over (Σx)² has no such bias, and as many degrees of freedom as the χ² of its mean and
 * variance: n − 1 with equal weights, close to 1 where one pair has nearly all of it. That is the standard error of Bell
 * and McCaffrey (Survey Methodology 28, 2002) with the wᵢ² as variances.
 */
function ratioEstimate(numerators: readonly number[], denominators: readonly number[]): RatioEstimate {
  if (numerators.length !== denominators.length) throw new Error('a ratio takes pairs');
  const total = sum([...denominators]);
  if (total === 0) throw new Error('a ratio to nothing');
  const value = sum([...numerators]) / total;
  const weights = denominators.map((denominator) => denominator / total);
  const squares = sum(weights.map((weight) => weight * weight));
  const offsets = weights.map((weight) => squares / 2 - weight);
  const residuals = numerators.map((numerator, pair) => residual(numerator, value * denominators[pair]!));
  if (residuals.every((each) => each === 0)) {
    return { value, standardError: isShownByAll(numerators, denominators) ? 0 : undefined, degreesOfFreedom: 1 };
  }
  if (offsets.some((offset) => 1 + 2 * offset < ROUNDING))
    return { value, standardError: undefined, degreesOfFreedom: 1 };
  // Sums over uᵢ = wᵢ² / cᵢ and aᵢ = Σw² / 2 − wᵢ: the trace of the square of the quadratic form is
  // Σ u² (1 + 4 a) + 2 Σu Σua² + 2 (Σua)², and its trace Σw².
  let [variance, own, all, first, second] = [0, 0, 0, 0, 0];
  for (const [pair, offset] of offsets.entries()) {
    const share = 1 + 2 * offset;
    const scale = (weights[pair]! * weights[pair]!) / share;
    variance += (residuals[pair]! * residuals[pair]!) / share;
    own += scale * scale * (1 + 4 * offset);
    all += scale;
    first += scale * offset;
    second += scale * offset * offset;
  }
  return {
    value,
    standardError: Math.sqrt(variance) / Math.abs(total),
    degreesOfFreedom: Math.max(1, (squares * squares) / (own + 2 * all * second + 2 * first * first)),
  };
}

function residual(numerator: number, expected: number): number {
  const rest = numerator - expected;
  return Math.abs(rest) <= ROUNDING * Math.abs(expected) ? 0 : rest;
}

/** A pair of zeros has no ratio, so it does not show that all are the same; unless nothing differs anywhere. */
function isShownByAll(numerators: readonly number[], denominators: readonly number[]): boolean {
  if (numerators.length < 2) return false;
  return numerators.every((numerator) => numerator === 0) || denominators.every((denominator) => denominator !== 0);
}

/** What two policies differ by, from replications that met the same arrivals. */
export interface PairedDifference {
  readonly pairs: number;
  /** Variant − baseline. */
  readonly difference: Interval;
  /**
   * The difference as a share of the baseline's mean; undefined when that is zero. Without a half-width where a single pair
   * has a baseline, or all that have one agree and others have none: then nobody knows how far the share scatters.
   */
  readonly relative: Interval | undefined;
  /**
   * Chance of a difference as far from zero if there were none, by the relative one where that has a half-width; undefined
   * with a single pair. Below 5 % exactly when that interval excludes zero.
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
  const plain = { difference, pairs: differences.length };
  const pOfDifference = pOfZero(difference.value, standardErrorOf(differences), differences.length - 1);
  if (mean([...baseline]) === 0) return { ...plain, relative: undefined, p: pOfDifference };
  const ratio = ratioEstimate(differences, baseline);
  const relative = intervalOf(ratio);
  if (ratio.standardError === undefined) return { ...plain, relative, p: pOfDifference };
  return { ...plain, relative, p: pOfZero(ratio.value, ratio.standardError, ratio.degreesOfFreedom) };
}

/** Two-sided p of the hypothesis that what Student's t estimates is zero; undefined without a standard error. */
function pOfZero(value: number, standardError: number | undefined, degreesOfFreedom: number): number | undefined {
  if (standardError === undefined) return undefined;
  if (value === 0) return 1;
  // The same in every replication: chance has no part in it.
  if (standardError === 0) return 0;
  return twoSidedP(value / standardError, degreesOfFreedom);
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

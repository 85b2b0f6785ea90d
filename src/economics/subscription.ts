import type { SubscriptionPlan } from '../sim/money-plan.ts';

const DECILES = 10;
const HASTINGS = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429] as const;
const HASTINGS_P = 0.3275911;
const BISECTIONS = 80;
/** Standard deviations that a bisection looks at. */
const WIDEST = 10;

/** What a flat fee comes to when what users want is lognormal. Tokens in millions. */
export interface SubscriptionOutcome {
  /** Mean of what a user takes: what they want, as far as the cap allows. */
  readonly meanMtok: number;
  /** 1 − cost / fee, over all users. */
  readonly margin: number;
  /** Share of users whose tokens cost more than the fee. */
  readonly losingShare: number;
  /** By tenth of the users, lightest first: mean fee less cost, USD per month. */
  readonly decileMarginUsd: readonly number[];
  /** The cap with which users cost as much as they pay; Infinity where they do without any. */
  readonly breakEvenCapMtok: number;
}

/**
 * E[min(X, c)] of a lognormal X with mean m: m Φ((ln c − μ − σ²) / σ) + c (1 − Φ((ln c − μ) / σ)), μ = ln m − σ²/2.
 *
 * @param usdPerMtok what a million tokens cost to serve
 */
export function subscriptionOutcome(plan: SubscriptionPlan, usdPerMtok: number): SubscriptionOutcome {
  const { usdPerUserMonth: fee, capMtokPerUserMonth: cap = Infinity } = plan;
  const meanMtok = meanTaken(plan, cap);
  const affordable = fee / usdPerMtok;
  return {
    meanMtok,
    margin: 1 - (meanMtok * usdPerMtok) / fee,
    losingShare: affordable >= cap ? 0 : 1 - shareBelow(plan, affordable),
    decileMarginUsd: Array.from({ length: DECILES }, (_, decile) => {
      const [low, high] = [quantile(plan, decile / DECILES), quantile(plan, (decile + 1) / DECILES)];
      const taken = DECILES * (partialMean(plan, cap, high) - partialMean(plan, cap, low));
      return fee - taken * usdPerMtok;
    }),
    breakEvenCapMtok: breakEvenCap(plan, affordable),
  };
}

/** Mean of min(X, cap). */
export function meanTaken(plan: SubscriptionPlan, cap: number): number {
  return partialMean(plan, cap, Infinity);
}

/** E[min(X, cap); X < high]. */
function partialMean({ meanMtokPerUserMonth: mean, sigma }: SubscriptionPlan, cap: number, high: number): number {
  const mu = Math.log(mean) - (sigma * sigma) / 2;
  const standard = (tokens: number) => (Math.log(tokens) - mu) / sigma;
  const uncapped = mean * normalBelow(standard(Math.min(cap, high)) - sigma);
  return high <= cap ? uncapped : uncapped + cap * (normalBelow(standard(high)) - normalBelow(standard(cap)));
}

function shareBelow({ meanMtokPerUserMonth: mean, sigma }: SubscriptionPlan, tokens: number): number {
  return normalBelow((Math.log(tokens) - Math.log(mean) + (sigma * sigma) / 2) / sigma);
}

function quantile({ meanMtokPerUserMonth: mean, sigma }: SubscriptionPlan, share: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return Infinity;
  const z = bisect(-WIDEST, WIDEST, (candidate) => normalBelow(candidate) < share);
  return mean * Math.exp(sigma * z - (sigma * sigma) / 2);
}

function breakEvenCap(plan: SubscriptionPlan, affordableMtok: number): number {
  const { meanMtokPerUserMonth: mean, sigma } = plan;
  if (mean <= affordableMtok) return Infinity;
  const logCap = bisect(Math.log(mean) - WIDEST * sigma, Math.log(mean) + WIDEST * sigma, (candidate) => {
    return meanTaken(plan, Math.exp(candidate)) < affordableMtok;
  });
  return Math.exp(logCap);
}

/** The number from which on `isBelow` is false. */
function bisect(from: number, to: number, isBelow: (candidate: number) => boolean): number {
  let [low, high] = [from, to];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Φ(z), within 1.5 × 10⁻⁷: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
function normalBelow(z: number): number {
  if (z === Infinity || z === -Infinity) return z > 0 ? 1 : 0;
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + HASTINGS_P * x);
  const series = HASTINGS.reduceRight((sum, coefficient) => (sum + coefficient) * t, 0);
  const beyond = (series * Math.exp(-x * x)) / 2;
  return z > 0 ? 1 - beyond : beyond;
}

import { counterUniform, streamSeed } from './distributions.ts';
import type { SpeculationPlan } from './plan.ts';
import { Streams } from './streams.ts';

/** Below this a deviation from the expected number of steps changes no draw that could be noticed. */
const NEGLIGIBLE_STEPS = 1e-13;
/** Mass that is cut off either end of a distribution: less than the smallest uniform. */
const NEGLIGIBLE_MASS = 1e-17;
/** Sums of more steps than 2 to the power of this are drawn in several parts. */
const MAX_DOUBLINGS = 12;
const DRAWS_PER_PREEMPTION = 65_536;

/** Mean tokens of a step: (1 − α^(k+1)) / (1 − α), the sum of α^j for j from 0 to k. */
export function meanTokensPerStep({ draftTokens, acceptance }: SpeculationPlan): number {
  let mean = 1;
  for (let guess = 0; guess < draftTokens; guess++) mean = 1 + acceptance * mean;
  return mean;
}

/**
 * In how many steps a request generates its tokens when each step yields 1 to k + 1 of them: the guesses that were right
 * and one token of the verifying pass (Y. Leviathan et al., "Fast inference from transformers via speculative decoding",
 * 2023). A number depends on the run's seed, the request and its preemptions alone.
 *
 * The mean number is that of a renewal process: M(n) = 1 + Σ p_j M(n − j). It approaches the line
 * n / μ + (E X² − μ) / (2 μ²); only the deviation from it is tabulated, and only as far as there is one. The deviation is
 * a weighted mean of the k + 1 before it, so once those are negligible all later ones are.
 */
export class DecodeSteps {
  readonly #maxTokensPerStep: number;
  readonly #random: boolean;
  readonly #streamSeed: number;
  /** Mean of a step, and where the line begins. */
  readonly #meanTokens: number;
  readonly #lineStart: number;
  /** Probability of j + 1 tokens in a step. */
  readonly #shares: Float64Array;
  /** Deviation of M(n) from the line, for n from −k on. */
  readonly #deviations: number[] = [];
  /** Whether all later ones are negligible. */
  #onLine = false;
  /** Tokens of 2^i steps. */
  readonly #sums: TokenSum[];

  constructor(speculation: SpeculationPlan, seed: number) {
    const { draftTokens, random } = speculation;
    this.#maxTokensPerStep = draftTokens + 1;
    this.#random = random;
    this.#streamSeed = streamSeed(new Streams(seed).stream('speculation'));
    this.#shares = tokenShares(speculation);
    this.#sums = [new TokenSum(1, this.#shares)];
    const mean = meanTokensPerStep(speculation);
    let square = 0;
    this.#shares.forEach((share, j) => (square += share * (j + 1) * (j + 1)));
    this.#meanTokens = mean;
    this.#lineStart = (square - mean) / (2 * mean * mean);
    for (let tokens = -draftTokens; tokens <= 0; tokens++) this.#deviations.push(-this.#line(tokens));
  }

  /**
   * Steps in which a request generates `tokens` tokens.
   *
   * @param tokens at least 1
   * @param requestId its number in order of arrival
   */
  stepsFor(tokens: number, requestId: number, preemptions: number): number {
    const firstDraw = preemptions * DRAWS_PER_PREEMPTION;
    if (this.#random) return this.#drawnSteps(tokens, requestId, firstDraw);
    const steps = Math.floor(this.expectedSteps(tokens) + counterUniform(this.#streamSeed, requestId, firstDraw));
    // Rounding errors of the expectation must not leave the range of what can happen.
    return Math.min(tokens, Math.max(steps, Math.ceil(tokens / this.#maxTokensPerStep)));
  }

  /** M(n): the expected number of steps, to about 10⁻¹³ of itself. */
  expectedSteps(tokens: number): number {
    const at = tokens + this.#maxTokensPerStep - 1;
    while (!this.#onLine && this.#deviations.length <= at) this.#addDeviation();
    return this.#line(tokens) + (this.#deviations[at] ?? 0);
  }

  #line(tokens: number): number {
    return tokens / this.#meanTokens + this.#lineStart;
  }

  #addDeviation(): void {
    const deviations = this.#deviations;
    const next = deviations.length;
    let deviation = 0;
    let largest = 0;
    for (let j = 0; j < this.#maxTokensPerStep; j++) {
      const earlier = deviations[next - 1 - j]!;
      deviation += this.#shares[j]! * earlier;
      largest = Math.max(largest, Math.abs(earlier));
    }
    if (largest < NEGLIGIBLE_STEPS) this.#onLine = true;
    else deviations.push(deviation);
  }

  /**
   * The process itself, many steps at a time: as long as 2^i steps cannot yield more than what is missing, their sum is
   * drawn at once. So it takes a number of draws in proportion to the logarithm of the tokens, up to some ten thousand.
   */
  #drawnSteps(tokens: number, requestId: number, firstDraw: number): number {
    let steps = 0;
    let draw = firstDraw;
    for (let missing = tokens; missing > 0; draw++) {
      let doublings = 0;
      while (doublings < MAX_DOUBLINGS && this.#maxTokensPerStep * 2 * (1 << doublings) <= missing) doublings++;
      missing -= this.#sumOf(doublings).sample(counterUniform(this.#streamSeed, requestId, draw));
      steps += 1 << doublings;
    }
    return steps;
  }

  #sumOf(doublings: number): TokenSum {
    while (this.#sums.length <= doublings) this.#sums.push(this.#sums[this.#sums.length - 1]!.doubled());
    return this.#sums[doublings]!;
  }
}

/** p_j for j = 1 … k + 1: α^(j−1) (1 − α), and α^k for the last. */
function tokenShares({ draftTokens, acceptance }: SpeculationPlan): Float64Array {
  const shares = new Float64Array(draftTokens + 1);
  let reached = 1;
  for (let j = 0; j < draftTokens; j++) {
    shares[j] = reached * (1 - acceptance);
    reached *= acceptance;
  }
  shares[draftTokens] = reached;
  return shares;
}

/** The distribution of a number of tokens: `shares[i]` is the probability of `least + i`. */
class TokenSum {
  readonly #least: number;
  readonly #shares: Float64Array;
  /** Probability of at most `least + i`. */
  readonly #upTo: Float64Array;

  constructor(least: number, shares: Float64Array) {
    let first = 0;
    let last = shares.length - 1;
    for (let mass = shares[first]!; mass < NEGLIGIBLE_MASS; mass += shares[first]!) first++;
    for (let mass = shares[last]!; mass < NEGLIGIBLE_MASS; mass += shares[last]!) last--;
    this.#least = least + first;
    this.#shares = shares.slice(first, last + 1);
    let sum = 0;
    this.#upTo = this.#shares.map((share) => (sum += share));
  }

  /** @param uniform in (0, 1) */
  sample(uniform: number): number {
    const upTo = this.#upTo;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! > uniform) high = middle;
      else low = middle + 1;
    }
    return this.#least + low;
  }

  /** Of the sum of two independent ones. */
  doubled(): TokenSum {
    const shares = this.#shares;
    const sums = new Float64Array(2 * shares.length - 1);
    for (let a = 0; a < shares.length; a++) {
      for (let b = 0; b < shares.length; b++) sums[a + b]! += shares[a]! * shares[b]!;
    }
    return new TokenSum(2 * this.#least, sums);
  }
}

import type { EnginePlan } from './plan.ts';
import type { DecodePiece } from './ports.ts';
import type { ResourceTime } from './resource-time.ts';
import { MAX_SEGMENT_TICKS, type RequestIndex, type Ticks } from './units.ts';

/**
 * Shares of the decoding requests of one instance. In each step a request gets the same of the fixed ticks as the others, and
 * `ticksPerKvToken` for each token that it attends to: for one that attends to `level` + `growth` × j tokens in the j-th step
 * from a common base on, this is, summed over steps, Σ fixed share + level × Σ ticksPerKvToken + growth × Σ (ticksPerKvToken
 * × j). So three running sums serve all requests, and nobody is touched between the step in which he begins and his last one.
 *
 * The base is moved before a product could pass what a double counts exactly; only then everybody is.
 */
export class DecodeShares {
  readonly #time: ResourceTime;
  /** Most tokens that a request attends to, and that it generates in a step. */
  readonly #mostTokens: number;
  readonly #mostGrowth: number;
  /** Of a step of the present batch. */
  #fixedShare: Ticks = 0;
  #ticksPerKvToken: Ticks = 0;
  #baseStep = 0;
  #fixed: Ticks = 0;
  #perLevel = 0;
  #perGrowth = 0;

  constructor(time: ResourceTime, mostTokens: number, mostGrowth: number) {
    this.#time = time;
    this.#mostTokens = mostTokens;
    this.#mostGrowth = mostGrowth;
  }

  /** What decoding costs in the steps that come now. */
  price({ fixedTicks, ticksPerKvToken }: DecodePiece, seqs: number): void {
    this.#fixedShare = Math.floor(fixedTicks / seqs);
    this.#ticksPerKvToken = ticksPerKvToken;
  }

  /** Whether the sums stay exact over so many more steps after `step`. @param kvTokens of all together, at their end */
  canAdvance(steps: number, step: number, kvTokens: number): boolean {
    const fixed = Math.abs(this.#fixed) + steps * Math.abs(this.#fixedShare);
    const perLevel = this.#perLevel + steps * this.#ticksPerKvToken;
    return this.#isExact(fixed, perLevel, Math.min(kvTokens, this.#mostTokens), step + steps);
  }

  /** Whether the sums are exact for a request with so many tokens, too. */
  canBegin(computedTokens: number, step: number): boolean {
    return this.#isExact(Math.abs(this.#fixed), this.#perLevel, computedTokens + 1, step);
  }

  /** The instance has completed `step` steps and now completes some more. */
  advance(steps: number, step: number): void {
    const ticksPerKvToken = this.#ticksPerKvToken;
    this.#fixed += steps * this.#fixedShare;
    this.#perLevel += steps * ticksPerKvToken;
    this.#perGrowth += ticksPerKvToken * (steps * (step - this.#baseStep) + (steps * (steps - 1)) / 2);
  }

  /** A request decodes from step `fromStep` on, with so many tokens computed before it. */
  begin(request: RequestIndex, computedTokens: number, growth: number, fromStep: number): void {
    this.#time.begin(request, this.#sum(computedTokens, growth, fromStep));
  }

  /** It decodes no more, or the base moves. */
  end(request: RequestIndex, computedTokens: number, growth: number, fromStep: number): void {
    this.#time.end(request, this.#sum(computedTokens, growth, fromStep));
  }

  /** Count from `step` on; everybody must have ended before. */
  moveBase(step: number): void {
    this.#baseStep = step;
    this.#fixed = 0;
    this.#perLevel = 0;
    this.#perGrowth = 0;
  }

  /** A level lies at most `tokens` above 0, and what grew since the base below it. */
  #isExact(fixed: Ticks, perLevel: number, tokens: number, step: number): boolean {
    return fixed + perLevel * (tokens + 2 * this.#mostGrowth * (step - this.#baseStep)) <= MAX_SEGMENT_TICKS / 2;
  }

  #sum(computedTokens: number, growth: number, fromStep: number): Ticks {
    const level = computedTokens + 1 - growth * (fromStep - this.#baseStep);
    return this.#fixed + level * this.#perLevel + growth * this.#perGrowth;
  }
}

/** Undefined where nobody asks who caused what. */
export function decodeShares(
  time: ResourceTime | undefined,
  { maxModelTokens }: Pick<EnginePlan, 'maxModelTokens'>,
  { maxGrowth }: { readonly maxGrowth: number },
): DecodeShares | undefined {
  return time === undefined ? undefined : new DecodeShares(time, maxModelTokens, maxGrowth);
}

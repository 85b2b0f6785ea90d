import { grownFloats } from './columns.ts';
import type { DecodePiece, StepCost } from './ports.ts';
import type { PrefillChunks } from './prefill-chunks.ts';
import type { RequestIndex, Ticks } from './units.ts';
import { MAX_SEGMENT_TICKS, TICKS_PER_NS } from './units.ts';

/** Exact sums of ticks, one for each request in flight. */
class TickSums {
  /** What of a sum is no longer counted in ticks, … */
  #ns = new Float64Array(0);
  /** … and the rest. */
  #ticks = new Float64Array(0);

  add(request: RequestIndex, ticks: Ticks): void {
    if (request >= this.#ticks.length) this.#grow(request);
    const sum = this.#ticks[request]! + ticks;
    this.#ticks[request] = sum;
    if (Math.abs(sum) >= MAX_SEGMENT_TICKS) this.#putAside(request);
  }

  /** The sum of a request that leaves, rounded once; that of the next one in its row starts at 0. */
  take(request: RequestIndex): Ticks {
    if (request >= this.#ticks.length) return 0;
    const sum = this.#ns[request]! * TICKS_PER_NS + this.#ticks[request]!;
    this.#ns[request] = 0;
    this.#ticks[request] = 0;
    return sum;
  }

  #putAside(request: RequestIndex): void {
    const ns = Math.floor(this.#ticks[request]! / TICKS_PER_NS);
    this.#ns[request]! += ns;
    this.#ticks[request]! -= ns * TICKS_PER_NS;
  }

  #grow(request: RequestIndex): void {
    const rows = Math.max(1_024, 2 * request);
    this.#ns = grownFloats(this.#ns, rows);
    this.#ticks = grownFloats(this.#ticks, rows);
  }
}

/** Resource time: what each request in flight has had of the ticks of steps, on whatever instances. */
export class ResourceTime {
  readonly prefill = new TickSums();
  readonly decode = new TickSums();
  #weights = new Float64Array(8);

  /** Share the ticks that prompt chunks add to a step among them. @param computed tokens before the step, by request */
  shareAmong(chunks: PrefillChunks, computed: Int32Array, addedTicks: Ticks, stepCost: StepCost): void {
    const { count, requests, tokens } = chunks;
    if (count > this.#weights.length) this.#weights = new Float64Array(2 * count);
    const weights = this.#weights;
    let sum = 0;
    for (let chunk = 0; chunk < count; chunk++) {
      const weight = stepCost.chunkWeight(tokens[chunk]!, computed[requests[chunk]!]!);
      weights[chunk] = weight;
      sum += weight;
    }
    for (let chunk = 0; chunk < count; chunk++) {
      this.prefill.add(requests[chunk]!, Math.floor((addedTicks * weights[chunk]!) / sum));
    }
  }
}

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
  /** What the three sums came to for a request when it began. */
  #atBegin = new Float64Array(0);
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
    if (request >= this.#atBegin.length) this.#atBegin = grownFloats(this.#atBegin, Math.max(1_024, 2 * request));
    this.#atBegin[request] = this.#sum(computedTokens, growth, fromStep);
  }

  /** It decodes no more, or the base moves. */
  end(request: RequestIndex, computedTokens: number, growth: number, fromStep: number): void {
    this.#time.decode.add(request, this.#sum(computedTokens, growth, fromStep) - this.#atBegin[request]!);
    this.#atBegin[request] = 0;
  }

  /** Count from `step` on. Everybody must have ended before; from here on all of them begin at 0. */
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

import { assert } from './assert.ts';

/**
 * Paged KV memory of one instance, counted, not mapped. A decoding sequence takes a block every `blockTokens` steps, so
 * it is enough to know how many sequences are at each place of that cycle: the blocks that any number of steps will take
 * is then a closed form.
 */
export class KvBlocks {
  used = 0;
  readonly capacity: number;
  readonly blockTokens: number;
  /** Steps completed, modulo blockTokens. */
  #phase = 0;
  #decoding = 0;
  /** Decoding sequences by (tokens computed − steps completed) mod blockTokens, which stays constant while they decode. */
  readonly #byPhase: Int32Array;

  constructor(capacity: number, blockTokens: number) {
    this.capacity = capacity;
    this.blockTokens = blockTokens;
    this.#byPhase = new Int32Array(blockTokens);
  }

  get free(): number {
    return this.capacity - this.used;
  }

  blocksFor(tokens: number): number {
    return Math.floor((tokens + this.blockTokens - 1) / this.blockTokens);
  }

  take(blocks: number): void {
    this.used += blocks;
    assert(this.used <= this.capacity, 'more KV blocks are used than exist');
  }

  release(blocks: number): void {
    this.used -= blocks;
    assert(this.used >= 0, 'more KV blocks were returned than taken');
  }

  /** A sequence with that many computed tokens decodes from the next step on; answers its phase. */
  startDecoding(computedTokens: number): number {
    const phase = (computedTokens + this.blockTokens - this.#phase) % this.blockTokens;
    this.#byPhase[phase]!++;
    this.#decoding++;
    return phase;
  }

  stopDecoding(phase: number): void {
    this.#byPhase[phase]!--;
    this.#decoding--;
  }

  /** Blocks that the decoding sequences take in the next step. */
  blocksOfNextStep(): number {
    return this.#byPhase[this.#phaseTakingAt(0)]!;
  }

  /** Blocks that they take in the next `steps` steps. */
  blocksOfSteps(steps: number): number {
    const cycles = Math.floor(steps / this.blockTokens);
    let blocks = cycles * this.#decoding;
    for (let step = steps - cycles * this.blockTokens - 1; step >= 0; step--) {
      blocks += this.#byPhase[this.#phaseTakingAt(step)]!;
    }
    return blocks;
  }

  /** How many steps, at most `limit`, the free blocks last. */
  stepsThatFit(limit: number): number {
    const { free } = this;
    const cycles = Math.floor(free / this.#decoding);
    let steps = cycles * this.blockTokens;
    if (steps >= limit) return limit;
    let left = free - cycles * this.#decoding;
    for (let step = 0; steps < limit; step++, steps++) {
      left -= this.#byPhase[this.#phaseTakingAt(step)]!;
      if (left < 0) break;
    }
    return steps;
  }

  /** `steps` steps have been taken: their blocks are now held. */
  advance(steps: number): void {
    if (this.#decoding > 0) this.take(this.blocksOfSteps(steps));
    this.#phase = (this.#phase + steps) % this.blockTokens;
  }

  /** The phase whose sequences take a block in the step that follows `step` more steps (step < blockTokens). */
  #phaseTakingAt(step: number): number {
    return (2 * this.blockTokens - this.#phase - step) % this.blockTokens;
  }
}

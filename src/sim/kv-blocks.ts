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
  /** The phase whose sequences take a block in the next step; it falls by one with every step, around the cycle. */
  #phaseOfNextStep = 0;
  #decoding = 0;
  /** Decoding sequences by phase: (tokens computed − steps completed) mod blockTokens, constant while they decode. */
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
    const phase = (computedTokens + this.#phaseOfNextStep) % this.blockTokens;
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
    return this.#byPhase[this.#phaseOfNextStep]!;
  }

  /** Blocks that they take in the next `steps` steps. */
  blocksOfSteps(steps: number): number {
    const { blockTokens } = this;
    const cycles = Math.floor(steps / blockTokens);
    let blocks = cycles * this.#decoding;
    let phase = this.#phaseOfNextStep;
    for (let left = steps - cycles * blockTokens; left > 0; left--) {
      blocks += this.#byPhase[phase]!;
      phase = phase === 0 ? blockTokens - 1 : phase - 1;
    }
    return blocks;
  }

  /** How many steps, at most `limit`, the free blocks last; only while sequences decode. */
  stepsThatFit(limit: number): number {
    const { blockTokens, free } = this;
    const cycles = Math.floor(free / this.#decoding);
    let steps = cycles * blockTokens;
    if (steps >= limit) return limit;
    let left = free - cycles * this.#decoding;
    let phase = this.#phaseOfNextStep;
    for (; steps < limit; steps++) {
      left -= this.#byPhase[phase]!;
      if (left < 0) break;
      phase = phase === 0 ? blockTokens - 1 : phase - 1;
    }
    return steps;
  }

  /** `steps` steps have been taken: their blocks are now held. */
  advance(steps: number): void {
    const { blockTokens } = this;
    if (this.#decoding > 0) this.take(this.blocksOfSteps(steps));
    const phase = this.#phaseOfNextStep - (steps % blockTokens);
    this.#phaseOfNextStep = phase < 0 ? phase + blockTokens : phase;
  }
}

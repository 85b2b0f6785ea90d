import { assert } from './assert.ts';
import type { EnginePlan } from './plan.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { PromptPaths } from './prompt-paths.ts';
import type { RequestTable } from './request-table.ts';
import type { Ns, RequestIndex } from './units.ts';

/**
 * Paged KV memory of one instance, counted, not mapped. A decoding sequence takes a block every `blockTokens` steps, so
 * it is enough to know how many sequences are at each place of that cycle: the blocks that any number of steps will take
 * is then a closed form.
 */
export class KvBlocks {
  /** Blocks that somebody holds. */
  used = 0;
  /** Blocks found by the last `match`, and how many of them nobody holds: holding them makes them used. */
  hitBlocks = 0;
  freeHitBlocks = 0;
  readonly capacity: number;
  readonly blockTokens: number;
  readonly #requests: RequestTable;
  readonly #cache: PrefixCache | undefined;
  readonly #idleNs: Ns;
  /** Blocks promised to the next step of the decoding sequences; they are taken when it is over. */
  #reserved = 0;
  /** The phase whose sequences take a block in the next step; it falls by one with every step, around the cycle. */
  #phaseOfNextStep = 0;
  #decoding = 0;
  /** Decoding sequences by phase: (tokens computed − steps completed) mod blockTokens, constant while they decode. */
  readonly #byPhase: Int32Array;

  constructor(engine: EnginePlan, requests: RequestTable, paths: PromptPaths) {
    this.capacity = engine.kvBlocks;
    this.blockTokens = engine.blockTokens;
    this.#requests = requests;
    this.#cache = engine.prefixCaching ? new PrefixCache(paths, engine.blockTokens) : undefined;
    this.#idleNs = engine.prefixIdleNs;
    this.#byPhase = new Int32Array(engine.blockTokens);
  }

  /** Blocks that nobody holds and nobody was promised. */
  get free(): number {
    return this.capacity - this.used - this.#reserved;
  }

  blocksFor(tokens: number): number {
    return ((tokens + this.blockTokens - 1) / this.blockTokens) | 0;
  }

  /** Whether prefixes are forgotten when they have been idle too long. */
  get hasExpiry(): boolean {
    return this.#cache !== undefined && this.#idleNs > 0;
  }

  /** Forget those that have. */
  expire(nowNs: Ns): void {
    if (this.#cache !== undefined && this.#idleNs > 0) this.#cache.expire(nowNs - this.#idleNs);
  }

  /** When the prefix that has been idle longest expires. */
  get nextExpiryNs(): Ns {
    if (this.#cache === undefined || this.#idleNs === 0) return Infinity;
    return this.#cache.firstFreedNs + this.#idleNs;
  }

  /** Look for the beginning of a request that must compute `target` tokens: at least one is always computed. */
  match(request: RequestIndex, target: number): void {
    if (this.#cache === undefined) return;
    const limit = ((target - 1) / this.blockTokens) | 0;
    this.hitBlocks = this.#cache.match(this.#requests.path[request]!, limit);
    this.freeHitBlocks = this.#cache.matchedEvictableBlocks;
  }

  /** Hold what was found, and take blocks for a first chunk that ends at `untilTokens`. */
  admit(request: RequestIndex, untilTokens: number): void {
    this.#holdHits(request);
    this.extend(request, this.hitBlocks * this.blockTokens, untilTokens);
  }

  /** Hold what was found, and take blocks for `untilTokens` tokens whose content is still to come from elsewhere. */
  admitTransfer(request: RequestIndex, untilTokens: number): void {
    this.#holdHits(request);
    this.#take(this.blocksFor(untilTokens) - this.hitBlocks);
  }

  /** The content is there, and the block of the next token, if it is one of its own, is promised like any other. */
  join(request: RequestIndex, computedTokens: number): void {
    if (this.#cache !== undefined) this.#share(this.#cache, request, computedTokens);
    const blocks = this.blocksFor(computedTokens + 1) - this.blocksFor(computedTokens);
    this.used -= blocks;
    this.#reserved += blocks;
  }

  #holdHits(request: RequestIndex): void {
    if (this.#cache === undefined) return;
    this.#cache.hold(this.#requests.path[request]!, this.hitBlocks);
    this.used += this.freeHitBlocks;
    this.#requests.sharedBlocks[request] = this.hitBlocks;
  }

  /** Take the blocks for the tokens from `fromTokens` to `untilTokens` of a request. */
  extend(request: RequestIndex, fromTokens: number, untilTokens: number): void {
    this.#take(this.blocksFor(untilTokens) - this.blocksFor(fromTokens));
    if (this.#cache !== undefined) this.#share(this.#cache, request, untilTokens);
  }

  /** A request with that many computed tokens gives its blocks back. */
  letGo(request: RequestIndex, computedTokens: number, nowNs: Ns): void {
    const blocks = this.blocksFor(computedTokens);
    if (this.#cache === undefined) {
      this.used -= blocks;
    } else {
      const shared = this.#share(this.#cache, request, computedTokens);
      const alone = ((computedTokens / this.blockTokens) | 0) - shared;
      // What never expires need not be told apart by its time.
      const freedNs = this.#idleNs > 0 ? nowNs : 0;
      this.used -= blocks - shared + this.#cache.release(this.#requests.path[request]!, shared, alone, freedNs);
    }
    assert(this.used >= 0, 'more KV blocks were returned than taken');
  }

  #share(cache: PrefixCache, request: RequestIndex, computedTokens: number): number {
    const { path, sharedBlocks } = this.#requests;
    const complete = (computedTokens / this.blockTokens) | 0;
    const shared = cache.extend(path[request]!, sharedBlocks[request]!, complete);
    sharedBlocks[request] = shared;
    return shared;
  }

  #take(blocks: number): void {
    this.used += blocks;
    assert(this.used <= this.capacity, 'more KV blocks are used than exist');
    this.#makeRoom();
  }

  /** What is used and promised overwrites the prefixes that have been idle longest. */
  #makeRoom(): void {
    if (this.#cache !== undefined) this.#cache.leave(this.capacity - this.used - this.#reserved);
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

  /**
   * Promise the decoding sequences the blocks of their next step. Answers whether there are enough; if not, all the free
   * ones are as good as taken, and somebody has to let go of some.
   */
  reserveNextStep(): boolean {
    this.#reserved = 0;
    const blocks = this.#byPhase[this.#phaseOfNextStep]!;
    if (blocks > this.free) {
      this.#cache?.leave(0);
      return false;
    }
    this.#reserved = blocks;
    this.#makeRoom();
    return true;
  }

  /** Blocks that they take in the next `steps` steps. */
  blocksOfSteps(steps: number): number {
    const { blockTokens } = this;
    const cycles = steps < blockTokens ? 0 : Math.floor(steps / blockTokens);
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
    const { blockTokens } = this;
    const free = this.capacity - this.used;
    // Mostly there is far more than enough, and nothing has to be divided.
    if (free * blockTokens >= (limit + blockTokens) * this.#decoding) return limit;
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
    this.#reserved = 0;
    if (this.#decoding > 0) this.#take(this.blocksOfSteps(steps));
    const phase = this.#phaseOfNextStep - (steps < blockTokens ? steps : steps % blockTokens);
    this.#phaseOfNextStep = phase < 0 ? phase + blockTokens : phase;
  }
}

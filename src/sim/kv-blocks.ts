import { assert } from './assert.ts';
import { BlockCycles } from './block-cycle.ts';
import type { KvTiers } from './kv-tiers.ts';
import type { EnginePlan, PoolRole } from './plan.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { PromptPaths } from './prompt-paths.ts';
import { NONE, type RequestTable } from './request-table.ts';
import type { Ns, RequestIndex } from './units.ts';

/** Paged KV memory of one instance, counted, not mapped: the blocks that any number of steps will take is a closed form. */
export class KvBlocks {
  /** Blocks that somebody holds. */
  used = 0;
  /** Blocks found by the last `match`, and how many of them nobody holds: holding them makes them used. */
  hitBlocks = 0;
  freeHitBlocks = 0;
  readonly capacity: number;
  readonly blockTokens: number;
  /** Tokens that a decoding sequence computes in a step, at most. */
  readonly maxGrowth: number;
  /** Whether a request takes all its memory when it is admitted, and none later. */
  readonly grantsAll: boolean;
  /** Whether a request never holds blocks for tokens that are neither computed nor in the step in progress. */
  readonly #isPlain: boolean;
  /** What each is then granted; undefined: its own length. */
  readonly #grantedTokens: number | undefined;
  readonly #promptsOnly: boolean;
  readonly #requests: RequestTable;
  readonly #cache: PrefixCache | undefined;
  /** The same if its prefixes expire. */
  readonly #expiring: PrefixCache | undefined;
  readonly #tiers: KvTiers | undefined;
  readonly #idleNs: Ns;
  /** Blocks promised to the next step of the decoding sequences; they are taken when it is over. */
  #reserved = 0;
  /** Decoding sequences that take blocks as they go. */
  readonly #cycles: BlockCycles;

  constructor(engine: EnginePlan, role: PoolRole, requests: RequestTable, paths: PromptPaths, tiers?: KvTiers) {
    this.capacity = engine.kvBlocks;
    this.blockTokens = engine.blockTokens;
    this.grantsAll = engine.kvAllocation !== 'paged';
    this.#grantedTokens = engine.kvAllocation === 'maximum' ? engine.maxModelTokens : undefined;
    this.#promptsOnly = role === 'prefill';
    this.#tiers = tiers;
    this.#isPlain = !this.grantsAll && tiers === undefined;
    this.#requests = requests;
    this.#cache = engine.prefixCaching ? new PrefixCache(paths, engine.blockTokens) : undefined;
    this.#idleNs = engine.prefixIdleNs;
    this.#expiring = this.#idleNs > 0 ? this.#cache : undefined;
    // Prefill instances do not guess.
    this.maxGrowth = 1 + (role === 'prefill' ? 0 : (engine.speculation?.draftTokens ?? 0));
    this.#cycles = new BlockCycles(this.maxGrowth, engine.blockTokens);
  }

  /** Blocks that nobody holds and nobody was promised. */
  get free(): number {
    return this.capacity - this.used - this.#reserved;
  }

  blocksFor(tokens: number): number {
    return ((tokens + this.blockTokens - 1) / this.blockTokens) | 0;
  }

  /** Blocks of all that such a request is granted at admission; only if `grantsAll`. */
  grantedBlocks(promptTokens: number, outputTokens: number): number {
    if (this.#promptsOnly) return this.blocksFor(promptTokens);
    return this.blocksFor(this.#grantedTokens ?? promptTokens + outputTokens - 1);
  }

  /** Blocks that a request with that many computed tokens holds, or must find to be admitted with so many. */
  blocksOf(request: RequestIndex, tokens: number): number {
    if (this.#isPlain) return this.blocksFor(tokens);
    const { promptTokens, outputTokens, loadedUntil } = this.#requests;
    if (!this.grantsAll) return this.blocksFor(Math.max(tokens, loadedUntil[request]!));
    return this.grantedBlocks(promptTokens[request]!, outputTokens[request]!);
  }

  /** Whether prefixes are forgotten when they have been idle too long. */
  get hasExpiry(): boolean {
    return this.#expiring !== undefined;
  }

  /** Forget those that have. */
  expire(nowNs: Ns): void {
    if (this.#expiring !== undefined) this.#expiring.expire(nowNs - this.#idleNs);
  }

  /** Forget all that nobody holds. */
  forgetAll(): void {
    this.#cache?.expire(Infinity);
  }

  /** When the prefix that has been idle longest expires. */
  get nextExpiryNs(): Ns {
    return this.#expiring === undefined ? Infinity : this.#expiring.firstFreedNs + this.#idleNs;
  }

  /** Look for the beginning of a request that must compute `target` tokens: at least one is always computed. */
  match(request: RequestIndex, target: number): void {
    if (this.#cache === undefined) return;
    const path = this.#requests.path[request]!;
    if (path === NONE) {
      this.hitBlocks = 0;
      this.freeHitBlocks = 0;
      return;
    }
    this.hitBlocks = this.#cache.match(path, ((target - 1) / this.blockTokens) | 0);
    this.freeHitBlocks = this.#cache.matchedEvictableBlocks;
  }

  /**
   * Leading tokens of a prompt that are known here at a moment within a segment, when `usedBlocks` blocks are held. Whoever
   * looks changes nothing: those blocks will have been taken by the end of the segment, whenever that is.
   */
  cachedTokens(request: RequestIndex, usedBlocks: number, nowNs: Ns): number {
    if (this.#cache === undefined) return 0;
    const { path, promptTokens } = this.#requests;
    const limit = ((promptTokens[request]! - 1) / this.blockTokens) | 0;
    this.#cache.leave(this.capacity - usedBlocks);
    const expiredNs = this.#idleNs > 0 ? nowNs - this.#idleNs : -Infinity;
    return this.#cache.knownBlocks(path[request]!, limit, expiredNs) * this.blockTokens;
  }

  /** Hold what was found, and take blocks for a first chunk that ends at `untilTokens`. */
  admit(request: RequestIndex, untilTokens: number): void {
    this.#holdHits(request);
    this.#take(this.blocksOf(request, untilTokens) - this.hitBlocks);
    if (this.#cache !== undefined) this.#share(this.#cache, request, untilTokens);
  }

  /** Hold what was found, and take blocks for `untilTokens` tokens whose content is still to come from elsewhere. */
  admitTransfer(request: RequestIndex, untilTokens: number): void {
    this.#holdHits(request);
    this.#take(this.blocksOf(request, untilTokens) - this.hitBlocks);
  }

  /** Hold what was found, and take blocks for all tokens to compute: the first of them are read from elsewhere. */
  admitLoad(request: RequestIndex, untilTokens: number): void {
    this.#requests.loadedUntil[request] = untilTokens;
    this.admitTransfer(request, untilTokens);
  }

  /**
   * The content is there. What the first step needs, `growth` tokens, is promised like any other; the rest of the room that
   * was taken up to `untilTokens` is free again.
   */
  join(request: RequestIndex, computedTokens: number, untilTokens: number, growth: number): void {
    if (this.#cache !== undefined) this.#share(this.#cache, request, computedTokens);
    const blocks = this.blocksOf(request, computedTokens);
    this.used -= this.blocksOf(request, untilTokens) - blocks;
    this.#reserved += this.blocksOf(request, computedTokens + growth) - blocks;
  }

  #holdHits(request: RequestIndex): void {
    if (this.#cache === undefined) return;
    this.#requests.sharedBlocks[request] = this.hitBlocks;
    if (this.hitBlocks === 0) return;
    this.#cache.hold();
    this.used += this.freeHitBlocks;
  }

  /** Take the blocks for the tokens from `fromTokens` to `untilTokens` of a request. */
  extend(request: RequestIndex, fromTokens: number, untilTokens: number): void {
    this.#take(this.blocksOf(request, untilTokens) - this.blocksOf(request, fromTokens));
    if (this.#cache !== undefined) this.#share(this.#cache, request, untilTokens);
  }

  /** The same in the last of `steps` steps of the decoding sequences, which have overwritten idle prefixes before it. */
  extendBeside(steps: number, request: RequestIndex, fromTokens: number, untilTokens: number): void {
    const blocks = this.blocksOf(request, untilTokens) - this.blocksOf(request, fromTokens);
    this.takeAllBut(this.capacity - this.used - blocks - this.#cycles.allBlocksOfSteps(steps));
    this.extend(request, fromTokens, untilTokens);
  }

  /** A request with that many computed tokens gives its blocks back. */
  letGo(request: RequestIndex, computedTokens: number, nowNs: Ns): void {
    this.#giveBack(request, computedTokens, nowNs);
    if (this.#tiers !== undefined) this.#writeBack(this.#tiers, request, computedTokens, nowNs);
  }

  /** The same where the memory is lost: nothing is written to any tier. */
  lose(request: RequestIndex, computedTokens: number): void {
    this.#giveBack(request, computedTokens, 0);
    this.#requests.loadedUntil[request] = 0;
  }

  #giveBack(request: RequestIndex, computedTokens: number, nowNs: Ns): void {
    const blocks = this.blocksOf(request, computedTokens);
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

  /** Know the blocks of so many tokens of a request as if it had been served here alone, and had let go of them then. */
  warm(request: RequestIndex, tokens: number, usedNs: Ns): void {
    const cache = this.#cache;
    if (cache === undefined) return;
    const path = this.#requests.path[request]!;
    const complete = (tokens / this.blockTokens) | 0;
    const hits = cache.match(path, complete);
    cache.hold();
    cache.leave(this.capacity - this.blocksFor(tokens));
    const known = cache.extend(path, hits, complete);
    cache.release(path, known, complete - known, this.#idleNs > 0 ? usedNs : 0);
  }

  #writeBack(tiers: KvTiers, request: RequestIndex, computedTokens: number, nowNs: Ns): void {
    this.#requests.loadedUntil[request] = 0;
    tiers.writeBack(this.#requests.path[request]!, (computedTokens / this.blockTokens) | 0, nowNs);
  }

  #share(cache: PrefixCache, request: RequestIndex, computedTokens: number): number {
    const { path, sharedBlocks, sharedPiece } = this.#requests;
    if (path[request] === NONE) return 0;
    const complete = (computedTokens / this.blockTokens) | 0;
    const known = sharedBlocks[request]!;
    if (known >= complete) return known;
    const shared = cache.extend(path[request]!, known, complete, sharedPiece[request]);
    sharedBlocks[request] = shared;
    sharedPiece[request] = cache.extendedPiece;
    return shared;
  }

  #take(blocks: number): void {
    this.used += blocks;
    assert(this.used <= this.capacity, 'more KV blocks are used than exist');
    this.#makeRoom();
  }

  /** What is used and promised overwrites the prefixes that have been idle longest. */
  #makeRoom(): void {
    const cache = this.#cache;
    if (cache !== undefined && cache.evictableBlocks > 0) cache.leave(this.capacity - this.used - this.#reserved);
  }

  /** A sequence with that many computed tokens computes `growth` more in each of the next steps; answers its phase. */
  startDecoding(computedTokens: number, growth: number): number {
    return this.grantsAll ? 0 : this.#cycles.start(computedTokens, growth);
  }

  stopDecoding(phase: number, growth: number): void {
    if (!this.grantsAll) this.#cycles.stop(phase, growth);
  }

  /** Promise the decoding sequences the blocks of their next step; answers whether there are enough. */
  reserveNextStep(): boolean {
    this.#reserved = 0;
    const blocks = this.#cycles.allBlocksOfNextStep;
    if (blocks > this.free) return false;
    this.#reserved = blocks;
    this.#makeRoom();
    return true;
  }

  /** Whether the next step of the decoding sequences and `blocks` more are more than there are. */
  lacksForNextStep(blocks: number): boolean {
    return this.#cycles.allBlocksOfNextStep + blocks > this.capacity - this.used;
  }

  /** Whether `steps` steps of the decoding sequences and `blocks` more are no more than there are. */
  lastsSteps(steps: number, blocks: number): boolean {
    return this.#cycles.allBlocksOfSteps(steps) + blocks <= this.capacity - this.used;
  }

  /** Others take theirs first, or have taken them where there were not enough: so many are still free. */
  takeAllBut(blocks: number): void {
    this.#cache?.leave(blocks);
  }

  /** Blocks that they take in the next `steps` steps. */
  blocksOfSteps(steps: number): number {
    return this.#cycles.allBlocksOfSteps(steps);
  }

  /** How many steps, at most `limit`, the free blocks last; only while sequences decode. */
  stepsThatFit(limit: number): number {
    return this.#cycles.stepsThatFit(this.capacity - this.used, limit);
  }

  /** `steps` steps have been taken: their blocks are now held. */
  advance(steps: number): void {
    this.#reserved = 0;
    if (!this.#cycles.isEmpty) this.#take(this.#cycles.advanceAll(steps));
  }
}

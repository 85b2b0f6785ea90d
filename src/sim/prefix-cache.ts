import { assert } from './assert.ts';
import { CachePieces, DEEPER, FROM, HOLDERS, SHALLOWER, TO } from './cache-pieces.ts';
import { grownIntegers } from './columns.ts';
import type { PromptPaths } from './prompt-paths.ts';
import { NONE } from './request-table.ts';
import type { Ns } from './units.ts';

/** So many overwritten blocks may be remembered. */
const MAX_OVERWRITTEN_BLOCKS = 1_024;

/**
 * The KV blocks of one instance whose content is known, so that a later prompt with the same beginning need not compute
 * it again. Blocks are not listed one by one: the cached blocks of a stream lie in *pieces*, stretches that have the same
 * holders and were set free at the same moment. Work per request is a few pieces, whatever the length of its prompt.
 *
 * Pieces that nobody holds stand in the order in which they were set free, the end of a prompt before its beginning.
 * Memory is taken back from the front of that order, and from the end of a piece: what is left of a stream is always its
 * start. Block indices count from the start of the prompt.
 */
export class PrefixCache {
  /** Blocks that nobody holds but that still have their content. */
  evictableBlocks = 0;
  /** Blocks in the order of eviction: the ones beyond `evictableBlocks`, at its front, are overwritten already. */
  #queuedBlocks = 0;
  /** Of the blocks matched last, those that nobody held. */
  matchedEvictableBlocks = 0;
  /** The piece that the last `extend` has made longer or begun. */
  extendedPiece = NONE;
  readonly #paths: PromptPaths;
  readonly #blockTokens: number;
  /** Its logarithm to the base of 2 if that is whole, else −1. */
  readonly #blockShift: number;
  readonly #pieces = new CachePieces();
  /** The pieces that the last `match` has found, each with the block up to which it was wanted. */
  #found = new Int32Array(32);
  #foundNumbers = 0;
  /** The segments of a path while it is walked backwards. */
  #walked = new Int32Array(16);

  constructor(paths: PromptPaths, blockTokens: number) {
    this.#paths = paths;
    this.#blockTokens = blockTokens;
    const isPowerOfTwo = (blockTokens & (blockTokens - 1)) === 0;
    this.#blockShift = isPowerOfTwo ? 31 - Math.clz32(blockTokens) : -1;
  }

  /** How many leading blocks of the prompt, at most `limit`, are known here. */
  match(path: number, limit: number): number {
    const { rows } = this.#pieces;
    let matched = 0;
    let evictable = 0;
    this.#foundNumbers = 0;
    for (let segment = path; segment !== NONE && matched < limit; segment = this.#paths.next[segment]!) {
      const end = Math.min(this.#endBlock(segment), limit);
      let piece = this.#pieces.first(this.#paths.stream[segment]!);
      for (; piece !== NONE && rows[piece + FROM]! < end; piece = rows[piece + DEEPER]!) {
        const isEvictable = rows[piece + HOLDERS] === 0;
        if (isEvictable && this.#queuedBlocks > this.evictableBlocks) {
          this.#settle();
          return this.match(path, limit);
        }
        matched = Math.min(rows[piece + TO]!, end);
        if (isEvictable) evictable += matched - rows[piece + FROM]!;
        this.#find(piece, end);
      }
      if (matched < end) break;
    }
    this.matchedEvictableBlocks = evictable;
    return matched;
  }

  /** How many leading blocks, at most `limit`, are known and were not set free at `expiredNs` or before. */
  knownBlocks(path: number, limit: number, expiredNs: Ns): number {
    const { rows } = this.#pieces;
    let known = 0;
    for (let segment = path; segment !== NONE && known < limit; segment = this.#paths.next[segment]!) {
      const end = Math.min(this.#endBlock(segment), limit);
      let piece = this.#pieces.first(this.#paths.stream[segment]!);
      for (; piece !== NONE && rows[piece + FROM]! < end; piece = rows[piece + DEEPER]!) {
        if (rows[piece + HOLDERS] === 0) {
          if (this.#queuedBlocks > this.evictableBlocks) {
            this.#settle();
            return this.knownBlocks(path, limit, expiredNs);
          }
          if (this.#pieces.freedNs(piece) <= expiredNs) return known;
        }
        known = Math.min(rows[piece + TO]!, end);
      }
      if (known < end) break;
    }
    return known;
  }

  #find(piece: number, end: number): void {
    const at = this.#foundNumbers;
    if (at === this.#found.length) this.#found = grownIntegers(this.#found, 2 * at);
    this.#found[at] = piece;
    this.#found[at + 1] = end;
    this.#foundNumbers = at + 2;
  }

  /** Hold what the last `match` has found; nothing may have happened since. */
  hold(): void {
    const pieces = this.#pieces;
    for (let at = 0; at < this.#foundNumbers; at += 2) {
      const piece = this.#found[at]!;
      const end = this.#found[at + 1]!;
      if (pieces.rows[piece + TO]! > end) pieces.split(piece, end);
      if (pieces.rows[piece + HOLDERS] === 0) {
        pieces.unqueue(piece);
        this.#dequeued(pieces.sizeOf(piece));
      }
      pieces.rows[piece + HOLDERS]!++;
    }
  }

  /**
   * A request whose first `shared` blocks are the known ones has its blocks up to `until` in memory: make them known, as
   * far as no other copy is. Answers how many leading blocks of it are now the known ones.
   *
   * @param piece the one it has extended before, which most probably goes on, or NONE
   */
  extend(path: number, shared: number, until: number, piece = NONE): number {
    const pieces = this.#pieces;
    this.extendedPiece = piece;
    let known = shared;
    for (let segment = path; segment !== NONE && known < until; segment = this.#paths.next[segment]!) {
      const end = Math.min(this.#endBlock(segment), until);
      if (end <= known) continue;
      const stream = this.#paths.stream[segment]!;
      if (!pieces.lengthen(this.extendedPiece, stream, known, end)) {
        let last = pieces.last(stream);
        if (last !== NONE && pieces.rows[last + HOLDERS] === 0) {
          this.#settle();
          last = pieces.last(stream);
        }
        if (last !== NONE && pieces.rows[last + TO] !== known) return known;
        // It holds all known blocks before its own, so a single holder of the last piece is this request.
        this.extendedPiece = pieces.lengthen(last, stream, known, end) ? last : pieces.append(stream, known, end);
      }
      known = end;
    }
    return known;
  }

  /**
   * A request lets go of its blocks, the last first: `unnamed` complete ones that are only its own, then the first `shared`
   * of its prompt. Answers how many of the shared ones nobody holds any more.
   */
  release(path: number, shared: number, unnamed: number, nowNs: Ns): number {
    const pieces = this.#pieces;
    // With nothing before them in the order of eviction they would be taken first in any case: as good as blank.
    const queued = this.evictableBlocks === 0 ? 0 : unnamed;
    if (queued > 0) pieces.queueUnnamed(queued, nowNs);
    const { rows } = pieces;
    let freed = 0;
    for (let at = this.#walk(path, shared) - 1; at >= 0; at--) {
      const segment = this.#walked[at]!;
      const end = Math.min(this.#endBlock(segment), shared);
      let piece = pieces.last(this.#paths.stream[segment]!);
      while (piece !== NONE && rows[piece + FROM]! >= end) piece = rows[piece + SHALLOWER]!;
      while (piece !== NONE) {
        const shallower = rows[piece + SHALLOWER]!;
        assert(rows[piece + HOLDERS]! > 0 && rows[piece + TO]! <= end, 'a request lets go of blocks it does not hold');
        if (--rows[piece + HOLDERS]! === 0) {
          freed += pieces.sizeOf(piece);
          pieces.queue(piece, nowNs);
        }
        piece = shallower;
      }
    }
    this.evictableBlocks += freed + queued;
    this.#queuedBlocks += freed + queued;
    if (this.#queuedBlocks > 2 * this.evictableBlocks + MAX_OVERWRITTEN_BLOCKS) this.#settle();
    return freed;
  }

  /** There is memory for no more than so many blocks that nobody holds: the ones set free longest ago are overwritten. */
  leave(blocks: number): void {
    assert(blocks >= 0, 'more blocks are taken than are free');
    if (blocks < this.evictableBlocks) this.evictableBlocks = blocks;
  }

  /**
   * Forget what is overwritten. That can wait until somebody looks at blocks that nobody holds: the others cannot be
   * overwritten, and blocks that are set free meanwhile stand behind.
   */
  #settle(): void {
    const pieces = this.#pieces;
    let left = this.#queuedBlocks - this.evictableBlocks;
    this.#queuedBlocks = this.evictableBlocks;
    while (left > 0) {
      const size = pieces.sizeOf(pieces.firstOut);
      if (size > left) {
        pieces.rows[pieces.firstOut + TO]! -= left;
        return;
      }
      left -= size;
      pieces.dropFirstOut();
    }
  }

  /** When the content that will be evicted first was set free; Infinity when there is none. */
  get firstFreedNs(): Ns {
    this.#settle();
    const { firstOut } = this.#pieces;
    return firstOut === NONE ? Infinity : this.#pieces.freedNs(firstOut);
  }

  /** Forget what was set free at that moment or before. */
  expire(untilNs: Ns): void {
    this.#settle();
    const pieces = this.#pieces;
    while (pieces.firstOut !== NONE && pieces.freedNs(pieces.firstOut) <= untilNs) {
      this.#dequeued(pieces.sizeOf(pieces.firstOut));
      pieces.dropFirstOut();
    }
  }

  #dequeued(blocks: number): void {
    this.evictableBlocks -= blocks;
    this.#queuedBlocks -= blocks;
  }

  /** Note the segments that have shared blocks; answers how many. */
  #walk(path: number, shared: number): number {
    let count = 0;
    for (let segment = path, start = 0; segment !== NONE && start < shared; segment = this.#paths.next[segment]!) {
      if (count === this.#walked.length) this.#walked = grownIntegers(this.#walked, 2 * count);
      this.#walked[count++] = segment;
      start = this.#endBlock(segment);
    }
    return count;
  }

  /** The block after the last that the segment completes. */
  #endBlock(segment: number): number {
    const token = this.#paths.endToken[segment]!;
    return this.#blockShift < 0 ? (token / this.#blockTokens) | 0 : token >> this.#blockShift;
  }
}

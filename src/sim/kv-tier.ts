import type { KvTierPlan } from './plan.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { PromptPaths } from './prompt-paths.ts';
import type { Ns } from './units.ts';

/**
 * One store of KV blocks beside the accelerators' memory. What it knows is a prefix cache in which nobody holds anything;
 * what is read and what is written is carried by two links that do not disturb each other.
 */
export class KvTier {
  readonly plan: KvTierPlan;
  readonly #cache: PrefixCache;
  /** When all that was asked for has been read, and all that was given to it is written. */
  #readFreeNs: Ns = 0;
  #writeFreeNs: Ns = 0;

  constructor(plan: KvTierPlan, paths: PromptPaths, blockTokens: number) {
    this.plan = plan;
    this.#cache = new PrefixCache(paths, blockTokens);
  }

  /** It is empty, and nothing is on its way. */
  startAfresh(): void {
    this.#cache.expire(Infinity);
    this.#readFreeNs = 0;
    this.#writeFreeNs = 0;
  }

  /** How many leading blocks of a prompt, at most `limit`, it knows. */
  match(path: number, limit: number, nowNs: Ns): number {
    if (this.plan.idleNs > 0) this.#cache.expire(nowNs - this.plan.idleNs);
    return this.#cache.match(path, limit);
  }

  /** How long it takes from now until so many blocks have been read. */
  readingNs(blocks: number, nowNs: Ns): Ns {
    return Math.max(this.#readFreeNs - nowNs, 0) + this.#carryingNs(blocks, this.plan.readGBPerS) + this.plan.latencyNs;
  }

  /** Read the last `blocks` of the first `known` blocks of a prompt; answers when that will be over. */
  read(path: number, known: number, blocks: number, nowNs: Ns): Ns {
    this.match(path, known, nowNs);
    this.#use(path, known, known, nowNs);
    this.#readFreeNs = Math.max(this.#readFreeNs, nowNs) + this.#carryingNs(blocks, this.plan.readGBPerS);
    return this.#readFreeNs + this.plan.latencyNs;
  }

  /** A request lets go of that many complete blocks. Answers how many are written, because they were not known. */
  writeBack(path: number, complete: number, nowNs: Ns): number {
    const known = this.match(path, complete, nowNs);
    const keeps = Math.max(this.#writeFreeNs - nowNs, 0) <= this.plan.maxWriteQueueNs;
    const written = this.#use(path, known, keeps ? complete : known, nowNs) - known;
    if (written > 0) {
      this.#writeFreeNs = Math.max(this.#writeFreeNs, nowNs) + this.#carryingNs(written, this.plan.writeGBPerS);
    }
    return written;
  }

  /** Put the first `known` blocks of a prompt, and those up to `until` that have a name, behind all others; answers how many. */
  #use(path: number, known: number, until: number, nowNs: Ns): number {
    const cache = this.#cache;
    cache.hold();
    const used = cache.extend(path, known, until);
    // What never expires need not be told apart by its time.
    cache.release(path, used, 0, this.plan.idleNs > 0 ? nowNs : 0);
    cache.leave(this.plan.capacityBlocks);
    return used;
  }

  #carryingNs(blocks: number, gbPerS: number): Ns {
    return Math.ceil((blocks * this.plan.blockBytes) / gbPerS);
  }
}

import type { KvTierPlan } from '../../src/sim/plan.ts';

/** So many of a request's first blocks can be had from a store that has more of them than whatever was asked before. */
export interface Read {
  readonly store: ReferenceStore;
  readonly leadingBlocks: number;
  readonly newBlocks: number;
}

/** One tier of KV: of one instance, or of all instances of a pool. */
export class ReferenceStore {
  readonly plan: KvTierPlan;
  /** When each block was used last, the one used longest ago first. */
  readonly #lastUsesNs = new Map<string, number>();
  /** When all that was asked for so far has been sent. */
  #readFreeNs = 0;
  #writeFreeNs = 0;

  constructor(plan: KvTierPlan) {
    this.plan = plan;
  }

  forgetEverything(): void {
    this.#lastUsesNs.clear();
    this.#readFreeNs = 0;
    this.#writeFreeNs = 0;
  }

  /** How many of these blocks, from the first on, it knows. */
  leadingBlocks(names: readonly string[], nowNs: number): number {
    this.#expire(nowNs);
    const unknown = names.findIndex((name) => !this.#lastUsesNs.has(name));
    return unknown < 0 ? names.length : unknown;
  }

  /** Keep the blocks of this chain, if it can be written soon enough; answer how many are written. */
  writeBack(chain: readonly string[], nowNs: number): number {
    const known = this.leadingBlocks(chain, nowNs);
    if (this.#writeFreeNs - nowNs > this.plan.maxWriteQueueNs) {
      this.#use(chain.slice(0, known), nowNs);
      return 0;
    }
    const written = chain.length - known;
    this.#writeFreeNs = Math.max(this.#writeFreeNs, nowNs) + this.#ns(written, this.plan.writeGBPerS);
    this.#use(chain, nowNs);
    return written;
  }

  /** From now until so many blocks are there. */
  readNs(blocks: number, nowNs: number): number {
    const queueNs = Math.max(this.#readFreeNs - nowNs, 0);
    return queueNs + this.#ns(blocks, this.plan.readGBPerS) + this.plan.latencyNs;
  }

  /** Begin to read the last of these blocks as soon as possible; answer when they are there. */
  read(names: readonly string[], newBlocks: number, nowNs: number): number {
    this.#expire(nowNs);
    this.#readFreeNs = Math.max(this.#readFreeNs, nowNs) + this.#ns(newBlocks, this.plan.readGBPerS);
    this.#use(names, nowNs);
    return this.#readFreeNs + this.plan.latencyNs;
  }

  #ns(blocks: number, gbPerS: number): number {
    return Math.ceil((blocks * this.plan.blockBytes) / gbPerS);
  }

  #use(names: readonly string[], nowNs: number): void {
    for (const name of names.toReversed()) {
      this.#lastUsesNs.delete(name);
      this.#lastUsesNs.set(name, nowNs);
    }
    for (const name of this.#lastUsesNs.keys()) {
      if (this.#lastUsesNs.size <= this.plan.capacityBlocks) return;
      this.#lastUsesNs.delete(name);
    }
  }

  #expire(nowNs: number): void {
    const { idleNs } = this.plan;
    if (idleNs === 0) return;
    for (const [name, lastUseNs] of this.#lastUsesNs) {
      if (lastUseNs <= nowNs - idleNs) this.#lastUsesNs.delete(name);
    }
  }
}

/**
 * What to read rather than compute, store after store.
 *
 * @param names of the blocks that the request could begin with
 * @param hits how many of them are in the instance's memory
 * @param computeNs how long so many blocks take when so many before them are computed
 */
export function readsOf(
  stores: readonly ReferenceStore[],
  names: readonly string[],
  hits: number,
  nowNs: number,
  computeNs: (blocks: number, computedBlocks: number) => number,
): readonly Read[] {
  const reads: Read[] = [];
  let blocks = hits;
  for (const store of stores) {
    const leadingBlocks = store.leadingBlocks(names, nowNs);
    const newBlocks = leadingBlocks - blocks;
    if (newBlocks <= 0) continue;
    if (store.readNs(newBlocks, nowNs) >= computeNs(newBlocks, blocks)) break;
    reads.push({ store, leadingBlocks, newBlocks });
    blocks = leadingBlocks;
  }
  return reads;
}

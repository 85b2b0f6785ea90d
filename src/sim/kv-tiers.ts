import type { KvTier } from './kv-tier.ts';
import type { KvTierKind } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { PrefillBatch, StepCost } from './ports.ts';
import { TICKS_PER_NS, type Ns } from './units.ts';

/** The stores that one instance reads from and writes to, fastest first; some it may share with others of its pool. */
export class KvTiers {
  readonly #tiers: readonly KvTier[];
  readonly #blockTokens: number;
  readonly #stepCost: StepCost;
  readonly #counters: PoolCounters;
  /** A prompt chunk on its own. */
  readonly #chunk: PrefillBatch = {
    decodeSeqs: 0,
    kvTokens: 0,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock: 1,
    capWatts: Infinity,
  };
  /** By tier, the leading blocks that the last look found worth having up to there; 0 where nothing is read. */
  readonly #worth: Int32Array;

  constructor(tiers: readonly KvTier[], blockTokens: number, stepCost: StepCost, counters: PoolCounters) {
    this.#tiers = tiers;
    this.#blockTokens = blockTokens;
    this.#stepCost = stepCost;
    this.#counters = counters;
    this.#worth = new Int32Array(tiers.length);
  }

  setPower(clock: number, capWatts: number): void {
    this.#chunk.clock = clock;
    this.#chunk.capWatts = capWatts;
  }

  /** The instance has been switched on: only what it shares with others is still there. */
  startAfresh(): void {
    for (const tier of this.#tiers) if (tier.plan.scope === 'instance') tier.startAfresh();
  }

  /**
   * How many leading blocks of a prompt, at most `limit`, there will be when all has been read that is sooner read than
   * computed; `hits` of them are in the instance's memory.
   */
  lookUp(path: number, hits: number, limit: number, nowNs: Ns): number {
    let found = hits;
    const worth = this.#worth;
    for (let index = 0; index < worth.length; index++) worth[index] = 0;
    for (let index = 0; index < worth.length; index++) {
      const tier = this.#tiers[index]!;
      const known = tier.match(path, limit, nowNs);
      if (known <= found) continue;
      if (tier.readingNs(known - found, nowNs) >= this.#computingNs(found, known)) return found;
      worth[index] = known;
      found = known;
    }
    return found;
  }

  /** Ask for what the last look found; answers when all of it will be there. */
  read(path: number, hits: number, nowNs: Ns): Ns {
    let found = hits;
    let endNs = nowNs;
    for (let index = 0; index < this.#tiers.length; index++) {
      const known = this.#worth[index]!;
      if (known === 0) continue;
      const tier = this.#tiers[index]!;
      endNs = Math.max(endNs, tier.read(path, known, known - found, nowNs));
      this.#countRead(tier.plan.kind, known - found);
      found = known;
    }
    return endNs;
  }

  /** A request lets go of that many complete blocks. */
  writeBack(path: number, complete: number, nowNs: Ns): void {
    for (let index = 0; index < this.#tiers.length; index++) {
      const tier = this.#tiers[index]!;
      const written = tier.writeBack(path, complete, nowNs);
      if (written > 0) this.#countWritten(tier.plan.kind, written);
    }
  }

  /** To compute the blocks from `from` to `until` of a prompt, in a step of its own. */
  #computingNs(from: number, until: number): Ns {
    const computed = from * this.#blockTokens;
    const tokens = (until - from) * this.#blockTokens;
    const chunk = this.#chunk;
    chunk.prefillTokens = tokens;
    chunk.prefillPairs = tokens * computed + (tokens * (tokens + 1)) / 2;
    chunk.prefillContextTokens = computed;
    return Math.floor(this.#stepCost.prefillStepTicks(chunk) / TICKS_PER_NS);
  }

  #countRead(kind: KvTierKind, blocks: number): void {
    const counters = this.#counters;
    if (kind === 'dram') counters.dramReadBlocks += blocks;
    else if (kind === 'ssd') counters.ssdReadBlocks += blocks;
    else counters.remoteReadBlocks += blocks;
  }

  #countWritten(kind: KvTierKind, blocks: number): void {
    const counters = this.#counters;
    if (kind === 'dram') counters.dramWrittenBlocks += blocks;
    else if (kind === 'ssd') counters.ssdWrittenBlocks += blocks;
    else counters.remoteWrittenBlocks += blocks;
  }
}

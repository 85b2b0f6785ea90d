import type { EnginePlan } from '../../src/sim/plan.ts';

/** The first `tokens` tokens of a stream of the request's workload. */
export interface Segment {
  readonly stream: number;
  readonly tokens: number;
}

export interface Block {
  /** Where others find its content; undefined as long as nobody can. */
  name: string | undefined;
  holders: number;
  letGoNs: number;
}

/** What the memory needs to know of a request. */
export interface BlockHolder {
  readonly workload: number;
  readonly promptTokens: number;
  readonly path: readonly Segment[];
  /** Tokens in the KV cache. */
  computed: number;
  blocks: Block[];
  /** So many of its first blocks are the known ones of their names. */
  shared: number;
}

/** The blocks of one instance, every one an object from the moment it is taken until it is blank again. */
export class ReferenceKv {
  readonly #engine: EnginePlan;
  #blank: number;
  /** Blocks with content that nobody holds; the first is the next to lose it. */
  readonly #orderOfEviction: Block[] = [];
  readonly #known = new Map<string, Block>();

  constructor(engine: EnginePlan) {
    this.#engine = engine;
    this.#blank = engine.kvBlocks;
  }

  get freeBlocks(): number {
    return this.#blank + this.#orderOfEviction.length;
  }

  get usedBlocks(): number {
    return this.#engine.kvBlocks - this.freeBlocks;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.#engine.blockTokens);
  }

  /** The blocks that a request can start from when it is to compute up to `target` tokens. */
  hits(holder: BlockHolder, target: number): readonly Block[] {
    const hits: Block[] = [];
    for (const name of this.namesBefore(holder, target - 1)) {
      const block = this.#known.get(name);
      if (block === undefined) break;
      hits.push(block);
    }
    return hits;
  }

  /** Leading tokens of a prompt that a request could start from now; whoever only asks lets nothing expire. */
  cachedTokens(holder: BlockHolder, nowNs: number): number {
    const { prefixIdleNs, blockTokens } = this.#engine;
    const expired = ({ holders, letGoNs }: Block) =>
      prefixIdleNs > 0 && holders === 0 && letGoNs <= nowNs - prefixIdleNs;
    const hits = this.hits(holder, holder.promptTokens);
    const first = hits.findIndex(expired);
    return (first < 0 ? hits.length : first) * blockTokens;
  }

  /** The names of the blocks that are complete with so many tokens, from the first on, as long as they have one. */
  namesBefore(holder: BlockHolder, tokens: number): readonly string[] {
    const most = Math.floor(tokens / this.#engine.blockTokens);
    const names: string[] = [];
    while (names.length < most) {
      const name = this.#nameOf(holder, names.length);
      if (name === undefined) break;
      names.push(name);
    }
    return names;
  }

  /** Give a request that has no blocks its hits. */
  holdHits(holder: BlockHolder, hits: readonly Block[]): void {
    for (const block of hits) {
      if (block.holders === 0) this.#orderOfEviction.splice(this.#orderOfEviction.indexOf(block), 1);
      block.holders += 1;
    }
    holder.blocks = [...hits];
    holder.shared = hits.length;
    holder.computed = hits.length * this.#engine.blockTokens;
  }

  take(holder: BlockHolder, blocks: number): void {
    for (let i = 0; i < blocks; i++) {
      if (this.#blank > 0) this.#blank -= 1;
      else this.#forget(this.#orderOfEviction.shift()!);
      holder.blocks.push({ name: undefined, holders: 1, letGoNs: 0 });
    }
  }

  /** What a request has taken last, and will not need at once, is as if it had not been taken. */
  giveBackAllBut(holder: BlockHolder, blocks: number): void {
    this.#blank += Math.max(0, holder.blocks.length - blocks);
    holder.blocks.length = Math.min(holder.blocks.length, blocks);
  }

  /** Let others find the request's blocks that its first `computed` tokens fill. */
  makeKnown(holder: BlockHolder, computed: number): void {
    while ((holder.shared + 1) * this.#engine.blockTokens <= computed) {
      const name = this.#nameOf(holder, holder.shared);
      if (name === undefined || this.#known.has(name)) return;
      const block = holder.blocks[holder.shared]!;
      block.name = name;
      this.#known.set(name, block);
      holder.shared += 1;
    }
  }

  /** The request lets go of all its blocks, and its computed tokens are none. Answer how many nobody holds any more. */
  letGo(holder: BlockHolder, nowNs: number): number {
    const { prefixCaching, blockTokens } = this.#engine;
    const freeBlocks = this.freeBlocks;
    this.makeKnown(holder, holder.computed);
    for (let k = holder.blocks.length - 1; k >= 0; k--) {
      const block = holder.blocks[k]!;
      block.holders -= 1;
      if (block.holders > 0) continue;
      block.letGoNs = nowNs;
      const isComplete = (k + 1) * blockTokens <= holder.computed;
      if (prefixCaching && isComplete) this.#orderOfEviction.push(block);
      else this.#blank += 1;
    }
    holder.blocks = [];
    holder.shared = 0;
    holder.computed = 0;
    return this.freeBlocks - freeBlocks;
  }

  /** A request that nobody is beside takes its blocks, computes its prompt and is gone. */
  serveAlone(holder: BlockHolder, usedNs: number): void {
    if (!this.#engine.prefixCaching) return;
    this.holdHits(holder, this.hits(holder, holder.promptTokens + 1));
    this.take(holder, this.blocksFor(holder.promptTokens) - holder.blocks.length);
    holder.computed = holder.promptTokens;
    this.letGo(holder, usedNs);
  }

  /** What nobody has held for too long becomes blank. */
  expire(nowNs: number): void {
    const { prefixIdleNs } = this.#engine;
    if (prefixIdleNs === 0) return;
    for (const block of this.#orderOfEviction.filter(({ letGoNs }) => letGoNs <= nowNs - prefixIdleNs)) {
      this.#orderOfEviction.splice(this.#orderOfEviction.indexOf(block), 1);
      this.#forget(block);
      this.#blank += 1;
    }
  }

  #forget(block: Block): void {
    if (block.name !== undefined) this.#known.delete(block.name);
  }

  /** By the stream that holds the block's last token. */
  #nameOf({ workload, promptTokens, path }: BlockHolder, k: number): string | undefined {
    if (!this.#engine.prefixCaching) return undefined;
    const lastToken = (k + 1) * this.#engine.blockTokens - 1;
    let end = 0;
    for (const { stream, tokens } of path) {
      end += tokens;
      if (lastToken < end) return `${workload}:${stream}/${k}`;
    }
    const last = path.at(-1);
    if (last === undefined || end < promptTokens) return undefined;
    return `${workload}:${last.stream}/${k}`;
  }
}

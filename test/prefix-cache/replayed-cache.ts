import { PrefixCache } from '../../src/sim/prefix-cache.ts';
import { PromptPaths } from '../../src/sim/prompt-paths.ts';
import { NONE } from '../../src/sim/request-table.ts';

export interface Prompt {
  readonly promptTokens: number;
  /** Streams, and the token after the last of each. */
  readonly streams: readonly number[];
  readonly ends: readonly number[];
}

/** A prefix cache on its own: prompts come one at a time, look up their blocks, leave theirs, and are gone. */
export class ReplayedCache {
  hitBlocks = 0;
  /** All blocks asked for, incomplete ones included, as the traces count them. */
  blocks = 0;
  promptTokens = 0;
  readonly #paths = new PromptPaths();
  readonly #cache: PrefixCache;
  readonly #blockTokens: number;
  readonly #capacityBlocks: number;

  constructor(blockTokens: number, capacityBlocks = Infinity) {
    this.#blockTokens = blockTokens;
    this.#capacityBlocks = capacityBlocks;
    this.#cache = new PrefixCache(this.#paths, blockTokens);
  }

  get hitTokens(): number {
    return this.hitBlocks * this.#blockTokens;
  }

  /** The prompt is let go at `untilNs`: what it found and what it brought count as used last then. */
  serve({ promptTokens, streams, ends }: Prompt, untilNs: number): void {
    let path = NONE;
    for (let k = 0, last = NONE; k < streams.length; k++) {
      last = this.#paths.append(last, streams[k]!, ends[k]!);
      if (k === 0) path = last;
    }
    const complete = Math.floor(promptTokens / this.#blockTokens);
    const hits = this.#cache.match(path, complete);
    this.#cache.hold();
    const known = this.#cache.extend(path, hits, complete);
    // In the traces an incomplete block has an id, too, and takes the room of one.
    const blocks = Math.ceil(promptTokens / this.#blockTokens);
    this.#cache.release(path, known, blocks - known, untilNs);
    this.#paths.release(path);
    this.#cache.leave(this.#capacityBlocks);
    this.hitBlocks += hits;
    this.blocks += blocks;
    this.promptTokens += promptTokens;
  }

  /** Forget what was let go before that. */
  expire(beforeNs: number): void {
    this.#cache.expire(beforeNs);
  }
}

/** What one block of a stream was used for last. */
interface StreamBlocks {
  /** Index of the first block that this array holds. */
  readonly first: number;
  /** Place in the order of use, or GONE; and when its latest use ended. */
  readonly places: number[];
  readonly endsNs: number[];
}

const GONE = -1;
/** Blocks remembered at most; what comes later is not counted. */
const MOST_BLOCKS = 8_000_000;

/** A prompt: streams (each names its whole past) and the token after the last of each; the rest is its own. */
export interface ReusedPrompt {
  readonly arrivalNs: number;
  /** When its answer is complete. */
  readonly endNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly streams: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Which share of the prompt tokens one prefix cache would find, for several sizes (least recently used blocks leave) and
 * idle times (blocks leave so long after the end of their latest use) at once. A hit is an unbroken run of blocks from
 * the start of the prompt. By stack distance (R. L. Mattson et al., 1970), all sizes in one pass.
 */
export class PrefixReuse {
  readonly #blockTokens: number;
  readonly #sizesTokens: readonly number[];
  readonly #idleNs: readonly number[];
  readonly #streams = new Map<string, StreamBlocks>();
  readonly #order: UseOrder;
  readonly #hitsBySize: number[];
  readonly #hitsByIdle: number[];
  #hits = 0;
  #promptTokens = 0;
  #prompts = 0;
  #blocks = 0;

  /** @param sizesTokens sizes of the cache, in tokens; @param idleNs idle times */
  constructor(blockTokens: number, sizesTokens: readonly number[], idleNs: readonly number[]) {
    this.#blockTokens = blockTokens;
    this.#sizesTokens = sizesTokens;
    this.#idleNs = idleNs;
    this.#order = new UseOrder(Math.ceil(Math.max(0, ...sizesTokens) / blockTokens));
    this.#hitsBySize = sizesTokens.map(() => 0);
    this.#hitsByIdle = idleNs.map(() => 0);
  }

  /** Prompts counted so far: all, unless there are too many different blocks to remember. */
  get prompts(): number {
    return this.#prompts;
  }

  get isFull(): boolean {
    return this.#blocks > MOST_BLOCKS;
  }

  /** Shares of all prompt tokens: found without any limit, by size, and by idle time. */
  shares(): { readonly unlimited: number; readonly bySize: readonly number[]; readonly byIdle: readonly number[] } {
    const share = (tokens: number) => tokens / Math.max(this.#promptTokens, 1);
    return { unlimited: share(this.#hits), bySize: this.#hitsBySize.map(share), byIdle: this.#hitsByIdle.map(share) };
  }

  /** @param space whose streams these are: the same number of another space is another stream */
  add(prompt: ReusedPrompt, space = 0): void {
    if (this.isFull) return;
    this.#prompts++;
    this.#promptTokens += prompt.promptTokens;
    const { streams, ends, promptTokens, outputTokens } = prompt;
    const isContinued = ends.at(-1) === promptTokens;
    const sharedEnd = isContinued ? promptTokens + outputTokens - 1 : (ends.at(-1) ?? 0);
    const run = { broken: false, farthest: 0, oldestNs: 0, hits: 0 };
    let block = 0;
    for (let k = 0; k < streams.length; k++) {
      const end = k === streams.length - 1 ? sharedEnd : ends[k]!;
      const blocks = this.#blocksOf(`${space} ${streams[k]!}`, block);
      for (; (block + 1) * this.#blockTokens <= end; block++) this.#use(blocks, block, prompt, run);
    }
    // What is nobody else's takes room, too.
    const whole = Math.floor((promptTokens + outputTokens - 1) / this.#blockTokens);
    for (; block < whole; block++) {
      if (this.#order.isFull) this.#compact();
      this.#order.take();
    }
  }

  #blocksOf(stream: string, first: number): StreamBlocks {
    let blocks = this.#streams.get(stream);
    if (blocks === undefined) {
      blocks = { first, places: [], endsNs: [] };
      this.#streams.set(stream, blocks);
    }
    return blocks;
  }

  #use(
    { first, places, endsNs }: StreamBlocks,
    block: number,
    { arrivalNs, endNs, promptTokens }: ReusedPrompt,
    run: { broken: boolean; farthest: number; oldestNs: number; hits: number },
  ): void {
    const index = block - first;
    // Who enters a stream later than it was first entered knows an earlier part of it by another name.
    const known = index >= 0 && index < places.length;
    const tokens = Math.min(this.#blockTokens, promptTokens - 1 - block * this.#blockTokens);
    run.broken ||= !known;
    if (!run.broken && tokens > 0) {
      const place = places[index]!;
      run.farthest = Math.max(run.farthest, this.#order.usedSince(place));
      run.oldestNs = Math.max(run.oldestNs, arrivalNs - endsNs[index]!);
      this.#count(tokens, run.farthest, run.oldestNs);
    }
    if (index < 0) return;
    if (known) this.#order.leave(places[index]!);
    if (this.#order.isFull) this.#compact();
    if (!known) this.#blocks++;
    while (places.length < index) {
      places.push(GONE);
      endsNs.push(-Infinity);
    }
    places[index] = this.#order.take();
    endsNs[index] = Math.max(endsNs[index] ?? -Infinity, endNs);
  }

  #count(tokens: number, farthest: number, oldestNs: number): void {
    this.#hits += tokens;
    this.#sizesTokens.forEach((size, k) => {
      if ((farthest + 1) * this.#blockTokens <= size) this.#hitsBySize[k]! += tokens;
    });
    this.#idleNs.forEach((idle, k) => {
      if (oldestNs <= idle) this.#hitsByIdle[k]! += tokens;
    });
  }

  #compact(): void {
    const moved = this.#order.compact();
    for (const { places } of this.#streams.values()) {
      for (let k = 0; k < places.length; k++) places[k] = places[k] === GONE ? GONE : moved[places[k]!]!;
    }
  }
}

/** The order in which blocks were used last: how many others were used since (a Fenwick tree of those that are still there). */
class UseOrder {
  readonly #most: number;
  readonly #capacity: number;
  readonly #sums: Int32Array;
  readonly #present: Uint8Array;
  #next = 0;
  #count = 0;

  /** @param most more than so many others are not told apart */
  constructor(most: number) {
    this.#most = most;
    this.#capacity = 2 * most + 1_000_000;
    this.#sums = new Int32Array(this.#capacity + 1);
    this.#present = new Uint8Array(this.#capacity);
  }

  get isFull(): boolean {
    return this.#next === this.#capacity;
  }

  /** The next place. */
  take(): number {
    const place = this.#next++;
    this.#present[place] = 1;
    this.#count++;
    this.#add(place, 1);
    return place;
  }

  leave(place: number): void {
    if (place === GONE || this.#present[place] === 0) return;
    this.#present[place] = 0;
    this.#count--;
    this.#add(place, -1);
  }

  /** Blocks used after it. */
  usedSince(place: number): number {
    if (place === GONE) return Infinity;
    let upTo = 0;
    for (let node = place + 1; node > 0; node -= node & -node) upTo += this.#sums[node]!;
    return this.#count - upTo;
  }

  /** Forget all but the latest; answers where each place has moved to. */
  compact(): Int32Array {
    const moved = new Int32Array(this.#capacity).fill(GONE);
    const dropped = Math.max(this.#count - this.#most, 0);
    let seen = 0;
    for (let place = 0; place < this.#next; place++) {
      if (this.#present[place] === 0) continue;
      if (seen >= dropped) moved[place] = seen - dropped;
      seen++;
    }
    const kept = this.#count - dropped;
    this.#sums.fill(0);
    this.#present.fill(0).fill(1, 0, kept);
    this.#count = 0;
    this.#next = kept;
    for (let place = 0; place < kept; place++) this.#add(place, 1);
    this.#count = kept;
    return moved;
  }

  #add(place: number, change: number): void {
    for (let node = place + 1; node <= this.#capacity; node += node & -node) this.#sums[node]! += change;
  }
}

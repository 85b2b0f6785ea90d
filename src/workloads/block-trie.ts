const NONE = -1;

/**
 * Turns lists of block ids, in which an id names the block and all before it, into stretches of streams. Blocks that have
 * only ever been continued in one way lie in one stream, so a prompt of hundreds of blocks becomes a few stretches: one
 * for every place where it leaves what others do. Remembers every id it has met.
 */
export class BlockTrie {
  /** The prompt being walked: blocks so far, and how many of the first of them were known before it. */
  blocks = 0;
  knownBlocks = 0;
  /** Its stretches: stream, and the block after its last. */
  readonly streams: number[] = [];
  readonly ends: number[] = [];
  readonly #firstStream: number;
  readonly #streamOf = new Map<number, number>();
  readonly #indexOf = new Map<number, number>();
  /** By stream: the first block, the one after the last, and the stream that the first follows. */
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  readonly #parent: number[] = [];

  constructor(firstStream = 0) {
    this.#firstStream = firstStream;
  }

  /** Numbers below it are taken. */
  get nextStream(): number {
    return this.#firstStream + this.#start.length;
  }

  /** The next prompt begins with so many blocks of the one before. */
  keep(blocks: number): void {
    while (this.ends.length > 0 && (this.ends.at(-2) ?? 0) >= blocks) {
      this.ends.pop();
      this.streams.pop();
    }
    if (this.ends.length > 0) this.ends[this.ends.length - 1] = blocks;
    this.blocks = blocks;
    this.knownBlocks = blocks;
  }

  /** The prompt goes on with this block. False if the id has been met with something else before it. */
  append(id: number): boolean {
    const last = this.streams.at(-1);
    const current = last === undefined ? NONE : last - this.#firstStream;
    const index = this.blocks;
    let stream = this.#streamOf.get(id);
    if (stream === undefined) {
      stream = this.#extend(current, index);
      this.#streamOf.set(id, stream);
      this.#indexOf.set(id, index);
    } else {
      const follows = stream === current || (this.#parent[stream] === current && this.#start[stream] === index);
      if (!follows || this.#indexOf.get(id) !== index) return false;
      if (this.knownBlocks === index) this.knownBlocks++;
    }
    if (stream === current) {
      this.ends[this.ends.length - 1] = index + 1;
    } else {
      this.streams.push(stream + this.#firstStream);
      this.ends.push(index + 1);
    }
    this.blocks++;
    return true;
  }

  #extend(current: number, index: number): number {
    if (current !== NONE && this.#end[current] === index) {
      this.#end[current] = index + 1;
      return current;
    }
    this.#start.push(index);
    this.#end.push(index + 1);
    this.#parent.push(current);
    return this.#start.length - 1;
  }
}

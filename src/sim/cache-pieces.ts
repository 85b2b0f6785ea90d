import { grownFloats, grownIntegers } from './columns.ts';
import { NONE } from './request-table.ts';
import { StreamIndex } from './stream-index.ts';
import type { Ns } from './units.ts';

/** In place of the stream of blocks whose content nobody can ask for again. */
const UNNAMED = -1;

/**
 * Stretches of cached blocks as rows of columns, in two kinds of list: the pieces of a stream from its start to its end,
 * and the pieces that nobody holds in the order in which they will be evicted.
 */
export class CachePieces {
  /** Block indices: the piece holds from ≤ block < to. */
  from = new Int32Array(0);
  to = new Int32Array(0);
  holders = new Int32Array(0);
  /** When its last holder left. */
  freedNs = new Float64Array(0);
  /** Neighbours within the stream: towards its end, towards its start. */
  deeper = new Int32Array(0);
  shallower = new Int32Array(0);
  firstOut = NONE;
  lastOut = NONE;
  /** Row of its stream in the index, or UNNAMED. */
  #stream = new Int32Array(0);
  #later = new Int32Array(0);
  #earlier = new Int32Array(0);
  #free = NONE;
  /** Streams that have pieces; per row of the index, the first and the last of them. */
  readonly #streams = new StreamIndex();
  #first = new Int32Array(0);
  #last = new Int32Array(0);

  first(stream: number): number {
    const row = this.#streams.find(stream);
    return row === NONE ? NONE : this.#first[row]!;
  }

  last(stream: number): number {
    const row = this.#streams.find(stream);
    return row === NONE ? NONE : this.#last[row]!;
  }

  sizeOf(piece: number): number {
    return this.to[piece]! - this.from[piece]!;
  }

  /** A new piece at the end of its stream, with one holder. */
  append(stream: number, from: number, to: number): void {
    const known = this.#streams.find(stream);
    const row = known === NONE ? this.#addStream(stream) : known;
    const piece = this.#take(row, from, to, 1);
    const last = this.#last[row]!;
    this.shallower[piece] = last;
    this.deeper[piece] = NONE;
    if (last === NONE) this.#first[row] = piece;
    else this.deeper[last] = piece;
    this.#last[row] = piece;
  }

  #addStream(stream: number): number {
    const row = this.#streams.add(stream);
    if (row >= this.#first.length) {
      this.#first = grownIntegers(this.#first, this.#streams.capacity);
      this.#last = grownIntegers(this.#last, this.#streams.capacity);
    }
    this.#first[row] = NONE;
    this.#last[row] = NONE;
    return row;
  }

  /** Cut a piece in two at a block; the shallower part keeps the row and, if queued, goes out later. */
  split(piece: number, at: number): void {
    const deep = this.#take(this.#stream[piece]!, at, this.to[piece]!, this.holders[piece]!);
    this.to[piece] = at;
    this.freedNs[deep] = this.freedNs[piece]!;
    const deeper = this.deeper[piece]!;
    this.deeper[deep] = deeper;
    this.shallower[deep] = piece;
    this.deeper[piece] = deep;
    if (deeper === NONE) this.#last[this.#stream[piece]!] = deep;
    else this.shallower[deeper] = deep;
    if (this.holders[piece] === 0) this.#queueBefore(deep, piece);
  }

  /** Nobody holds the piece any more: to the end of the order of eviction, as part of its deeper neighbour if that is there. */
  queue(piece: number, nowNs: Ns): void {
    const last = this.lastOut;
    if (last !== NONE && last === this.deeper[piece] && this.freedNs[last] === nowNs) {
      this.from[last] = this.from[piece]!;
      const shallower = this.shallower[piece]!;
      this.shallower[last] = shallower;
      if (shallower === NONE) this.#first[this.#stream[piece]!] = last;
      else this.deeper[shallower] = last;
      this.#release(piece);
      return;
    }
    this.freedNs[piece] = nowNs;
    this.#append(piece);
  }

  /** Blocks without a name go the same way. */
  queueUnnamed(blocks: number, nowNs: Ns): void {
    const last = this.lastOut;
    if (last !== NONE && this.#stream[last] === UNNAMED && this.freedNs[last] === nowNs) {
      this.to[last]! += blocks;
      return;
    }
    const piece = this.#take(UNNAMED, 0, blocks, 0);
    this.freedNs[piece] = nowNs;
    this.#append(piece);
  }

  unqueue(piece: number): void {
    const earlier = this.#earlier[piece]!;
    const later = this.#later[piece]!;
    if (earlier === NONE) this.firstOut = later;
    else this.#later[earlier] = later;
    if (later === NONE) this.lastOut = earlier;
    else this.#earlier[later] = earlier;
  }

  /** The first in the order of eviction is gone, content and all. It is the last of its stream. */
  dropFirstOut(): void {
    const piece = this.firstOut;
    this.unqueue(piece);
    const stream = this.#stream[piece]!;
    if (stream !== UNNAMED) {
      const shallower = this.shallower[piece]!;
      if (shallower === NONE) {
        this.#streams.remove(stream);
      } else {
        this.deeper[shallower] = NONE;
        this.#last[stream] = shallower;
      }
    }
    this.#release(piece);
  }

  #append(piece: number): void {
    this.#earlier[piece] = this.lastOut;
    this.#later[piece] = NONE;
    if (this.lastOut === NONE) this.firstOut = piece;
    else this.#later[this.lastOut] = piece;
    this.lastOut = piece;
  }

  #queueBefore(piece: number, successor: number): void {
    const earlier = this.#earlier[successor]!;
    this.#earlier[piece] = earlier;
    this.#later[piece] = successor;
    this.#earlier[successor] = piece;
    if (earlier === NONE) this.firstOut = piece;
    else this.#later[earlier] = piece;
  }

  #take(stream: number, from: number, to: number, holders: number): number {
    if (this.#free === NONE) this.#grow();
    const piece = this.#free;
    this.#free = this.#later[piece]!;
    this.#stream[piece] = stream;
    this.from[piece] = from;
    this.to[piece] = to;
    this.holders[piece] = holders;
    return piece;
  }

  #release(piece: number): void {
    this.#later[piece] = this.#free;
    this.#free = piece;
  }

  #grow(): void {
    const rows = this.from.length;
    const capacity = Math.max(64, 2 * rows);
    this.from = grownIntegers(this.from, capacity);
    this.to = grownIntegers(this.to, capacity);
    this.holders = grownIntegers(this.holders, capacity);
    this.freedNs = grownFloats(this.freedNs, capacity);
    this.deeper = grownIntegers(this.deeper, capacity);
    this.shallower = grownIntegers(this.shallower, capacity);
    this.#stream = grownIntegers(this.#stream, capacity);
    this.#later = grownIntegers(this.#later, capacity);
    this.#earlier = grownIntegers(this.#earlier, capacity);
    for (let piece = capacity - 1; piece >= rows; piece--) this.#release(piece);
  }
}

import { grownFloats, grownIntegers } from './columns.ts';
import { NONE } from './request-table.ts';

/** 2³² divided by the golden ratio, odd: consecutive streams land far apart. */
const STRIDE = 0x9e3779b1;

/** The streams that one instance knows something of, each with a row of its own: a hash table with linear probing. */
export class StreamIndex {
  /** Rows, where the hash of their stream or the next free place put them. A power of two long, at most half full. */
  #slots = new Int32Array(128).fill(NONE);
  /** Per row. */
  #streams = new Float64Array(64);
  /** Free rows are a list. */
  #next = new Int32Array(64);
  #free = NONE;
  /** Mostly a stream is asked for several times in a row. */
  #latestStream = -1;
  #latestRow = NONE;

  constructor() {
    this.#freeRowsFrom(0);
  }

  /** Rows are numbered from 0 and less than this. */
  get capacity(): number {
    return this.#streams.length;
  }

  /** The row of a stream, or NONE. */
  find(stream: number): number {
    if (stream === this.#latestStream) return this.#latestRow;
    const row = this.#slots[this.#slotOf(stream)]!;
    if (row !== NONE) {
      this.#latestStream = stream;
      this.#latestRow = row;
    }
    return row;
  }

  /** A row for a stream that has none. */
  add(stream: number): number {
    if (this.#free === NONE) this.#grow();
    const row = this.#free;
    this.#free = this.#next[row]!;
    this.#streams[row] = stream;
    this.#slots[this.#slotOf(stream)] = row;
    return row;
  }

  remove(row: number): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let hole = this.#slotOf(this.#streams[row]!);
    slots[hole] = NONE;
    // Whoever stands behind the hole and would rather stand there moves up.
    for (let slot = (hole + 1) & last; slots[slot]! !== NONE; slot = (slot + 1) & last) {
      const home = this.#homeOf(this.#streams[slots[slot]!]!);
      if (((slot - home) & last) < ((slot - hole) & last)) continue;
      slots[hole] = slots[slot]!;
      slots[slot] = NONE;
      hole = slot;
    }
    this.#next[row] = this.#free;
    this.#free = row;
    this.#latestStream = -1;
  }

  /** Where the stream stands, or the free place where it would. */
  #slotOf(stream: number): number {
    const slots = this.#slots;
    const streams = this.#streams;
    const last = slots.length - 1;
    let slot = this.#homeOf(stream);
    for (let row = slots[slot]!; row !== NONE && streams[row]! !== stream; row = slots[slot]!) slot = (slot + 1) & last;
    return slot;
  }

  #homeOf(stream: number): number {
    const bits = Math.imul(stream | 0, STRIDE);
    return (bits ^ (bits >>> 16)) & (this.#slots.length - 1);
  }

  #grow(): void {
    const rows = this.#streams.length;
    this.#streams = grownFloats(this.#streams, 2 * rows);
    this.#next = grownIntegers(this.#next, 2 * rows);
    this.#freeRowsFrom(rows);
    this.#slots = new Int32Array(4 * rows).fill(NONE);
    for (let row = 0; row < rows; row++) this.#slots[this.#slotOf(this.#streams[row]!)] = row;
  }

  #freeRowsFrom(first: number): void {
    for (let row = this.#next.length - 1; row >= first; row--) {
      this.#next[row] = this.#free;
      this.#free = row;
    }
  }
}

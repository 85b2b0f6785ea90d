import { grownFloats } from './columns.ts';
import { NONE } from './request-table.ts';

/** 2³² divided by the golden ratio, odd: consecutive streams land far apart. */
const STRIDE = 0x9e3779b1;

/** Numbers of a row side by side; whoever finds a stream asks for its pieces. */
const ROW = 4;
/** Of a free row, the next free one. */
const STREAM = 0;
const FIRST = 1;
const LAST = 2;

/**
 * The streams that one instance knows something of, each with a row of its own, which says its first and its last piece: a
 * hash table with linear probing.
 */
export class StreamIndex {
  /** Rows, where the hash of their stream or the next free place put them. A power of two long, at most half full. */
  #slots = new Int32Array(128).fill(NONE);
  #rows = new Float64Array(64 * ROW);
  #free = NONE;
  /** Mostly a stream is asked for several times in a row. */
  #latestStream = -1;
  #latestRow = NONE;

  constructor() {
    this.#freeRowsFrom(0);
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

  /** A row for a stream that has none. It has no pieces. */
  add(stream: number): number {
    if (this.#free === NONE) this.#grow();
    const row = this.#free;
    this.#free = this.#rows[row * ROW + STREAM]!;
    this.#rows[row * ROW + STREAM] = stream;
    this.#rows[row * ROW + FIRST] = NONE;
    this.#rows[row * ROW + LAST] = NONE;
    this.#slots[this.#slotOf(stream)] = row;
    return row;
  }

  first(row: number): number {
    return this.#rows[row * ROW + FIRST]!;
  }

  last(row: number): number {
    return this.#rows[row * ROW + LAST]!;
  }

  setFirst(row: number, piece: number): void {
    this.#rows[row * ROW + FIRST] = piece;
  }

  setLast(row: number, piece: number): void {
    this.#rows[row * ROW + LAST] = piece;
  }

  remove(row: number): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let hole = this.#slotOf(this.#streamOf(row));
    slots[hole] = NONE;
    // Whoever stands behind the hole and would rather stand there moves up.
    for (let slot = (hole + 1) & last; slots[slot]! !== NONE; slot = (slot + 1) & last) {
      const home = this.#homeOf(this.#streamOf(slots[slot]!));
      if (((slot - home) & last) < ((slot - hole) & last)) continue;
      slots[hole] = slots[slot]!;
      slots[slot] = NONE;
      hole = slot;
    }
    this.#rows[row * ROW + STREAM] = this.#free;
    this.#free = row;
    this.#latestStream = -1;
  }

  #streamOf(row: number): number {
    return this.#rows[row * ROW + STREAM]!;
  }

  /** Where the stream stands, or the free place where it would. */
  #slotOf(stream: number): number {
    const slots = this.#slots;
    const rows = this.#rows;
    const last = slots.length - 1;
    let slot = this.#homeOf(stream);
    for (let row = slots[slot]!; row !== NONE && rows[row * ROW + STREAM]! !== stream; row = slots[slot]!) {
      slot = (slot + 1) & last;
    }
    return slot;
  }

  #homeOf(stream: number): number {
    const bits = Math.imul(stream | 0, STRIDE);
    return (bits ^ (bits >>> 16)) & (this.#slots.length - 1);
  }

  #grow(): void {
    const rows = this.#rows.length / ROW;
    this.#rows = grownFloats(this.#rows, 2 * rows * ROW);
    this.#freeRowsFrom(rows);
    this.#slots = new Int32Array(4 * rows).fill(NONE);
    for (let row = 0; row < rows; row++) this.#slots[this.#slotOf(this.#streamOf(row))] = row;
  }

  #freeRowsFrom(first: number): void {
    for (let row = this.#rows.length / ROW - 1; row >= first; row--) {
      this.#rows[row * ROW + STREAM] = this.#free;
      this.#free = row;
    }
  }
}

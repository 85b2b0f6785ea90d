import { grownFloats } from './columns.ts';
import { NONE } from './request-table.ts';

/** 2³² divided by the golden ratio, odd: consecutive streams land far apart. */
const STRIDE = 0x9e3779b1;

/** Numbers of a place side by side: the row that stands there, and the low bits of its stream, which tell most others apart. */
const PLACE = 2;

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
  /** Where the hash of their stream or the next free place put them. A power of two long, at most half full. */
  #places = new Int32Array(128 * PLACE).fill(NONE);
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
    const row = this.#places[this.#placeOf(stream)]!;
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
    this.#stand(row, stream);
    return row;
  }

  streamOf(row: number): number {
    return this.#rows[row * ROW + STREAM]!;
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
    const places = this.#places;
    const last = places.length - PLACE;
    let hole = this.#placeOf(this.streamOf(row));
    places[hole] = NONE;
    // Whoever stands behind the hole and would rather stand there moves up.
    for (let place = (hole + PLACE) & last; places[place]! !== NONE; place = (place + PLACE) & last) {
      const home = this.#homeOf(places[place + 1]!);
      if (((place - home) & last) < ((place - hole) & last)) continue;
      places[hole] = places[place]!;
      places[hole + 1] = places[place + 1]!;
      places[place] = NONE;
      hole = place;
    }
    this.#rows[row * ROW + STREAM] = this.#free;
    this.#free = row;
    this.#latestStream = -1;
  }

  #stand(row: number, stream: number): void {
    const place = this.#placeOf(stream);
    this.#places[place] = row;
    this.#places[place + 1] = stream | 0;
  }

  /** Where the stream stands, or the free place where it would. */
  #placeOf(stream: number): number {
    const places = this.#places;
    const rows = this.#rows;
    const last = places.length - PLACE;
    const low = stream | 0;
    let place = this.#homeOf(low);
    for (let row = places[place]!; row !== NONE; row = places[place]!) {
      if (places[place + 1] === low && rows[row * ROW + STREAM] === stream) break;
      place = (place + PLACE) & last;
    }
    return place;
  }

  /** @param low the low bits of a stream */
  #homeOf(low: number): number {
    const bits = Math.imul(low, STRIDE);
    return ((bits ^ (bits >>> 16)) * PLACE) & (this.#places.length - PLACE);
  }

  #grow(): void {
    const rows = this.#rows.length / ROW;
    this.#rows = grownFloats(this.#rows, 2 * rows * ROW);
    this.#freeRowsFrom(rows);
    this.#places = new Int32Array(4 * rows * PLACE).fill(NONE);
    for (let row = 0; row < rows; row++) this.#stand(row, this.streamOf(row));
  }

  #freeRowsFrom(first: number): void {
    for (let row = this.#rows.length / ROW - 1; row >= first; row--) {
      this.#rows[row * ROW + STREAM] = this.#free;
      this.#free = row;
    }
  }
}

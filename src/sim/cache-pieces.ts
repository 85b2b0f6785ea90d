import { grownFloats, grownIntegers } from './columns.ts';
import { NONE } from './request-table.ts';
import { StreamIndex } from './stream-index.ts';
import type { Ns } from './units.ts';

/** In place of the stream of blocks whose content nobody can ask for again. */
const UNNAMED = -1;

/** Numbers of a piece side by side: whoever looks at one looks at most of them, and caches hold far more pieces than a processor. */
const ROW = 8;
/** Block indices: the piece holds from ≤ block < to. */
export const FROM = 0;
export const TO = 1;
export const HOLDERS = 2;
/** Neighbours within the stream: towards its end, towards its start. */
export const DEEPER = 3;
export const SHALLOWER = 4;
/** Row of its stream in the index, or UNNAMED. */
const STREAM = 5;
/** Neighbours in the order of eviction, or the next free row. */
const LATER = 6;
const EARLIER = 7;

/**
 * Stretches of cached blocks as rows of one array, in two kinds of list: the pieces of a stream from its start to its end,
 * and the pieces that nobody holds in the order in which they will be evicted. A piece is named by where its row begins:
 * `rows[piece + TO]`.
 */
export class CachePieces {
  rows = new Int32Array(0);
  firstOut = NONE;
  lastOut = NONE;
  #free = NONE;
  /** By row, when its last holder left; empty as long as no other time than 0 was told. */
  #freedNs = new Float64Array(0);
  /** Streams that have pieces. */
  readonly #streams = new StreamIndex();

  first(stream: number): number {
    const row = this.#streams.find(stream);
    return row === NONE ? NONE : this.#streams.first(row);
  }

  last(stream: number): number {
    const row = this.#streams.find(stream);
    return row === NONE ? NONE : this.#streams.last(row);
  }

  sizeOf(piece: number): number {
    return this.rows[piece + TO]! - this.rows[piece + FROM]!;
  }

  /** When the last holder of a piece left. */
  freedNs(piece: number): Ns {
    return this.#freedNs.length === 0 ? 0 : this.#freedNs[piece / ROW]!;
  }

  /** Let a piece go on to `to`, if it is the last of that stream, ends at `from` and has one holder; answers whether it is. */
  lengthen(piece: number, stream: number, from: number, to: number): boolean {
    if (piece === NONE) return false;
    const { rows } = this;
    // One that is no piece any more has no holder.
    if (rows[piece + TO] !== from || rows[piece + HOLDERS] !== 1 || rows[piece + DEEPER] !== NONE) return false;
    if (this.#streams.streamOf(rows[piece + STREAM]!) !== stream) return false;
    rows[piece + TO] = to;
    return true;
  }

  /** A new piece at the end of its stream, with one holder. */
  append(stream: number, from: number, to: number): number {
    const streams = this.#streams;
    const known = streams.find(stream);
    const row = known === NONE ? streams.add(stream) : known;
    const piece = this.#take(row, from, to, 1);
    const last = streams.last(row);
    this.rows[piece + SHALLOWER] = last;
    this.rows[piece + DEEPER] = NONE;
    if (last === NONE) streams.setFirst(row, piece);
    else this.rows[last + DEEPER] = piece;
    streams.setLast(row, piece);
    return piece;
  }

  /** Cut a piece in two at a block; the shallower part keeps the row and, if queued, goes out later. */
  split(piece: number, at: number): void {
    const stream = this.rows[piece + STREAM]!;
    const deep = this.#take(stream, at, this.rows[piece + TO]!, this.rows[piece + HOLDERS]!);
    const { rows } = this;
    const deeper = rows[piece + DEEPER]!;
    rows[piece + TO] = at;
    rows[deep + DEEPER] = deeper;
    rows[deep + SHALLOWER] = piece;
    rows[piece + DEEPER] = deep;
    this.#setFreed(deep, this.freedNs(piece));
    if (deeper === NONE) this.#streams.setLast(stream, deep);
    else rows[deeper + SHALLOWER] = deep;
    if (rows[piece + HOLDERS] === 0) this.#queueBefore(deep, piece);
  }

  /** Nobody holds the piece any more: to the end of the order of eviction, as part of its deeper neighbour if that is there. */
  queue(piece: number, nowNs: Ns): void {
    const { rows } = this;
    const last = this.lastOut;
    if (last !== NONE && last === rows[piece + DEEPER] && this.freedNs(last) === nowNs) {
      const shallower = rows[piece + SHALLOWER]!;
      rows[last + FROM] = rows[piece + FROM]!;
      rows[last + SHALLOWER] = shallower;
      if (shallower === NONE) this.#streams.setFirst(rows[piece + STREAM]!, last);
      else rows[shallower + DEEPER] = last;
      this.#release(piece);
      return;
    }
    this.#setFreed(piece, nowNs);
    this.#append(piece);
  }

  /** Blocks without a name go the same way. */
  queueUnnamed(blocks: number, nowNs: Ns): void {
    const last = this.lastOut;
    if (last !== NONE && this.rows[last + STREAM] === UNNAMED && this.freedNs(last) === nowNs) {
      this.rows[last + TO]! += blocks;
      return;
    }
    const piece = this.#take(UNNAMED, 0, blocks, 0);
    this.#setFreed(piece, nowNs);
    this.#append(piece);
  }

  unqueue(piece: number): void {
    const { rows } = this;
    const earlier = rows[piece + EARLIER]!;
    const later = rows[piece + LATER]!;
    if (earlier === NONE) this.firstOut = later;
    else rows[earlier + LATER] = later;
    if (later === NONE) this.lastOut = earlier;
    else rows[later + EARLIER] = earlier;
  }

  /** The first in the order of eviction is gone, content and all. It is the last of its stream. */
  dropFirstOut(): void {
    const piece = this.firstOut;
    this.unqueue(piece);
    const stream = this.rows[piece + STREAM]!;
    if (stream !== UNNAMED) {
      const shallower = this.rows[piece + SHALLOWER]!;
      if (shallower === NONE) {
        this.#streams.remove(stream);
      } else {
        this.rows[shallower + DEEPER] = NONE;
        this.#streams.setLast(stream, shallower);
      }
    }
    this.#release(piece);
  }

  #append(piece: number): void {
    const { rows } = this;
    rows[piece + EARLIER] = this.lastOut;
    rows[piece + LATER] = NONE;
    if (this.lastOut === NONE) this.firstOut = piece;
    else rows[this.lastOut + LATER] = piece;
    this.lastOut = piece;
  }

  #queueBefore(piece: number, successor: number): void {
    const { rows } = this;
    const earlier = rows[successor + EARLIER]!;
    rows[piece + EARLIER] = earlier;
    rows[piece + LATER] = successor;
    rows[successor + EARLIER] = piece;
    if (earlier === NONE) this.firstOut = piece;
    else rows[earlier + LATER] = piece;
  }

  #setFreed(piece: number, nowNs: Ns): void {
    if (this.#freedNs.length === 0) {
      if (nowNs === 0) return;
      this.#freedNs = new Float64Array(this.rows.length / ROW);
    }
    this.#freedNs[piece / ROW] = nowNs;
  }

  #take(stream: number, from: number, to: number, holders: number): number {
    if (this.#free === NONE) this.#grow();
    const { rows } = this;
    const piece = this.#free;
    this.#free = rows[piece + LATER]!;
    rows[piece + STREAM] = stream;
    rows[piece + FROM] = from;
    rows[piece + TO] = to;
    rows[piece + HOLDERS] = holders;
    return piece;
  }

  #release(piece: number): void {
    this.rows[piece + LATER] = this.#free;
    this.#free = piece;
  }

  #grow(): void {
    const length = this.rows.length;
    const capacity = Math.max(64 * ROW, 2 * length);
    this.rows = grownIntegers(this.rows, capacity);
    if (this.#freedNs.length > 0) this.#freedNs = grownFloats(this.#freedNs, capacity / ROW);
    for (let piece = capacity - ROW; piece >= length; piece -= ROW) this.#release(piece);
  }
}

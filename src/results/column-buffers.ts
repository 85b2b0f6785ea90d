import type { Body } from './arrow-metadata.ts';
import { Bits, NO_NULLS, Presence } from './column-bits.ts';
import type { ColumnKind, ColumnList } from './columns.ts';
import { NameBuffer } from './name-buffer.ts';

/**
 * Columns of one batch as reusable typed arrays. Reuse is safe because the file writer hands every batch to the
 * operating system before it returns.
 */

const TWO_32 = 4_294_967_296;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
if (!LITTLE_ENDIAN) throw new Error('result files are written on little-endian machines only');

function notFinite(value: number): Error {
  return new Error(`a result must be a finite number, got ${value}`);
}

export class Float64Buffer {
  #values: Float64Array;
  readonly #presence: Presence;

  constructor(capacity: number, nullable: boolean) {
    this.#values = new Float64Array(capacity);
    this.#presence = new Presence(capacity, nullable);
  }

  /** NaN and the infinities are no results: they are refused here, nulls say that there is no value. */
  set(row: number, value: number): void {
    if (!Number.isFinite(value)) throw notFinite(value);
    this.#values[row] = value;
    this.#presence.set(row, true);
  }

  /** Values of a column, in units of so many of theirs. */
  setScaled(column: Float64Array, unit: number, rows: number): void {
    const values = this.#values;
    for (let row = 0; row < rows; row++) {
      const value = column[row]! / unit;
      if (!Number.isFinite(value)) throw notFinite(value);
      values[row] = value;
    }
    this.#presence.setAll(rows, true);
  }

  /** The time between two moments, in units of so many nanoseconds. */
  setSpans(fromNs: Float64Array, untilNs: Float64Array, unitNs: number, rows: number): void {
    const values = this.#values;
    for (let row = 0; row < rows; row++) {
      const value = (untilNs[row]! - fromNs[row]!) / unitNs;
      if (!Number.isFinite(value)) throw notFinite(value);
      values[row] = value;
    }
    this.#presence.setAll(rows, true);
  }

  /** The mean time between two of the tokens that came in a span; null where only one did. */
  setGaps(fromNs: Float64Array, untilNs: Float64Array, tokens: Int32Array, unitNs: number, rows: number): void {
    const values = this.#values;
    this.#presence.setAll(rows, true);
    for (let row = 0; row < rows; row++) {
      const gaps = tokens[row]! - 1;
      if (gaps === 0) {
        this.setNull(row);
        continue;
      }
      const value = (untilNs[row]! - fromNs[row]!) / gaps / unitNs;
      if (!Number.isFinite(value)) throw notFinite(value);
      values[row] = value;
    }
  }

  setNull(row: number): void {
    this.#values[row] = 0;
    this.#presence.set(row, false);
  }

  setAllNull(rows: number): void {
    this.#values.fill(0, 0, rows);
    this.#presence.setAll(rows, false);
  }

  reserve(rows: number): void {
    if (this.#values.length >= rows) return;
    this.#values = new Float64Array(rows);
    this.#presence.reserve(rows);
  }

  appendTo(body: Body, rows: number): void {
    const nulls = this.#presence.countNulls(rows);
    body.addColumn(rows, nulls, this.#presence.bitmap(rows, nulls), this.#values.subarray(0, rows));
  }
}

export class BooleanBuffer {
  readonly #values: Bits;
  readonly #presence: Presence;

  constructor(capacity: number, nullable: boolean) {
    this.#values = new Bits(capacity);
    this.#presence = new Presence(capacity, nullable);
  }

  set(row: number, value: boolean): void {
    this.#values.set(row, value);
    this.#presence.set(row, true);
  }

  setNull(row: number): void {
    this.#values.set(row, false);
    this.#presence.set(row, false);
  }

  setAllNull(rows: number): void {
    this.#values.setAll(rows, false);
    this.#presence.setAll(rows, false);
  }

  reserve(rows: number): void {
    this.#values.reserve(rows);
    this.#presence.reserve(rows);
  }

  appendTo(body: Body, rows: number): void {
    const nulls = this.#presence.countNulls(rows);
    body.addColumn(rows, nulls, this.#presence.bitmap(rows, nulls), this.#values.first(rows));
  }
}

export class Int32Buffer {
  #values: Int32Array;

  constructor(capacity: number) {
    this.#values = new Int32Array(capacity);
  }

  set(row: number, value: number): void {
    this.#values[row] = value;
    if (this.#values[row] !== value) throw new Error(`${value} does not fit a 32-bit integer`);
  }

  setAll(values: Int32Array, rows: number): void {
    this.#values.set(values.subarray(0, rows));
  }

  reserve(rows: number): void {
    if (this.#values.length < rows) this.#values = new Int32Array(rows);
  }

  appendTo(body: Body, rows: number): void {
    body.addColumn(rows, 0, NO_NULLS, this.#values.subarray(0, rows));
  }
}

/** Whole numbers in 64 bits, written as two halves: a double counts to 2⁵³, and BigInt is ten times as slow. */
class Int64Halves {
  #halves: Uint32Array;

  constructor(capacity: number) {
    this.#halves = new Uint32Array(2 * capacity);
  }

  reserve(rows: number): void {
    if (this.#halves.length < 2 * rows) this.#halves = new Uint32Array(2 * rows);
  }

  appendTo(body: Body, rows: number): void {
    body.addColumn(rows, 0, NO_NULLS, this.#halves.subarray(0, 2 * rows));
  }

  /** The sums of whole numbers and the one given as `high × 2³² + low`; they may pass 2⁵³. */
  setSums(high: number, low: number, addends: Float64Array, rows: number): void {
    const halves = this.#halves;
    for (let row = 0; row < rows; row++) {
      const addend = addends[row]!;
      const addendHigh = Math.floor(addend / TWO_32);
      const lowSum = low + (addend - addendHigh * TWO_32);
      const carry = lowSum >= TWO_32 ? 1 : 0;
      halves[2 * row] = lowSum - carry * TWO_32;
      halves[2 * row + 1] = high + addendHigh + carry;
    }
  }
}

export class Int64Buffer {
  readonly #halves: Int64Halves;

  constructor(capacity: number) {
    this.#halves = new Int64Halves(capacity);
  }

  setAll(values: Float64Array, rows: number): void {
    this.#halves.setSums(0, 0, values, rows);
  }

  reserve(rows: number): void {
    this.#halves.reserve(rows);
  }

  appendTo(body: Body, rows: number): void {
    this.#halves.appendTo(body, rows);
  }
}

export class TimestampBuffer {
  readonly #halves: Int64Halves;
  #originHigh = 0;
  #originLow = 0;

  constructor(capacity: number) {
    this.#halves = new Int64Halves(capacity);
  }

  /** The moment that is 0 ns, in ms since 1970. */
  setOrigin(originMs: number): void {
    const originNs = BigInt(originMs) * 1_000_000n;
    this.#originHigh = Number(originNs >> 32n);
    this.#originLow = Number(originNs & 0xffff_ffffn);
  }

  setAll(ns: Float64Array, rows: number): void {
    this.#halves.setSums(this.#originHigh, this.#originLow, ns, rows);
  }

  reserve(rows: number): void {
    this.#halves.reserve(rows);
  }

  appendTo(body: Body, rows: number): void {
    this.#halves.appendTo(body, rows);
  }
}

interface BufferOfKind {
  timestamp: TimestampBuffer;
  int64: Int64Buffer;
  int32: Int32Buffer;
  float64: Float64Buffer;
  boolean: BooleanBuffer;
  name: NameBuffer;
}

export type BuffersOf<List extends ColumnList> = { readonly [Name in keyof List]: BufferOfKind[List[Name]['kind']] };

export interface ColumnBuffer {
  /** Make room for so many rows; what the buffer holds is lost when it had less. */
  reserve(rows: number): void;
  /** Its first rows, which must stay as they are until the body is written. */
  appendTo(body: Body, rows: number): void;
}

/** What a buffer of each kind is made from. */
export function createBuffer(
  kind: ColumnKind,
  capacity: number,
  nullable: boolean,
  names: readonly string[],
): BufferOfKind[ColumnKind] {
  switch (kind) {
    case 'timestamp':
      return new TimestampBuffer(capacity);
    case 'int64':
      return new Int64Buffer(capacity);
    case 'int32':
      return new Int32Buffer(capacity);
    case 'float64':
      return new Float64Buffer(capacity, nullable);
    case 'boolean':
      return new BooleanBuffer(capacity, nullable);
    case 'name':
      return new NameBuffer(capacity, names);
  }
}

import { Bool, Float64, Int32, Int64, TimestampNanosecond, makeData } from 'apache-arrow';
import type { Data, DataType } from 'apache-arrow';
import { Bits, Presence } from './column-bits.ts';
import type { ColumnKind, ColumnList } from './columns.ts';
import { NameBuffer } from './name-buffer.ts';

/**
 * Columns of one batch as reusable typed arrays. Reuse is safe because the file writer hands every batch to the
 * operating system before it returns.
 */

const TWO_32 = 4_294_967_296;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
if (!LITTLE_ENDIAN) throw new Error('result files are written on little-endian machines only');

const INT64 = new Int64();
const INT32 = new Int32();
const FLOAT64 = new Float64();
const BOOL = new Bool();
const UTC_NS = new TimestampNanosecond('UTC');

function notFinite(value: number): Error {
  return new Error(`a result must be a finite number, got ${value}`);
}

export class Float64Buffer {
  readonly type = FLOAT64;
  readonly #values: Float64Array;
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

  data(rows: number): Data<Float64> {
    return makeData({
      type: FLOAT64,
      length: rows,
      data: this.#values.subarray(0, rows),
      ...this.#presence.props(rows),
    });
  }
}

export class BooleanBuffer {
  readonly type = BOOL;
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

  data(rows: number): Data<Bool> {
    const data = this.#values.bytes.subarray(0, Math.ceil(rows / 8));
    return makeData({ type: BOOL, length: rows, data, ...this.#presence.props(rows) });
  }
}

export class Int32Buffer {
  readonly type = INT32;
  readonly #values: Int32Array;

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

  data(rows: number): Data<Int32> {
    return makeData({ type: INT32, length: rows, nullCount: 0, data: this.#values.subarray(0, rows) });
  }
}

/** Whole numbers in 64 bits, written as two halves: a double counts to 2⁵³, and BigInt is ten times as slow. */
class Int64Halves {
  readonly values: BigInt64Array;
  readonly #halves: Uint32Array;

  constructor(capacity: number) {
    this.values = new BigInt64Array(capacity);
    this.#halves = new Uint32Array(this.values.buffer);
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
  readonly type = INT64;
  readonly #halves: Int64Halves;

  constructor(capacity: number) {
    this.#halves = new Int64Halves(capacity);
  }

  setAll(values: Float64Array, rows: number): void {
    this.#halves.setSums(0, 0, values, rows);
  }

  data(rows: number): Data<Int64> {
    return makeData({ type: INT64, length: rows, nullCount: 0, data: this.#halves.values.subarray(0, rows) });
  }
}

export class TimestampBuffer {
  readonly type = UTC_NS;
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

  data(rows: number): Data<TimestampNanosecond> {
    return makeData({ type: UTC_NS, length: rows, nullCount: 0, data: this.#halves.values.subarray(0, rows) });
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
  readonly type: DataType;
  data(rows: number): Data;
}

/** What a buffer of each kind is made from. */
export function createBuffer(
  kind: ColumnKind,
  capacity: number,
  nullable: boolean,
  names: readonly string[],
  dictionaryId: number,
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
      return new NameBuffer(capacity, names, dictionaryId);
  }
}

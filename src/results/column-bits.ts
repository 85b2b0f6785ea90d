/** In place of the bits of a column in which no value is missing. */
export const NO_NULLS = new Uint8Array(0);

/** How many bits of a byte are zero. */
const ZEROS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let zeros = 8;
  for (let bits = byte; bits !== 0; bits &= bits - 1) zeros--;
  return zeros;
});

/** One bit per row; set means present (or true). */
export class Bits {
  #bytes: Uint8Array;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(Math.ceil(capacity / 8));
  }

  /** Of the first rows; what other rows have left in the last byte is cleared. */
  first(rows: number): Uint8Array {
    const bytes = this.#bytes.subarray(0, Math.ceil(rows / 8));
    if ((rows & 7) !== 0) bytes[rows >> 3]! &= 0xff >> (8 - (rows & 7));
    return bytes;
  }

  reserve(rows: number): void {
    if (8 * this.#bytes.length < rows) this.#bytes = new Uint8Array(Math.ceil(rows / 8));
  }

  set(row: number, bit: boolean): void {
    const mask = 1 << (row & 7);
    if (bit) this.#bytes[row >> 3]! |= mask;
    else this.#bytes[row >> 3]! &= ~mask;
  }

  /** The same for the first rows. */
  setAll(rows: number, bit: boolean): void {
    this.#bytes.fill(bit ? 0xff : 0, 0, rows >> 3);
    for (let row = rows & ~7; row < rows; row++) this.set(row, bit);
  }

  countZeros(rows: number): number {
    const bytes = this.#bytes;
    const wholeBytes = rows >> 3;
    let zeros = 0;
    for (let byte = 0; byte < wholeBytes; byte++) zeros += ZEROS[bytes[byte]!]!;
    for (let row = 8 * wholeBytes; row < rows; row++) if ((bytes[row >> 3]! & (1 << (row & 7))) === 0) zeros++;
    return zeros;
  }
}

/** Which rows have a value. */
export class Presence {
  readonly #bits: Bits | undefined;

  constructor(capacity: number, nullable: boolean) {
    this.#bits = nullable ? new Bits(capacity) : undefined;
  }

  set(row: number, present: boolean): void {
    if (this.#bits !== undefined) this.#bits.set(row, present);
    else if (!present) throw new Error('a column without nulls was given one');
  }

  setAll(rows: number, present: boolean): void {
    if (this.#bits !== undefined) this.#bits.setAll(rows, present);
    else if (!present && rows > 0) throw new Error('a column without nulls was given one');
  }

  reserve(rows: number): void {
    this.#bits?.reserve(rows);
  }

  countNulls(rows: number): number {
    return this.#bits?.countZeros(rows) ?? 0;
  }

  /** The bits of the first rows; none where no value is missing. @param nulls as counted */
  bitmap(rows: number, nulls: number): Uint8Array {
    if (this.#bits === undefined || nulls === 0) return NO_NULLS;
    return this.#bits.first(rows);
  }
}

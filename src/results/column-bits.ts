/** How many bits of a byte are zero. */
const ZEROS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let zeros = 8;
  for (let bits = byte; bits !== 0; bits &= bits - 1) zeros--;
  return zeros;
});

/** One bit per row; set means present (or true). */
export class Bits {
  readonly bytes: Uint8Array;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(Math.ceil(capacity / 8));
  }

  set(row: number, bit: boolean): void {
    const mask = 1 << (row & 7);
    if (bit) this.bytes[row >> 3]! |= mask;
    else this.bytes[row >> 3]! &= ~mask;
  }

  /** The same for the first rows. */
  setAll(rows: number, bit: boolean): void {
    this.bytes.fill(bit ? 0xff : 0, 0, rows >> 3);
    for (let row = rows & ~7; row < rows; row++) this.set(row, bit);
  }

  countZeros(rows: number): number {
    const { bytes } = this;
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

  props(rows: number): { nullCount: number; nullBitmap?: Uint8Array } {
    const nullCount = this.#bits?.countZeros(rows) ?? 0;
    if (this.#bits === undefined || nullCount === 0) return { nullCount: 0 };
    return { nullCount, nullBitmap: this.#bits.bytes.subarray(0, Math.ceil(rows / 8)) };
  }
}

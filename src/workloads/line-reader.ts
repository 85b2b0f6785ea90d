import type { ByteSource } from '../sim/ports.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LONGEST_LINE = 65_536;

/** The lines of a byte stream in constant memory: after `next`, one line is `bytes` from `start` to `end`. */
export class LineReader {
  readonly bytes: Uint8Array;
  start = 0;
  /** One past the last byte; the line break is not part of the line. */
  end = 0;
  /** Counted from 1. */
  line = 0;

  readonly #source: ByteSource;
  #next = 0;
  #filled = 0;
  #sourceEnded = false;
  /** The line before was longer than the buffer; its rest is not a line. */
  #insideLongLine = false;

  /** @param longestLine what is longer is cut, bytes */
  constructor(source: ByteSource, longestLine = LONGEST_LINE) {
    this.#source = source;
    this.bytes = new Uint8Array(longestLine);
  }

  /** The line is longer than what `bytes` holds. */
  get isCut(): boolean {
    return this.#insideLongLine;
  }

  /** False when there are no more lines. Of a line longer than the buffer only the beginning is given. */
  next(): boolean {
    for (;;) {
      const rest = this.#insideLongLine;
      if (!this.#nextPiece()) return false;
      if (!rest) break;
    }
    if (this.end > this.start && this.bytes[this.end - 1] === CARRIAGE_RETURN) this.end--;
    this.line++;
    return true;
  }

  #nextPiece(): boolean {
    let scan = this.#next;
    for (;;) {
      while (scan < this.#filled && this.bytes[scan] !== LINE_FEED) scan++;
      if (scan < this.#filled) {
        this.#insideLongLine = false;
        return this.#give(scan, scan + 1);
      }
      if (this.#next === 0 && this.#filled === this.bytes.length) {
        this.#insideLongLine = true;
        return this.#give(scan, scan);
      }
      if (this.#sourceEnded) return this.#next < this.#filled && this.#give(scan, scan);
      scan -= this.#next;
      this.#fill();
    }
  }

  #give(end: number, next: number): true {
    this.start = this.#next;
    this.end = end;
    this.#next = next;
    return true;
  }

  #fill(): void {
    this.bytes.copyWithin(0, this.#next, this.#filled);
    this.#filled -= this.#next;
    this.#next = 0;
    const count = this.#source.read(this.bytes.subarray(this.#filled));
    this.#filled += count;
    this.#sourceEnded = count === 0;
  }
}

import type { ByteSource } from '../sim/ports.ts';

const BUFFER_BYTES = 1 << 16;

/** A byte stream bit by bit, the lowest of a byte first, as DEFLATE has it (RFC 1951, 3.1.1). */
export class BitReader {
  readonly #source: ByteSource;
  readonly #bytes = new Uint8Array(BUFFER_BYTES);
  #at = 0;
  #filled = 0;
  #bits = 0;
  #count = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** So many bits as a number, at most 16. */
  take(count: number): number {
    const bits = this.peek(count);
    this.skip(count);
    return bits;
  }

  /** The same, left where they are; what is behind the end is zeros. */
  peek(count: number): number {
    while (this.#count < count && this.#fill()) {
      this.#bits |= this.#bytes[this.#at++]! << this.#count;
      this.#count += 8;
    }
    return this.#bits & ((1 << count) - 1);
  }

  skip(count: number): void {
    if (count > this.#count) throw new Error('the packed file ends in the middle');
    this.#bits >>>= count;
    this.#count -= count;
  }

  /** Leave the rest of the byte. */
  align(): void {
    this.skip(this.#count & 7);
  }

  /** Whether nothing is left; between bytes only. */
  get isAtEnd(): boolean {
    return this.#count === 0 && !this.#fill();
  }

  #fill(): boolean {
    if (this.#at < this.#filled) return true;
    this.#at = 0;
    this.#filled = this.#source.read(this.#bytes);
    return this.#filled > 0;
  }
}

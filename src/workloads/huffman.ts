import type { BitReader } from './bit-reader.ts';

export const LONGEST_CODE = 15;

/** A prefix code of DEFLATE, decoded by looking up as many bits as its longest word has. */
export class HuffmanCode {
  readonly #bits: number;
  /** By the next bits: 16 × symbol + length of its word; 0 where no word begins so. */
  readonly #entries: Uint16Array;

  /** @param lengths of the words of symbols 0, 1, …; 0 for a symbol that has none */
  constructor(lengths: Uint8Array) {
    const counts = new Uint16Array(LONGEST_CODE + 1);
    for (const length of lengths) counts[length]!++;
    counts[0] = 0;
    this.#bits = Math.max(
      1,
      counts.findLastIndex((count) => count > 0),
    );
    this.#entries = new Uint16Array(1 << this.#bits);
    const next = firstWords(counts);
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol]!;
      if (length === 0) continue;
      const step = 1 << length;
      for (let at = reversed(next[length]!++, length); at < this.#entries.length; at += step) {
        this.#entries[at] = 16 * symbol + length;
      }
    }
  }

  decode(bits: BitReader): number {
    const entry = this.#entries[bits.peek(this.#bits)]!;
    if (entry === 0) throw new Error('the packed file is damaged: a code that there is not');
    bits.skip(entry & 15);
    return entry >> 4;
  }
}

/** Words of one length are consecutive numbers, and shorter words come first (RFC 1951, 3.2.2). */
function firstWords(counts: Uint16Array): Uint16Array {
  const first = new Uint16Array(LONGEST_CODE + 1);
  let word = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    word = (word + counts[length - 1]!) << 1;
    first[length] = word;
    if (word + counts[length]! > 1 << length) throw new Error('the packed file is damaged: more codes than fit');
  }
  return first;
}

/** Words are packed with their first bit lowest. */
function reversed(word: number, length: number): number {
  let result = 0;
  for (let k = 0; k < length; k++) result |= ((word >> k) & 1) << (length - 1 - k);
  return result;
}

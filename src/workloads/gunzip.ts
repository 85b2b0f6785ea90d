import type { ByteSource } from '../sim/ports.ts';
import { BitReader } from './bit-reader.ts';
import { HuffmanCode } from './huffman.ts';

const WINDOW_BYTES = 1 << 15;
const OUTPUT_BYTES = 1 << 16;
const LONGEST_COPY = 258;

// RFC 1951, 3.2.5: how long a copy is and how far back it lies, by symbol: a base and extra bits.
/* prettier-ignore */
const COPY_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
/* prettier-ignore */
const COPY_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/* prettier-ignore */
const BACK_BASES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
/* prettier-ignore */
const BACK_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const END_OF_BLOCK = 256;
/** Order in which the lengths of the code of code lengths come. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const FIXED_LITERALS = new HuffmanCode(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const FIXED_BACKS = new HuffmanCode(new Uint8Array(30).fill(5));

/** A gzip file (RFC 1952) unpacked while it is read, in constant memory; every part is checked against its CRC. */
export class GunzipSource implements ByteSource {
  readonly #bits: BitReader;
  /** What was unpacked last, behind the window that copies refer to. */
  readonly #bytes = new Uint8Array(WINDOW_BYTES + OUTPUT_BYTES + LONGEST_COPY);
  #given = 0;
  #end = 0;
  /** Of the part of the file in progress: its bytes so far, and their CRC. */
  #partBytes = 0;
  #crc = -1;
  #isInPart = false;
  /** The block in progress: bytes left of one that is stored, or its codes. */
  #storedBytes = 0;
  #literals: HuffmanCode | undefined;
  #backs = FIXED_BACKS;
  #isLastBlock = false;

  constructor(source: ByteSource) {
    this.#bits = new BitReader(source);
  }

  read(into: Uint8Array): number {
    while (this.#given === this.#end) if (!this.#unpack()) return 0;
    const bytes = Math.min(into.length, this.#end - this.#given);
    into.set(this.#bytes.subarray(this.#given, this.#given + bytes));
    this.#given += bytes;
    return bytes;
  }

  /** Some more bytes, or the next heading; false at the end of the file. All before must have been given. */
  #unpack(): boolean {
    if (this.#end > WINDOW_BYTES) {
      this.#bytes.copyWithin(0, this.#end - WINDOW_BYTES, this.#end);
      this.#end = WINDOW_BYTES;
      this.#given = WINDOW_BYTES;
    }
    const from = this.#end;
    if (!this.#isInPart) {
      if (this.#bits.isAtEnd) return false;
      this.#beginPart();
    } else if (this.#storedBytes > 0) this.#copyStored();
    else if (this.#literals !== undefined) this.#decode(this.#literals);
    else if (this.#isLastBlock) this.#endPart();
    else this.#beginBlock();
    for (let at = from; at < this.#end; at++) {
      this.#crc = (this.#crc >>> 8) ^ CRC_TABLE[(this.#crc ^ this.#bytes[at]!) & 0xff]!;
    }
    this.#partBytes += this.#end - from;
    return true;
  }

  #beginPart(): void {
    const bits = this.#bits;
    if (bits.take(8) !== 0x1f || bits.take(8) !== 0x8b || bits.take(8) !== 8) throw new Error('not packed by gzip');
    const flags = bits.take(8);
    for (let k = 0; k < 6; k++) bits.take(8);
    if ((flags & 4) !== 0) for (let left = bits.take(16); left > 0; left--) bits.take(8);
    // File name and comment end with a zero.
    for (const flag of [8, 16]) if ((flags & flag) !== 0) while (bits.take(8) !== 0);
    if ((flags & 2) !== 0) bits.take(16);
    this.#isInPart = true;
    this.#isLastBlock = false;
    this.#partBytes = 0;
    this.#crc = -1;
  }

  #endPart(): void {
    const bits = this.#bits;
    bits.align();
    const crc = bits.take(16) + 65_536 * bits.take(16);
    const length = bits.take(16) + 65_536 * bits.take(16);
    const isGood = crc === ~this.#crc >>> 0 && length === this.#partBytes % 4_294_967_296;
    if (!isGood) throw new Error('the packed file is damaged: its check sum is another');
    this.#isInPart = false;
  }

  #beginBlock(): void {
    const bits = this.#bits;
    this.#isLastBlock = bits.take(1) === 1;
    switch (bits.take(2)) {
      case 0: {
        bits.align();
        this.#storedBytes = bits.take(16);
        if ((bits.take(16) ^ 0xffff) !== this.#storedBytes) throw new Error('the packed file is damaged');
        break;
      }
      case 1:
        this.#literals = FIXED_LITERALS;
        this.#backs = FIXED_BACKS;
        break;
      case 2:
        this.#readCodes();
        break;
      default:
        throw new Error('the packed file is damaged: a block of no known kind');
    }
  }

  #readCodes(): void {
    const bits = this.#bits;
    const literals = bits.take(5) + 257;
    const backs = bits.take(5) + 1;
    const given = bits.take(4) + 4;
    const ofLengths = new Uint8Array(19);
    for (let k = 0; k < given; k++) ofLengths[LENGTH_ORDER[k]!] = bits.take(3);
    const lengthCode = new HuffmanCode(ofLengths);
    const lengths = new Uint8Array(literals + backs);
    for (let at = 0; at < lengths.length;) {
      const symbol = lengthCode.decode(bits);
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      const repeated = symbol === 16 ? lengths[at - 1] : 0;
      const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
      if (repeated === undefined || at + times > lengths.length) throw new Error('the packed file is damaged');
      lengths.fill(repeated, at, (at += times));
    }
    this.#literals = new HuffmanCode(lengths.subarray(0, literals));
    this.#backs = new HuffmanCode(lengths.subarray(literals));
  }

  #copyStored(): void {
    const bytes = Math.min(this.#storedBytes, OUTPUT_BYTES);
    for (let k = 0; k < bytes; k++) this.#bytes[this.#end++] = this.#bits.take(8);
    this.#storedBytes -= bytes;
  }

  /** Until the block or the room ends. */
  #decode(literals: HuffmanCode): void {
    const bits = this.#bits;
    const bytes = this.#bytes;
    let end = this.#end;
    while (end < WINDOW_BYTES + OUTPUT_BYTES) {
      const symbol = literals.decode(bits);
      if (symbol < END_OF_BLOCK) {
        bytes[end++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) {
        this.#literals = undefined;
        break;
      }
      const copy = symbol - END_OF_BLOCK - 1;
      const length = COPY_BASES[copy]! + bits.take(COPY_BITS[copy]!);
      const far = this.#backs.decode(bits);
      const back = BACK_BASES[far]! + bits.take(BACK_BITS[far]!);
      if (!(back <= end)) throw new Error('the packed file is damaged: a copy of what was not there');
      // A copy may overlap itself, so it goes byte by byte.
      for (const until = end + length; end < until; end++) bytes[end] = bytes[end - back]!;
    }
    this.#end = end;
  }
}

/** By byte, for the polynomial of RFC 1952. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let k = 0; k < 8; k++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

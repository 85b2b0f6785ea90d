import type { ByteSource } from '../sim/ports.ts';
import { JsonScanner, MalformedJson } from './json-scanner.ts';
import type { TraceProblem } from './trace-problem.ts';

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const LONGEST_ELEMENT = 1 << 24;
const CHUNK_BYTES = 1 << 16;

/** The objects of one JSON array, one after the other, of which only one is in memory. */
export class JsonElements {
  problem: TraceProblem | undefined;
  readonly #source: ByteSource;
  readonly #scanner = new JsonScanner();
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #chunkAt = 0;
  #chunkEnd = 0;
  #element = new Uint8Array(CHUNK_BYTES);
  #length = 0;
  #line = 1;
  #sawStart = false;
  #ended = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Hand the next object to `read`; false after the last. What is wrong with one is told at the line where it begins. */
  next(read: (scanner: JsonScanner) => void): boolean {
    this.problem = undefined;
    if (this.#ended) return false;
    const opening = this.#skipTo(this.#sawStart ? OPEN_BRACE : OPEN_BRACKET);
    if (opening === CLOSE_BRACKET) {
      this.#ended = true;
      return false;
    }
    if (!this.#sawStart) {
      this.#sawStart = true;
      return this.next(read);
    }
    const line = this.#line;
    if (opening !== OPEN_BRACE || !this.#takeElement()) {
      this.#ended = true;
      this.problem = { line, column: 1, message: 'the array ends within an object, or holds something else' };
      return true;
    }
    this.#scanner.open(this.#element, 0, this.#length);
    try {
      read(this.#scanner);
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      this.problem = { line, column: 1, message: error.message };
    }
    return true;
  }

  /** Over blanks and commas to this byte or to the end of the array. */
  #skipTo(wanted: number): number {
    for (let byte = this.#byte(); byte >= 0; byte = this.#byte()) {
      if (byte === wanted || byte === OPEN_BRACE || byte === CLOSE_BRACKET) return byte;
    }
    return -1;
  }

  /** The rest of an object whose first brace is read. False if it does not end. */
  #takeElement(): boolean {
    this.#length = 0;
    this.#put(OPEN_BRACE);
    let inString = false;
    for (let depth = 1; depth > 0;) {
      const byte = this.#byte();
      if (byte < 0 || this.#length >= LONGEST_ELEMENT) return false;
      // Outside of strings a line break is a blank; inside, it may not stand.
      this.#put(byte < SPACE ? SPACE : byte);
      if (inString && byte === BACKSLASH) this.#put(this.#byte());
      else if (byte === QUOTE) inString = !inString;
      else if (!inString && (byte === OPEN_BRACE || byte === OPEN_BRACKET)) depth++;
      else if (!inString && (byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) depth--;
    }
    return true;
  }

  #put(byte: number): void {
    if (this.#length === this.#element.length) {
      const larger = new Uint8Array(2 * this.#element.length);
      larger.set(this.#element);
      this.#element = larger;
    }
    this.#element[this.#length++] = byte;
  }

  #byte(): number {
    if (this.#chunkAt === this.#chunkEnd) {
      this.#chunkEnd = this.#source.read(this.#chunk);
      this.#chunkAt = 0;
      if (this.#chunkEnd === 0) return -1;
    }
    const byte = this.#chunk[this.#chunkAt++]!;
    if (byte === LINE_FEED) this.#line++;
    return byte;
  }
}

import { quote, textOf } from './trace-problem.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LONGEST_QUOTE = 40;
const DEEPEST_NESTING = 100;

/** A line is not what it should be; `at` is the byte. */
export class MalformedJson extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/**
 * Reads JSON out of bytes in the order in which it is written, as far as traces need it, without building objects. What
 * does not fit is thrown as MalformedJson, so that its place can be told.
 */
export class JsonScanner {
  /** Where the value read last begins. */
  valueAt = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    // A byte order mark may precede the first line.
    if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) this.#at += 3;
  }

  /** Read an object; `member` must read the value of the key that stands at `keyAt`. */
  object(member: (key: string, keyAt: number) => void): void {
    this.#expect(OPEN_BRACE, 'an object { … }');
    if (this.#take(CLOSE_BRACE)) return;
    do {
      const key = this.string();
      const keyAt = this.valueAt;
      this.#expect(COLON, 'a colon');
      member(key, keyAt);
    } while (this.#take(COMMA));
    this.#expect(CLOSE_BRACE, 'a comma or the end of the object');
  }

  /** Read an array; `item` must read the item of the index it is given. */
  array(item: (index: number) => void): void {
    this.#expect(OPEN_BRACKET, 'an array [ … ]');
    if (this.#take(CLOSE_BRACKET)) return;
    let index = 0;
    do item(index++);
    while (this.#take(COMMA));
    this.#expect(CLOSE_BRACKET, 'a comma or the end of the array');
  }

  /** Whether a string comes next. */
  isString(): boolean {
    this.#begin();
    return this.#at < this.#end && this.#bytes[this.#at] === QUOTE;
  }

  string(): string {
    this.#begin();
    if (this.#bytes[this.#at] !== QUOTE) throw this.#unexpected('a string');
    const from = this.#at++;
    while (this.#at < this.#end && this.#bytes[this.#at] !== QUOTE) {
      this.#at += this.#bytes[this.#at] === BACKSLASH ? 2 : 1;
    }
    if (this.#at >= this.#end) throw new MalformedJson(from, 'a string does not end');
    this.#at++;
    return textOf(this.#bytes, from + 1, this.#at - 1, 1_000);
  }

  /** The characters of the string that comes next, of which an escape is one. */
  textLength(): number {
    this.string();
    const bytes = this.#bytes;
    let characters = 0;
    for (let at = this.valueAt + 1; at < this.#at - 1; at++) {
      if (bytes[at] === BACKSLASH) at += bytes[at + 1] === LOWER_U ? 5 : 1;
      // All but the first byte of a character in UTF-8 are 10xxxxxx.
      if ((bytes[at]! & 0xc0) !== 0x80) characters++;
    }
    return characters;
  }

  number(): number {
    this.#begin();
    const from = this.#at;
    let value = 0;
    // Whole numbers are nearly all there is, and need no text.
    for (; this.#at < this.#end && this.#at - from < 15; this.#at++) {
      const digit = this.#bytes[this.#at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (this.#at > from && !this.#isWordByte()) return value;
    while (this.#at < this.#end && this.#isWordByte()) this.#at++;
    const text = textOf(this.#bytes, from, this.#at, LONGEST_QUOTE);
    const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
    this.#at = isNumber ? this.#at : from;
    if (!isNumber) throw this.#unexpected('a number');
    return Number(text);
  }

  /** A number, or undefined for null. */
  numberOrNull(): number | undefined {
    this.#begin();
    if (this.#bytes[this.#at] !== 0x6e || textOf(this.#bytes, this.#at, this.#at + 4, 4) !== 'null')
      return this.number();
    this.#at += 4;
    return undefined;
  }

  skip(depth = 0): void {
    this.#begin();
    if (depth > DEEPEST_NESTING) throw new MalformedJson(this.#at, `nested deeper than ${DEEPEST_NESTING} levels`);
    const first = this.#bytes[this.#at];
    if (first === OPEN_BRACE) this.object(() => this.skip(depth + 1));
    else if (first === OPEN_BRACKET) this.array(() => this.skip(depth + 1));
    else if (first === QUOTE) this.string();
    else {
      const from = this.#at;
      while (this.#at < this.#end && this.#isWordByte()) this.#at++;
      if (this.#at === from) throw this.#unexpected('a value');
    }
  }

  /** Nothing may follow. */
  close(): void {
    this.#begin();
    if (this.#at < this.#end) throw this.#unexpected('the end of the line');
  }

  /** Over blanks. */
  #begin(): void {
    while (this.#at < this.#end && (this.#bytes[this.#at] === 0x20 || this.#bytes[this.#at] === 0x09)) this.#at++;
    this.valueAt = this.#at;
  }

  #take(byte: number): boolean {
    this.#begin();
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(byte: number, what: string): void {
    if (!this.#take(byte)) throw this.#unexpected(what);
  }

  #isWordByte(): boolean {
    const byte = this.#bytes[this.#at]!;
    if (this.#at >= this.#end) return false;
    // Letters, digits, + - .
    return (
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x41 && byte <= 0x5a) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2b ||
      byte === 0x2d ||
      byte === 0x2e
    );
  }

  #unexpected(wanted: string): MalformedJson {
    const found =
      this.#at >= this.#end ? 'the end of the line' : quote(textOf(this.#bytes, this.#at, this.#end, LONGEST_QUOTE));
    return new MalformedJson(this.#at, `expected ${wanted}, found ${found}`);
  }
}

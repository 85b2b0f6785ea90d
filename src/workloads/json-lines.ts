import type { ByteSource } from '../sim/ports.ts';
import { JsonScanner, MalformedJson } from './json-scanner.ts';
import { MAX_TOKENS } from './lengths.ts';
import { LineReader } from './line-reader.ts';
import { quote, type TraceProblem } from './trace-problem.ts';

/** Not at a byte but of the whole line. */
const NO_PLACE = -1;

/** The lines of a JSON Lines file, one after the other, in constant memory. */
export class JsonLines {
  /** What is wrong with the line read last. */
  problem: TraceProblem | undefined;
  readonly #lines: LineReader;
  readonly #longestLine: number;
  readonly #scanner = new JsonScanner();
  #sawLine = false;

  constructor(source: ByteSource, longestLine: number) {
    this.#lines = new LineReader(source, longestLine);
    this.#longestLine = longestLine;
  }

  /** The line read last, from 1. */
  get line(): number {
    return this.#lines.line;
  }

  /** Hand the next line that is not blank to `read`; false at the end. A file without one has a problem, once. */
  next(read: (scanner: JsonScanner) => void): boolean {
    this.problem = undefined;
    const lines = this.#lines;
    do {
      if (!lines.next()) return this.#end();
    } while (lines.start === lines.end);
    this.#sawLine = true;
    if (lines.isCut) {
      this.problem = { line: lines.line, column: 1, message: `the line is longer than ${this.#longestLine} bytes` };
      return true;
    }
    this.#scanner.open(lines.bytes, lines.start, lines.end);
    try {
      read(this.#scanner);
      this.#scanner.close();
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      this.problem = { line: lines.line, column: Math.max(error.at - lines.start, 0) + 1, message: error.message };
    }
    return true;
  }

  #end(): boolean {
    if (this.#sawLine) return false;
    this.#sawLine = true;
    this.problem = { line: 1, column: 1, message: 'the file is empty; it should have one JSON object a line' };
    return true;
  }
}

/** The whole number of tokens that comes next. */
export function tokensOf(scanner: JsonScanner, name: string, least: number): number {
  return checkedTokens(scanner.number(), scanner, name, least);
}

/** The same, where null stands for none. */
export function tokensOrNone(scanner: JsonScanner, name: string): number {
  return checkedTokens(scanner.numberOrNull() ?? 0, scanner, name, 0);
}

function checkedTokens(tokens: number, scanner: JsonScanner, name: string, least: number): number {
  if (!Number.isInteger(tokens) || tokens < least || tokens > MAX_TOKENS) {
    throw new MalformedJson(
      scanner.valueAt,
      `${name} ${tokens} is not a whole number of tokens from ${least} to ${MAX_TOKENS}`,
    );
  }
  return tokens;
}

/** A key that the line must have; `found` is undefined if it has not. */
export function required<Value>(found: Value | undefined, key: string): Value {
  if (found === undefined) throw new MalformedJson(NO_PLACE, `the key ${quote(key)} is missing`);
  return found;
}

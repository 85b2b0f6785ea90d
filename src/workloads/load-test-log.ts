import type { ByteSource } from '../sim/ports.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { LineReader } from './line-reader.ts';
import { MAX_TOKENS } from './lengths.ts';
import { MAX_SPAN_S, TimestampParser } from './timestamps.ts';
import { quote, textOf, type TraceProblem } from './trace-problem.ts';

const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const LONGEST_QUOTE = 40;
const NO_COLUMN = -1;

/** What each column may be called; of several that a file has, the first. What was generated counts, not what a client re-tokenised. */
const COLUMN_NAMES = {
  arrival: ['arrival_s'],
  prompt: ['prompt_tokens_client', 'prompt_tokens', 'input_tokens'],
  output: ['output_tokens_true', 'output_tokens'],
  promptId: ['prompt_id_mod100', 'prompt_id'],
} as const;

interface Columns {
  readonly arrival: number;
  readonly prompt: number;
  readonly output: number;
  /** NO_COLUMN where every prompt is a new one. */
  readonly promptId: number;
}

/**
 * The requests that a benchmark client has recorded, one a line: a header, then columns by name, others ignored. `next`
 * answers true for every row; a malformed one has `problem` set and no values.
 */
export class LoadTestLogReader {
  /** Since the first row. */
  arrivalNs: Ns = 0;
  promptTokens = 0;
  outputTokens = 0;
  /** Which prompt of a set it was; −1 where the file does not say. */
  promptId = -1;
  problem: TraceProblem | undefined;

  readonly #lines: LineReader;
  readonly #time = new TimestampParser();
  #columns: Columns | undefined;
  #ended = false;
  #sawRow = false;
  #sawTime = false;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  /** Where each field of the line begins; the last entry is one past the line break. */
  readonly #starts: number[] = [];

  constructor(source: ByteSource) {
    this.#lines = new LineReader(source);
  }

  next(): boolean {
    this.problem = undefined;
    if (this.#ended) return false;
    this.#columns ??= this.#readHeader();
    if (this.#columns === undefined) {
      this.#ended = true;
      return true;
    }
    do {
      if (!this.#lines.next()) return this.#end();
    } while (this.#lines.start === this.#lines.end);
    this.#readRow(this.#columns);
    return true;
  }

  #end(): boolean {
    this.#ended = true;
    if (this.#sawRow) return false;
    this.problem = { line: this.#lines.line + 1, column: 1, message: 'no requests follow the header' };
    return true;
  }

  #readHeader(): Columns | undefined {
    const isEmpty = !this.#lines.next();
    const { bytes, start, end } = this.#lines;
    const names = isEmpty ? [] : textOf(bytes, start, end, 1_000).split(',');
    const find = (wanted: readonly string[]) =>
      wanted.map((name) => names.indexOf(name)).find((column) => column >= 0) ?? NO_COLUMN;
    const columns = {
      arrival: find(COLUMN_NAMES.arrival),
      prompt: find(COLUMN_NAMES.prompt),
      output: find(COLUMN_NAMES.output),
      promptId: find(COLUMN_NAMES.promptId),
    };
    if (columns.arrival >= 0 && columns.prompt >= 0 && columns.output >= 0) return columns;
    this.#fail(start, 'the header should name the columns arrival_s, input_tokens and output_tokens');
    return undefined;
  }

  #readRow(columns: Columns): void {
    const { bytes, start, end } = this.#lines;
    this.#sawRow = true;
    const starts = this.#starts;
    starts.length = 0;
    starts.push(start);
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) starts.push(at + 1);
    starts.push(end + 1);
    const needed = Math.max(columns.arrival, columns.prompt, columns.output, columns.promptId) + 1;
    if (starts.length <= needed) {
      this.#fail(start, `expected at least ${needed} fields, found ${starts.length - 1}`);
      return;
    }
    this.#readTime(columns.arrival);
    this.promptTokens = this.#readLength(columns.prompt, this.promptTokens);
    this.outputTokens = this.#readLength(columns.output, this.outputTokens);
    this.promptId = columns.promptId === NO_COLUMN ? -1 : this.#readCount(columns.promptId, 0, 'a prompt');
  }

  #readTime(column: number): void {
    const [start, end] = this.#field(column);
    const time = this.#time;
    if (!time.parseSeconds(this.#lines.bytes, start, end)) {
      this.#fail(start, `arrival_s ${this.#quoted(start, end)} is not a time like 4.314579 (seconds)`);
      return;
    }
    if (!this.#sawTime) {
      this.#sawTime = true;
      this.#firstSeconds = time.seconds;
      this.#firstNanoseconds = time.nanoseconds;
    }
    const spanS = time.seconds - this.#firstSeconds;
    const arrivalNs = spanS * NS_PER_S + time.nanoseconds - this.#firstNanoseconds;
    if (arrivalNs < this.arrivalNs) this.#fail(start, `time goes back at ${this.#quoted(start, end)}`);
    else if (spanS > MAX_SPAN_S) this.#fail(start, 'it is more than 104 days after the first request');
    else this.arrivalNs = arrivalNs;
  }

  /** A request that failed has no length (or 0 tokens) in the file, though it was sent: it asked for what the last one did. */
  #readLength(column: number, last: number): number {
    const [start, end] = this.#field(column);
    const isUnknown = start === end || (end === start + 1 && this.#lines.bytes[start] === DIGIT_0);
    return isUnknown && last > 0 ? last : this.#readCount(column, 1, 'tokens');
  }

  #readCount(column: number, least: number, noun: string): number {
    const [start, end] = this.#field(column);
    let count = start === end ? NaN : 0;
    for (let at = start; at < end; at++) {
      const digit = this.#lines.bytes[at]! - DIGIT_0;
      count = digit < 0 || digit > 9 ? NaN : count * 10 + digit;
    }
    if (count >= least && count <= MAX_TOKENS) return count;
    this.#fail(start, `${this.#quoted(start, end)} is not ${noun}: a whole number, at least ${least}`);
    return 0;
  }

  #field(column: number): [start: number, end: number] {
    return [this.#starts[column]!, this.#starts[column + 1]! - 1];
  }

  /** The first thing that is wrong in a row counts. */
  #fail(at: number, message: string): void {
    this.problem ??= { line: this.#lines.line, column: at - this.#lines.start + 1, message };
  }

  #quoted(start: number, end: number): string {
    return quote(textOf(this.#lines.bytes, start, end, LONGEST_QUOTE));
  }
}

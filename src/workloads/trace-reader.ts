import type { ByteSource } from '../sim/ports.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { LineReader } from './line-reader.ts';
import { MAX_TOKENS } from './lengths.ts';
import { MAX_SPAN_S, TimestampParser } from './timestamps.ts';
import { quote, textOf, type TraceProblem } from './trace-problem.ts';

interface Form {
  readonly columns: readonly [time: string, prompt: string, output: string];
  readonly inSeconds: boolean;
  readonly timeExample: string;
}

const FORMS: readonly Form[] = [
  {
    columns: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
    inSeconds: false,
    timeExample: '2023-11-16 18:15:46.6805900',
  },
  { columns: ['timestamp_s', 'input_tokens', 'output_tokens'], inSeconds: true, timeExample: '4.314579 (seconds)' },
];

const COMMA = 0x2c;
const LONGEST_TIMESTAMP = 64;
const LONGEST_QUOTE = 40;

/**
 * The rows of an Azure LLM inference trace, in constant memory. `next` answers true for every row; a malformed one has
 * `problem` set and no values.
 */
export class TraceReader {
  /** Since the first row. */
  arrivalNs: Ns = 0;
  promptTokens = 0;
  outputTokens = 0;
  problem: TraceProblem | undefined;

  readonly #lines: LineReader;
  readonly #time = new TimestampParser();
  #form: Form | undefined;
  #ended = false;
  #sawRow = false;
  #sawTime = false;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  /** The text of the latest good row's time, for the message should the next one lie before it. */
  readonly #previousTime = new Uint8Array(LONGEST_TIMESTAMP);
  #previousTimeLength = 0;

  constructor(source: ByteSource) {
    this.#lines = new LineReader(source);
  }

  next(): boolean {
    this.problem = undefined;
    if (this.#ended) return false;
    if (this.#form === undefined) {
      this.#form = this.#readHeader();
      if (this.#form === undefined) {
        this.#ended = true;
        return true;
      }
    }
    do {
      if (!this.#lines.next()) return this.#end();
    } while (this.#lines.start === this.#lines.end);
    this.#sawRow = true;
    this.#readRow(this.#form);
    return true;
  }

  /** No more lines. A file of a header only is one more malformed row. */
  #end(): boolean {
    this.#ended = true;
    if (this.#sawRow) return false;
    this.problem = { line: this.#lines.line + 1, column: 1, message: 'no requests follow the header' };
    return true;
  }

  #readHeader(): Form | undefined {
    const known = FORMS.map(({ columns }) => `\n  ${columns.join(',')}`).join('');
    if (!this.#lines.next()) {
      this.problem = { line: 1, column: 1, message: `the file is empty; it should begin with one of${known}` };
      return undefined;
    }
    const { bytes, start, end } = this.#lines;
    const header = textOf(bytes, start, end, 200);
    const form = FORMS.find(({ columns }) => columns.join(',') === header);
    if (form === undefined) this.#fail(start, `unknown header ${quote(header)}; it should be one of${known}`);
    return form;
  }

  #readRow(form: Form): void {
    const { bytes, start, end } = this.#lines;
    let commas = 0;
    let firstComma = start;
    let secondComma = start;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== COMMA) continue;
      commas++;
      if (commas === 1) firstComma = at;
      else if (commas === 2) secondComma = at;
    }
    if (commas !== 2) {
      this.#fail(start, `expected 3 fields (${form.columns.join(', ')}), found ${commas + 1}`);
      return;
    }
    if (!this.#readTime(form, start, firstComma)) return;
    this.promptTokens = this.#readTokens(form.columns[1], firstComma + 1, secondComma);
    if (this.problem === undefined) this.outputTokens = this.#readTokens(form.columns[2], secondComma + 1, end);
  }

  #readTime(form: Form, start: number, end: number): boolean {
    const { bytes } = this.#lines;
    const time = this.#time;
    const valid =
      end - start <= LONGEST_TIMESTAMP &&
      (form.inSeconds ? time.parseSeconds(bytes, start, end) : time.parseDateTime(bytes, start, end));
    if (!valid) {
      this.#fail(start, `${form.columns[0]} ${this.#quoted(start, end)} is not a time like ${form.timeExample}`);
      return false;
    }
    if (!this.#sawTime) {
      this.#firstSeconds = time.seconds;
      this.#firstNanoseconds = time.nanoseconds;
    }
    const spanS = time.seconds - this.#firstSeconds;
    const arrivalNs = spanS * NS_PER_S + time.nanoseconds - this.#firstNanoseconds;
    if (this.#sawTime && arrivalNs < this.arrivalNs) {
      const previous = quote(textOf(this.#previousTime, 0, this.#previousTimeLength, LONGEST_TIMESTAMP));
      this.#fail(start, `time goes back: ${this.#quoted(start, end)} follows ${previous}`);
      return false;
    }
    if (spanS > MAX_SPAN_S) {
      this.#fail(start, `${this.#quoted(start, end)} is more than 104 days after the first request`);
      return false;
    }
    this.#sawTime = true;
    this.arrivalNs = arrivalNs;
    this.#previousTimeLength = end - start;
    for (let k = 0; k < end - start; k++) this.#previousTime[k] = bytes[start + k]!;
    return true;
  }

  #readTokens(column: string, start: number, end: number): number {
    const { bytes } = this.#lines;
    let tokens = 0;
    for (let at = start; at < end; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) {
        this.#fail(start, `${column} ${this.#quoted(start, end)} is not a whole number of tokens, at least 1`);
        return 0;
      }
      tokens = tokens * 10 + digit;
    }
    if (start === end) this.#fail(start, `${column} is empty; it should be a whole number of tokens, at least 1`);
    else if (tokens === 0) this.#fail(start, `${column} is 0; a request has at least 1 token`);
    else if (tokens > MAX_TOKENS)
      this.#fail(start, `${column} ${this.#quoted(start, end)} is above ${MAX_TOKENS} tokens`);
    return tokens;
  }

  #fail(at: number, message: string): void {
    this.problem = { line: this.#lines.line, column: at - this.#lines.start + 1, message };
  }

  #quoted(start: number, end: number): string {
    return quote(textOf(this.#lines.bytes, start, end, LONGEST_QUOTE));
  }
}

import type { ByteSource } from '../sim/ports.ts';
import { NO_SESSION, NS_PER_S, type Ns } from '../sim/units.ts';
import { LineReader } from './line-reader.ts';
import { MAX_TOKENS } from './lengths.ts';
import { MAX_SPAN_S, TimestampParser } from './timestamps.ts';
import { quote, textOf, type TraceProblem } from './trace-problem.ts';
import { NO_FOLLOW_UPS, NO_STREAMS, numberOfText, type TraceRow, type TraceRows } from './trace-rows.ts';

const COMMA = 0x2c;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const LONGEST_QUOTE = 40;
const NO_COLUMN = -1;

/** What a file with columns by name means; of several names that it has, the first counts. */
export interface CsvForm {
  readonly columns: Readonly<Record<'time' | 'prompt' | 'output' | 'reasoning' | 'session', readonly string[]>>;
  /** A file without a column of times is malformed. */
  readonly needsTimes: boolean;
  /** A row without a length, or with 0 tokens, was sent and failed: it asked for as much as the one before. */
  readonly failedAskForAsMuch: boolean;
}

/** Azure's, BurstGPT's, ServeGen's, Vidur's, splitwise-sim's and our own files. */
const TRACES: CsvForm = {
  columns: {
    time: ['TIMESTAMP', 'Timestamp', 'timestamp_s', 'arrival_s', 'arrived_at', 'arrival_timestamp'],
    prompt: ['ContextTokens', 'Request tokens', 'input_tokens', 'prompt_tokens', 'num_prefill_tokens', 'prompt_size'],
    output: ['GeneratedTokens', 'Response tokens', 'output_tokens', 'num_decode_tokens', 'token_size'],
    reasoning: ['reasoning_tokens', 'reason_tokens'],
    session: ['Session ID', 'session', 'session_id'],
  },
  needsTimes: false,
  failedAskForAsMuch: false,
};

type Columns = Readonly<Record<keyof CsvForm['columns'], number>>;

/** A trace with a header and columns by name, others ignored, in constant memory. */
export class CsvTraceReader implements TraceRows {
  row: TraceRow | undefined;
  problem: TraceProblem | undefined;
  gridNs: Ns = 0;
  hasTimes = true;

  /** When the last row that was not malformed arrived. */
  latestNs: Ns = 0;

  readonly #form: CsvForm;
  readonly #lines: LineReader;
  readonly #time = new TimestampParser();
  #columns: Columns | undefined;
  /** BurstGPT writes 0 tokens for an answer that failed. */
  #zeroMeansFailed = false;
  #ended = false;
  #sawRow = false;
  #sawTime = false;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  /** Of the last request, for those that failed after it. */
  #promptTokens = 0;
  #outputTokens = 0;
  /** How many fields the line has, where each begins, and one past the line break. */
  #fields = 0;
  readonly #starts: number[] = [];

  constructor(source: ByteSource, form = TRACES) {
    this.#form = form;
    this.#lines = new LineReader(source);
  }

  next(): boolean {
    this.row = undefined;
    this.problem = undefined;
    if (this.#ended) return false;
    this.#columns ??= this.#readHeader();
    if (this.#columns === undefined) {
      this.#ended = true;
      return true;
    }
    while (this.#lines.next()) {
      if (this.#lines.start === this.#lines.end) continue;
      this.#sawRow = true;
      if (this.#readRow(this.#columns)) return true;
    }
    return this.#end();
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
    const header = isEmpty ? '' : textOf(bytes, start, end, 1_000);
    const written = header.split(',').map((name) => name.trim());
    const { columns: wanted, needsTimes } = this.#form;
    const find = (some: readonly string[]) =>
      some.map((name) => written.indexOf(name)).find((column) => column >= 0) ?? NO_COLUMN;
    const columns = {
      time: find(wanted.time),
      prompt: find(wanted.prompt),
      output: find(wanted.output),
      reasoning: find(wanted.reasoning),
      session: find(wanted.session),
    };
    this.hasTimes = columns.time !== NO_COLUMN;
    this.#zeroMeansFailed = written.includes('Response tokens');
    this.gridNs = this.#zeroMeansFailed ? NS_PER_S : 0;
    const needed = needsTimes ? (['time', 'prompt', 'output'] as const) : (['prompt', 'output'] as const);
    const lacking = needed.find((column) => columns[column] === NO_COLUMN);
    if (lacking === undefined) return columns;
    const names = wanted[lacking].join(', ');
    this.#fail(start, `the header ${quote(header.slice(0, 200))} has none of the columns ${names}`);
    return undefined;
  }

  /** False for a row that is no request. */
  #readRow(columns: Columns): boolean {
    const { bytes, start, end } = this.#lines;
    const starts = this.#starts;
    let fields = 0;
    starts[fields++] = start;
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) starts[fields++] = at + 1;
    starts[fields] = end + 1;
    this.#fields = fields;
    const needed = 1 + Math.max(columns.time, columns.prompt, columns.output, columns.reasoning);
    if (fields < needed) {
      this.#fail(start, `expected at least ${needed} fields, found ${fields}`);
      return true;
    }
    const atNs = columns.time === NO_COLUMN ? 0 : this.#readTime(columns.time);
    const promptTokens = this.#readTokens(columns.prompt, 1, this.#promptTokens);
    const outputTokens = this.#readTokens(columns.output, this.#zeroMeansFailed ? 0 : 1, this.#outputTokens);
    const reasoning = columns.reasoning === NO_COLUMN ? 0 : this.#readTokens(columns.reasoning, 0, 0);
    if (this.problem !== undefined) return true;
    this.latestNs = atNs;
    this.#promptTokens = promptTokens;
    this.#outputTokens = outputTokens;
    if (outputTokens === 0) return false;
    this.row = {
      atNs,
      promptTokens,
      outputTokens,
      // The last token of an answer is never a hidden one.
      reasoningTokens: Math.min(reasoning, outputTokens - 1),
      session: this.#readSession(columns.session),
      streams: NO_STREAMS,
      ends: NO_STREAMS,
      reusedTokens: 0,
      followUps: NO_FOLLOW_UPS,
    };
    return true;
  }

  #readTime(column: number): Ns {
    const [start, end] = this.#field(column);
    const { bytes } = this.#lines;
    const time = this.#time;
    // A date has a dash after its year.
    const isDate = start + 4 < end && bytes[start + 4] === MINUS;
    if (!(isDate ? time.parseDateTime(bytes, start, end) : time.parseSeconds(bytes, start, end))) {
      const like = '4.314579 (seconds) or 2023-11-16 18:15:46.6805900';
      this.#fail(start, `${this.#quoted(start, end)} is not a time like ${like}`);
      return 0;
    }
    if (!this.#sawTime) {
      this.#sawTime = true;
      this.#firstSeconds = time.seconds;
      this.#firstNanoseconds = time.nanoseconds;
    }
    const spanS = time.seconds - this.#firstSeconds;
    const atNs = spanS * NS_PER_S + time.nanoseconds - this.#firstNanoseconds;
    if (atNs < this.latestNs) this.#fail(start, `time goes back at ${this.#quoted(start, end)}`);
    else if (spanS > MAX_SPAN_S)
      this.#fail(start, `${this.#quoted(start, end)} is more than 104 days after the first request`);
    return atNs;
  }

  /** @param before of the request before, which one that failed takes over where the form says so */
  #readTokens(column: number, least: number, before: number): number {
    const [start, end] = this.#field(column);
    if (this.#form.failedAskForAsMuch && before > 0 && this.#isNothing(start, end)) return before;
    let tokens = start === end ? NaN : 0;
    for (let at = start; at < end; at++) {
      const digit = this.#lines.bytes[at]! - DIGIT_0;
      tokens = digit < 0 || digit > 9 ? NaN : tokens * 10 + digit;
    }
    if (tokens >= least && tokens <= MAX_TOKENS) return tokens;
    const range = `a whole number of tokens from ${least} to ${MAX_TOKENS}`;
    this.#fail(start, `${this.#quoted(start, end)} is not ${range}`);
    return 0;
  }

  #isNothing(start: number, end: number): boolean {
    return start === end || (end === start + 1 && this.#lines.bytes[start] === DIGIT_0);
  }

  /** Rows outside of conversations have an empty field, or none. */
  #readSession(column: number): number {
    if (column === NO_COLUMN || column >= this.#fields) return NO_SESSION;
    const [start, end] = this.#field(column);
    return start === end ? NO_SESSION : numberOfText(textOf(this.#lines.bytes, start, end, LONGEST_QUOTE));
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

import type { ByteSource } from '../sim/ports.ts';
import { NO_SESSION, type Ns } from '../sim/units.ts';
import { ArrowReader } from './arrow-reader.ts';
import { MAX_TOKENS } from './lengths.ts';
import type { TraceProblem } from './trace-problem.ts';
import { NO_FOLLOW_UPS, NO_STREAMS, type TraceRow, type TraceRows } from './trace-rows.ts';

/** Arrival, prompt and output of our own files; the others may be missing. */
const NEEDED = ['arrival', 'prompt_tokens', 'output_tokens'] as const;
const NS_PER_UNIT = [1e9, 1e6, 1e3, 1];

interface Kept {
  readonly high: number;
  readonly low: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
}

/**
 * requests.arrow of a run, or a sample, as a trace. Rows of a run stand in the order in which requests left, so those that
 * arrived before others wait for them: memory follows the requests that were in flight together.
 */
export class ArrowTraceReader implements TraceRows {
  row: TraceRow | undefined;
  problem: TraceProblem | undefined;
  readonly hasTimes = true;
  readonly gridNs = 0;
  readonly #source: ByteSource;
  #reader: ArrowReader | undefined;
  #nextRow = 0;
  #ended = false;
  #count = 0;
  /** By number of arrival, those that came before their turn. */
  readonly #early = new Map<number, Kept>();
  /** What is left at the end of the file, the last arrival first. */
  #rest: Kept[] = [];
  #turn = 0;
  #first: Kept | undefined;
  #latestNs: Ns = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  next(): boolean {
    this.row = undefined;
    this.problem = undefined;
    try {
      return this.#next();
    } catch (error) {
      this.#ended = true;
      this.#early.clear();
      this.#rest = [];
      this.#count = 1;
      this.#fail(`the Arrow file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return true;
    }
  }

  #next(): boolean {
    for (;;) {
      const due = this.#early.get(this.#turn);
      if (due !== undefined) {
        this.#early.delete(this.#turn++);
        this.#give(due);
        return true;
      }
      if (this.#ended) return this.#giveRest();
      if (!this.#readRow()) this.#end();
    }
  }

  /** Numbers that nobody has are passed over once all is read. */
  #end(): void {
    this.#ended = true;
    this.#rest = [...this.#early].sort(([one], [other]) => other - one).map(([, kept]) => kept);
    this.#early.clear();
  }

  #giveRest(): boolean {
    const kept = this.#rest.pop();
    if (kept !== undefined) {
      this.#turn++;
      this.#give(kept);
      return true;
    }
    if (this.#count > 0) return false;
    this.#count = 1;
    this.#fail('the Arrow file has no rows');
    return true;
  }

  #readRow(): boolean {
    this.#reader ??= this.#open();
    const reader = this.#reader;
    if (this.#nextRow === reader.rows) {
      this.#nextRow = 0;
      if (!reader.next()) return false;
    }
    const row = this.#nextRow++;
    const number = reader.has('request') ? reader.value('request', row) : this.#count;
    this.#count++;
    this.#early.set(number, {
      high: reader.high('arrival', row),
      low: reader.low('arrival', row),
      promptTokens: reader.value('prompt_tokens', row),
      outputTokens: reader.value('output_tokens', row),
      reasoningTokens: reader.has('reasoning_tokens') ? reader.value('reasoning_tokens', row) : 0,
      session: reader.has('session') ? reader.value('session', row) : NO_SESSION,
    });
    return true;
  }

  #open(): ArrowReader {
    const reader = new ArrowReader(this.#source);
    const lacking = NEEDED.find((column) => !reader.has(column));
    if (lacking !== undefined) throw new Error(`it has no column ${lacking} of whole numbers`);
    if (reader.timeUnit('arrival') === undefined) throw new Error('its column arrival is not a time');
    return reader;
  }

  #give(kept: Kept): void {
    this.#first ??= kept;
    const { high, low, promptTokens, outputTokens, reasoningTokens, session } = kept;
    const unitNs = NS_PER_UNIT[this.#reader!.timeUnit('arrival')!]!;
    const atNs = ((high - this.#first.high) * 4_294_967_296 + (low - this.#first.low)) * unitNs;
    const isLength = (tokens: number) => tokens >= 1 && tokens <= MAX_TOKENS;
    if (!isLength(promptTokens) || !isLength(outputTokens)) {
      this.#fail(`${promptTokens} and ${outputTokens} are no lengths from 1 to ${MAX_TOKENS} tokens`);
    } else if (atNs < this.#latestNs) {
      this.#fail('time goes back');
    } else {
      this.#latestNs = atNs;
      this.row = {
        atNs,
        promptTokens,
        outputTokens,
        reasoningTokens: Math.max(0, Math.min(reasoningTokens, outputTokens - 1)),
        session: session < 0 ? NO_SESSION : session,
        streams: NO_STREAMS,
        ends: NO_STREAMS,
        reusedTokens: 0,
        followUps: NO_FOLLOW_UPS,
      };
    }
  }

  /** Rows have no lines: they are counted by arrival, from 1. */
  #fail(message: string): void {
    this.problem = { line: Math.max(this.#turn, 1), column: 1, message };
  }
}

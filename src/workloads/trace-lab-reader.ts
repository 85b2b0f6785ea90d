import type { ByteSource } from '../sim/ports.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { JsonLines, required, tokensOf } from './json-lines.ts';
import { MalformedJson, type JsonScanner } from './json-scanner.ts';
import { TimestampParser } from './timestamps.ts';
import type { TraceProblem } from './trace-problem.ts';
import { NO_STREAMS, numberOfText, type FollowUp, type TraceRow, type TraceRows } from './trace-rows.ts';

const LONGEST_LINE = 1 << 22;
const MOST_GAP_S = 104 * 86_400;

/** One round of a session: what goes to the model, what comes back, and when. */
interface Round {
  readonly session: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Leading tokens that the provider had cached. */
  readonly cachedTokens: number;
  readonly first: Moment | undefined;
  readonly last: Moment | undefined;
}

interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/**
 * TraceLab's rounds of coding agents in JSON Lines: a session is a row, its rounds, which stand together, follow each after the
 * answer before it. Sessions were recorded by many users over months: the file does not say how many are active at a time.
 */
export class TraceLabReader implements TraceRows {
  row: TraceRow | undefined;
  problem: TraceProblem | undefined;
  readonly hasTimes = false;
  readonly gridNs = 0;
  readonly #lines: JsonLines;
  readonly #time = new TimestampParser();
  /** The round read last, the first of the next session. */
  #round: Round | undefined;
  /** … or what is wrong with its line. */
  #pending: TraceProblem | undefined;

  constructor(source: ByteSource) {
    this.#lines = new JsonLines(source, LONGEST_LINE);
  }

  next(): boolean {
    this.row = undefined;
    if (this.#round === undefined && this.#pending === undefined) this.#read();
    this.problem = this.#pending;
    this.#pending = undefined;
    if (this.problem !== undefined) return true;
    const first = this.#round;
    if (first === undefined) return false;
    const followUps: FollowUp[] = [];
    for (let before = first; this.#read() && this.#round!.session === first.session; before = this.#round!) {
      followUps.push(followUpOf(this.#round!, before));
    }
    const { promptTokens, outputTokens, reasoningTokens, session } = first;
    const shared = { streams: NO_STREAMS, ends: NO_STREAMS, reusedTokens: 0 };
    this.row = { atNs: 0, promptTokens, outputTokens, reasoningTokens, session, ...shared, followUps };
    return true;
  }

  /** Into the fields; false at the end of the file and at a malformed line. */
  #read(): boolean {
    this.#round = undefined;
    this.#lines.next((scanner) => {
      this.#round = this.#roundOf(scanner);
    });
    this.#pending = this.#lines.problem;
    if (this.#pending !== undefined) this.#round = undefined;
    return this.#round !== undefined;
  }

  #roundOf(scanner: JsonScanner): Round {
    let session: number | undefined;
    let promptTokens: number | undefined;
    let outputTokens: number | undefined;
    let reasoningTokens = 0;
    let cachedTokens = 0;
    let events: readonly Moment[] = [];
    scanner.object((key) => {
      if (key === 'session_id')
        session = numberOfText(scanner.isString() ? scanner.string() : String(scanner.number()));
      else if (key === 'input_tokens_total') promptTokens = tokensOf(scanner, key, 1);
      else if (key === 'output_tokens') outputTokens = tokensOf(scanner, key, 0);
      else if (key === 'reasoning_output_tokens') reasoningTokens = tokensOf(scanner, key, 0);
      else if (key === 'prefix_tokens') cachedTokens = tokensOf(scanner, key, 0);
      else if (key === 'timing_events') events = this.#eventsOf(scanner);
      else scanner.skip();
    });
    // A round that was recorded without an answer is given one token.
    const output = Math.max(1, required(outputTokens, 'output_tokens'));
    return {
      session: required(session, 'session_id'),
      promptTokens: required(promptTokens, 'input_tokens_total'),
      outputTokens: output,
      reasoningTokens: Math.min(reasoningTokens, output - 1),
      cachedTokens,
      first: events[0],
      last: events.at(-1),
    };
  }

  #eventsOf(scanner: JsonScanner): readonly Moment[] {
    const events: Moment[] = [];
    scanner.array(() => {
      scanner.object((key) => {
        if (key === 'timestamp') events.push(this.#momentOf(scanner));
        else scanner.skip();
      });
    });
    return events.sort((one, other) => one.seconds - other.seconds || one.nanoseconds - other.nanoseconds);
  }

  #momentOf(scanner: JsonScanner): Moment {
    const text = scanner.string();
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const time = this.#time;
    if (time.parseDateTime(bytes, 0, bytes.length)) return { seconds: time.seconds, nanoseconds: time.nanoseconds };
    throw new MalformedJson(scanner.valueAt, `"${text.slice(0, 40)}" is not a time like 2026-01-31T12:00:00.5Z`);
  }
}

/** A prompt goes on with everything before it, unless it is shorter: then with what the provider still knew of it. */
function followUpOf(round: Round, before: Round): FollowUp {
  const { promptTokens, outputTokens, cachedTokens } = round;
  const lengths = { gapNs: gapNs(before.last, round.first), promptTokens, outputTokens };
  return promptTokens >= before.promptTokens
    ? lengths
    : { ...lengths, keptTokens: Math.min(cachedTokens, promptTokens) };
}

function gapNs(from: Moment | undefined, until: Moment | undefined): Ns {
  if (from === undefined || until === undefined) return 0;
  const seconds = Math.min(until.seconds - from.seconds, MOST_GAP_S);
  return Math.max(0, seconds * NS_PER_S + until.nanoseconds - from.nanoseconds);
}

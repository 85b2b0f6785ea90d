import type { ByteSource } from '../sim/ports.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { JsonLines, required, tokensOf, tokensOrNone } from './json-lines.ts';
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

/** A session as far as it has been read. */
interface Session {
  readonly row: TraceRow;
  readonly followUps: FollowUp[];
  last: Round;
}

/**
 * TraceLab's rounds of coding agents in JSON Lines: a session is a row, its rounds follow each after the answer before it.
 * Sessions were recorded by many users over months: the file does not say how many are active at a time, and the rounds of
 * several may alternate in it. So all of it is read before the first row, in the order of the sessions' first rounds.
 */
export class TraceLabReader implements TraceRows {
  row: TraceRow | undefined;
  problem: TraceProblem | undefined;
  readonly hasTimes = false;
  readonly gridNs = 0;
  readonly #lines: JsonLines;
  readonly #time = new TimestampParser();
  /** Undefined before the file is read. */
  #found: { readonly problems: readonly TraceProblem[]; readonly sessions: readonly Session[] } | undefined;
  #told = 0;

  constructor(source: ByteSource) {
    this.#lines = new JsonLines(source, LONGEST_LINE);
  }

  next(): boolean {
    this.#found ??= this.#readAll();
    const { problems, sessions } = this.#found;
    const next = this.#told++;
    this.problem = problems[next];
    this.row = sessions[next - problems.length]?.row;
    return this.problem !== undefined || this.row !== undefined;
  }

  #readAll(): { readonly problems: readonly TraceProblem[]; readonly sessions: readonly Session[] } {
    const problems: TraceProblem[] = [];
    const sessions = new Map<number, Session>();
    let round: Round | undefined;
    const take = (scanner: JsonScanner) => {
      round = this.#roundOf(scanner);
    };
    while (this.#lines.next(take)) {
      if (this.#lines.problem !== undefined) problems.push(this.#lines.problem);
      else if (round !== undefined) this.#add(round, sessions);
    }
    return { problems, sessions: [...sessions.values()] };
  }

  #add(round: Round, sessions: Map<number, Session>): void {
    const known = sessions.get(round.session);
    if (known !== undefined) {
      known.followUps.push(followUpOf(round, known.last));
      known.last = round;
      return;
    }
    const { promptTokens, outputTokens, reasoningTokens, session } = round;
    const followUps: FollowUp[] = [];
    const shared = { streams: NO_STREAMS, ends: NO_STREAMS, reusedTokens: 0 };
    const row = { atNs: 0, promptTokens, outputTokens, reasoningTokens, session, ...shared, followUps };
    sessions.set(session, { row, followUps, last: round });
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
      else if (key === 'reasoning_output_tokens') reasoningTokens = tokensOrNone(scanner, key);
      else if (key === 'prefix_tokens') cachedTokens = tokensOrNone(scanner, key);
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

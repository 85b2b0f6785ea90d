import type { ByteSource } from '../sim/ports.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { BlockRuns } from './block-runs.ts';
import { JsonLines, required, tokensOf } from './json-lines.ts';
import { MalformedJson, type JsonScanner } from './json-scanner.ts';
import { MAX_SPAN_S } from './timestamps.ts';
import type { TraceProblem } from './trace-problem.ts';

const LONGEST_LINE = 1 << 22;
const MAX_AGENTS = 100_000;
const ROW_FORM = '[t, agent, in, out, api, think, trigger, runs]';
const ROW_FIELDS = 8;

/** A request of a recorded session. */
export interface SessionRow {
  /** 0 for the main agent, from 1 for the agents it starts. */
  readonly agent: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** As recorded, from the start of the session; how long the answer took, 0 if that is not known. */
  readonly startNs: Ns;
  readonly serviceNs: Ns;
  /** From the end of the request before it of the same agent; the first of an agent follows one of the main agent. */
  readonly gapNs: Ns;
  /** What its complete blocks consist of: streams, and the token after the last of each. */
  readonly streams: readonly number[];
  readonly ends: readonly number[];
  /** Leading tokens that an earlier request of the session began with, too. */
  readonly reusedTokens: number;
  /** Requests that wait for this one to finish, by row. */
  readonly followers: number[];
}

export interface RecordedSession {
  readonly rows: readonly SessionRow[];
  readonly agents: number;
  /** First request to last, as recorded. */
  readonly spanNs: Ns;
}

/** The fields of a row as they stand in the file. */
interface Fields {
  startS: number;
  agent: number;
  promptTokens: number;
  outputTokens: number;
  apiS: number | undefined;
  thinkS: number | undefined;
}

/** Where an agent is while its session is read. */
interface Progress {
  row: number;
  endS: number;
}

/** Sessions of a coding agent (JSON Lines, one session a line), one in memory at a time. Its streams are never used again. */
export class SessionReader {
  session: RecordedSession | undefined;
  readonly #lines: JsonLines;
  #nextStream = 0;

  constructor(source: ByteSource) {
    this.#lines = new JsonLines(source, LONGEST_LINE);
  }

  get problem(): TraceProblem | undefined {
    return this.#lines.problem;
  }

  /** True for every session; a malformed one has `problem` set and no `session`. */
  next(): boolean {
    this.session = undefined;
    return this.#lines.next((scanner) => {
      this.session = this.#readSession(scanner);
    });
  }

  #readSession(scanner: JsonScanner): RecordedSession {
    let runs: BlockRuns | undefined;
    let session: RecordedSession | undefined;
    scanner.object((key, keyAt) => {
      if (key === 'block') runs = new BlockRuns(tokensOf(scanner, key, 1), this.#nextStream);
      else if (key === 'r') {
        if (runs === undefined) throw new MalformedJson(keyAt, 'the key "block" must stand before "r"');
        session = readRows(scanner, runs);
        this.#nextStream = runs.nextStream;
      } else scanner.skip();
    });
    return required(session, 'r');
  }
}

function readRows(scanner: JsonScanner, runs: BlockRuns): RecordedSession {
  const rows: SessionRow[] = [];
  const progress: (Progress | undefined)[] = [];
  let latestS = 0;
  scanner.array(() => {
    const fields: Fields = { startS: 0, agent: 0, promptTokens: 0, outputTokens: 0, apiS: 0, thinkS: 0 };
    let count = 0;
    scanner.array((index) => {
      readField(scanner, index, fields, runs);
      count = index + 1;
    });
    if (count !== ROW_FIELDS) {
      throw new MalformedJson(scanner.valueAt, `a request has ${ROW_FIELDS} fields ${ROW_FORM}, found ${count}`);
    }
    if (fields.startS < latestS) {
      throw new MalformedJson(
        scanner.valueAt,
        `time goes back: a request at ${fields.startS} s follows one at ${latestS} s`,
      );
    }
    latestS = fields.startS;
    addRow(rows, progress, fields, runs);
  });
  if (rows.length === 0) throw new MalformedJson(scanner.valueAt, 'the session has no requests');
  return { rows, agents: progress.length, spanNs: Math.round(latestS * NS_PER_S) };
}

function readField(scanner: JsonScanner, index: number, fields: Fields, runs: BlockRuns): void {
  if (index === 0) fields.startS = secondsOf(scanner, 't');
  else if (index === 1) {
    fields.agent = scanner.number();
    if (!Number.isInteger(fields.agent) || fields.agent < 0 || fields.agent > MAX_AGENTS) {
      throw new MalformedJson(scanner.valueAt, `agent ${fields.agent} is not a whole number from 0 to ${MAX_AGENTS}`);
    }
  } else if (index === 2) fields.promptTokens = tokensOf(scanner, 'in', 1);
  // Some answers were recorded without a token; the prompt was computed all the same, and a step generates one.
  else if (index === 3) fields.outputTokens = Math.max(tokensOf(scanner, 'out', 0), 1);
  else if (index === 4) fields.apiS = secondsOrNull(scanner, 'api');
  else if (index === 5) fields.thinkS = secondsOrNull(scanner, 'think');
  else if (index === 7) runs.read(scanner, fields.promptTokens);
  else scanner.skip();
}

/** Gaps are those the client recorded, or what lies between the end of the request before and this one. */
function addRow(rows: SessionRow[], progress: (Progress | undefined)[], fields: Fields, runs: BlockRuns): void {
  const { agent, startS, apiS = 0, thinkS } = fields;
  const own = progress[agent];
  const before = own ?? progress[0];
  const gapS = (own === undefined ? undefined : thinkS) ?? Math.max(startS - (before?.endS ?? startS), 0);
  if (before !== undefined) rows[before.row]!.followers.push(rows.length);
  progress[agent] = { row: rows.length, endS: startS + apiS };
  rows.push({
    agent,
    promptTokens: fields.promptTokens,
    outputTokens: fields.outputTokens,
    startNs: Math.round(startS * NS_PER_S),
    serviceNs: Math.round(apiS * NS_PER_S),
    gapNs: Math.round(gapS * NS_PER_S),
    ...runs.path(),
    reusedTokens: Math.min(runs.knownTokens, fields.promptTokens - 1),
    followers: [],
  });
}

function secondsOf(scanner: JsonScanner, name: string): number {
  return checkedSeconds(scanner, name, scanner.number());
}

function secondsOrNull(scanner: JsonScanner, name: string): number | undefined {
  const seconds = scanner.numberOrNull();
  return seconds === undefined ? undefined : checkedSeconds(scanner, name, seconds);
}

function checkedSeconds(scanner: JsonScanner, name: string, seconds: number): number {
  if (seconds >= 0 && seconds <= MAX_SPAN_S) return seconds;
  throw new MalformedJson(
    scanner.valueAt,
    `${name} ${seconds} is not a number of seconds from 0 to ${MAX_SPAN_S} (104 days)`,
  );
}

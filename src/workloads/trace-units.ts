import type { ByteSource } from '../sim/ports.ts';
import type { Rng } from '../sim/streams.ts';
import { NO_SESSION, NS_PER_S, type Ns } from '../sim/units.ts';
import { readerOf } from './detect-trace.ts';
import type { TraceOptions } from './trace-options.ts';
import type { TraceProblem } from './trace-problem.ts';
import type { TraceRow, TraceRows } from './trace-rows.ts';

/** A row that is sent. */
export interface TraceUnit {
  readonly row: TraceRow;
  /** Since the start of the slice, all rounds counted. */
  readonly sentNs: Ns;
  /** To the streams of its row; every round has its own. */
  readonly firstStream: number;
}

/** The part of a trace that options choose: sliced, repeated and thinned, in the order of the file. */
export class TraceUnits {
  problem: TraceProblem | undefined;
  /** The problem is of the whole file: what follows has it, too. */
  isHopeless = false;
  skippedRows = 0;
  readonly #source: ByteSource;
  readonly #options: TraceOptions;
  readonly #chance: Rng | undefined;
  readonly #salt: number;
  #rows: TraceRows;
  #roundStartNs = 0;
  #firstStream = 0;
  /** Of this round. */
  #streams = 0;
  #count = 0;
  #kept = 0;
  #firstNs: Ns = 0;
  #lastNs: Ns = 0;

  /** @param chance draws what is kept; without it everything is */
  constructor(source: ByteSource, options: TraceOptions, chance?: Rng) {
    this.#source = source;
    this.#options = options;
    this.#chance = options.keepShare < 1 ? chance : undefined;
    this.#salt = this.#chance === undefined ? 0 : Math.floor(this.#chance.uniform() * 4_294_967_296);
    this.#rows = readerOf(source, options.charactersPerToken);
  }

  get gridNs(): Ns {
    return this.#rows.gridNs;
  }

  /** The time of the file that its slice takes; known when that has been read. */
  get spanNs(): Ns {
    const { fromS, untilS, loop } = this.#options;
    if (untilS !== undefined && loop) return (untilS - fromS) * NS_PER_S;
    return this.#lastNs - this.#firstNs;
  }

  /** Undefined at the end, or at a problem. */
  next(): TraceUnit | undefined {
    this.problem = undefined;
    for (;;) {
      const row = this.#nextRow();
      if (this.problem !== undefined) return undefined;
      if (row === undefined) {
        if (!this.#beginAgain()) return undefined;
        continue;
      }
      for (const stream of row.streams) this.#streams = Math.max(this.#streams, stream + 1);
      if (this.#count++ === 0) this.#firstNs = row.atNs;
      this.#lastNs = row.atNs;
      if (!this.#isKept(row)) continue;
      this.#kept++;
      const sentNs = this.#roundStartNs + row.atNs - this.#options.fromS * NS_PER_S;
      return { row, sentNs, firstStream: this.#firstStream };
    }
  }

  /** The next good row of the slice in this round. */
  #nextRow(): TraceRow | undefined {
    const { fromS, untilS = Infinity, requestsPerS, skipBadRows } = this.#options;
    const rows = this.#rows;
    while (rows.next()) {
      const { row, problem } = rows;
      if (row !== undefined && !rows.hasTimes && requestsPerS === undefined) {
        const message = 'the file does not say when its requests arrive — give requestsPerS';
        this.problem = { line: 1, column: 1, message };
        this.isHopeless = true;
        return undefined;
      }
      if (row === undefined) {
        if (skipBadRows) {
          this.skippedRows++;
          continue;
        }
        this.problem = problem;
        return undefined;
      }
      if (row.atNs >= untilS * NS_PER_S) return undefined;
      if (row.atNs >= fromS * NS_PER_S) return row;
    }
    return undefined;
  }

  /** A round lasts as long as its slice, or until the mean gap after its last row. */
  #beginAgain(): boolean {
    const { loop, fromS, untilS } = this.#options;
    if (!loop || this.#kept === 0) return false;
    if (this.#source.rewind === undefined) throw new Error('this trace cannot be read twice, so it cannot be looped');
    const gaps = Math.max(this.#count - 1, 1);
    const spanNs = this.#lastNs - fromS * NS_PER_S;
    const meanGapNs = Math.max((this.#lastNs - this.#firstNs) / gaps, 1);
    this.#roundStartNs +=
      untilS === undefined ? Math.ceil(spanNs + meanGapNs) : Math.round((untilS - fromS) * NS_PER_S);
    this.#firstStream += this.#streams;
    this.#streams = 0;
    this.#count = 0;
    this.#kept = 0;
    this.#source.rewind();
    this.#rows = readerOf(this.#source, this.#options.charactersPerToken);
    return true;
  }

  /** Rows alone each by a draw; those of a conversation all or none. */
  #isKept({ session }: TraceRow): boolean {
    const chance = this.#chance;
    if (chance === undefined) return true;
    if (session === NO_SESSION) return chance.uniform() < this.#options.keepShare;
    return hashOf(session, this.#salt) < this.#options.keepShare;
  }
}

/** In [0, 1): two rounds of the mixing that MurmurHash3 ends with. */
function hashOf(session: number, salt: number): number {
  let bits = (session % 4_294_967_296) ^ Math.imul(Math.floor(session / 4_294_967_296) + 1, 0x9e3779b1) ^ salt;
  for (let round = 0; round < 2; round++) {
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    bits ^= bits >>> 16;
  }
  return (bits >>> 0) / 4_294_967_296;
}

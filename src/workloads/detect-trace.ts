import type { ByteSource } from '../sim/ports.ts';
import { ArrowTraceReader } from './arrow-trace-reader.ts';
import { CsvTraceReader } from './csv-trace-reader.ts';
import { JsonTraceReader } from './json-trace-reader.ts';
import { ShareGptReader } from './share-gpt-reader.ts';
import { TraceLabReader } from './trace-lab-reader.ts';
import type { TraceRow, TraceRows } from './trace-rows.ts';
import { filled, Rejoined } from './unpacked.ts';

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const BLANKS = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];
const BEGINNING_BYTES = 1_024;
/** ARROW1 */
const ARROW = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31];

/** What a file may be without being a trace, by bytes at a place in it, and what to do about it. */
const NOT_READ: readonly (readonly [at: number, bytes: readonly number[], message: string])[] = [
  [0, [0x28, 0xb5, 0x2f, 0xfd], 'the file is packed with zstd — unpack it first: zstd -d <file>'],
  [0, [0x50, 0x4b, 0x03, 0x04], 'the file is a zip archive — unpack it first'],
  [0, [0x50, 0x41, 0x52, 0x31], 'the file is Parquet — write it as CSV'],
  [257, [0x75, 0x73, 0x74, 0x61, 0x72], 'the file is a tar archive — unpack it first: tar xf <file>'],
];

/**
 * The rows of a trace of any format, told by its content: an object a line is JSON Lines, an array is ShareGPT, what begins as
 * Arrow does is our own, anything else a table with a header.
 */
export function readerOf(source: ByteSource, charactersPerToken: number): TraceRows {
  const beginning = new Uint8Array(BEGINNING_BYTES);
  const length = filled(source, beginning);
  const whole = new Rejoined(beginning.subarray(0, length), source);
  const problem = NOT_READ.find(([at, bytes]) => bytes.every((byte, k) => beginning[at + k] === byte))?.[2];
  if (problem !== undefined) return new Unreadable(problem);
  if (ARROW.every((byte, k) => beginning[k] === byte)) {
    source.rewind?.();
    return new ArrowTraceReader(source);
  }
  const first = beginning.subarray(0, length).find((byte) => !BLANKS.includes(byte));
  if (first === OPEN_BRACE && isTraceLab(beginning.subarray(0, length))) return new TraceLabReader(whole);
  if (first === OPEN_BRACE) return new JsonTraceReader(whole, charactersPerToken);
  if (first === OPEN_BRACKET) return new ShareGptReader(whole, charactersPerToken);
  return new CsvTraceReader(whole);
}

/** Rounds of its sessions are numbered beside their whole prompts. */
function isTraceLab(beginning: Uint8Array): boolean {
  const text = new TextDecoder().decode(beginning);
  return text.includes('"round_index"') && text.includes('"session_id"');
}

/** A file with one problem and no rows. */
class Unreadable implements TraceRows {
  readonly row: TraceRow | undefined;
  readonly problem: { readonly line: number; readonly column: number; readonly message: string };
  readonly hasTimes = true;
  readonly gridNs = 0;
  #told = false;

  constructor(message: string) {
    this.problem = { line: 1, column: 1, message };
  }

  next(): boolean {
    const isNew = !this.#told;
    this.#told = true;
    return isNew;
  }
}

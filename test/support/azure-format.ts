import type { ByteSource } from '../../src/sim/ports.ts';
import { hashOf } from './statistics.ts';

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens\n';
const START_MS = Date.UTC(2024, 4, 10);
/** Of the published form: seven decimals of a second. */
const TICKS_PER_S = 10_000_000;
const ROWS_PER_CHUNK = 1_024;

/**
 * A file in the form of the Azure LLM inference traces, of any number of rows, made while it is read: gaps of up to
 * 27.4 ms, so that 44.1 million rows are a week, prompts of up to 4,096 tokens and answers of up to 512.
 */
export class AzureFormat implements ByteSource {
  readonly #rows: number;
  readonly #encoder = new TextEncoder();
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #written = 0;
  #ticks = 0;
  #second = '';
  #wholeS = -1;

  constructor(rows: number) {
    this.#rows = rows;
    this.#chunk = this.#encoder.encode(HEADER);
  }

  read(into: Uint8Array): number {
    if (this.#at === this.#chunk.length) this.#next();
    const bytes = Math.min(into.length, this.#chunk.length - this.#at);
    into.set(this.#chunk.subarray(this.#at, this.#at + bytes));
    this.#at += bytes;
    return bytes;
  }

  #next(): void {
    let text = '';
    const until = Math.min(this.#written + ROWS_PER_CHUNK, this.#rows);
    for (; this.#written < until; this.#written++) text += this.#row(hashOf(this.#written));
    this.#chunk = this.#encoder.encode(text);
    this.#at = 0;
  }

  #row(hash: number): string {
    this.#ticks += hash % 274_000;
    const wholeS = Math.floor(this.#ticks / TICKS_PER_S);
    if (wholeS !== this.#wholeS) {
      this.#wholeS = wholeS;
      this.#second = new Date(START_MS + wholeS * 1_000).toISOString().slice(0, 19).replace('T', ' ');
    }
    const decimals = String(this.#ticks - wholeS * TICKS_PER_S).padStart(7, '0');
    return `${this.#second}.${decimals},${1 + (hash & 4_095)},${1 + ((hash >>> 12) & 511)}\n`;
  }
}

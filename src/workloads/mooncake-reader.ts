import type { ByteSource } from '../sim/ports.ts';
import { NS_PER_MS, type Ns } from '../sim/units.ts';
import { BlockTrie } from './block-trie.ts';
import { JsonLines, required, tokensOf } from './json-lines.ts';
import { MalformedJson, type JsonScanner } from './json-scanner.ts';
import { MAX_SPAN_S } from './timestamps.ts';
import type { TraceProblem } from './trace-problem.ts';

const BLOCK_TOKENS = 512;
const LONGEST_LINE = 1 << 20;
const S_PER_MS = 0.001;

/** A request of the trace. */
export interface MooncakeRow {
  /** Since the first row. */
  readonly atNs: Ns;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** What the prompt consists of: streams, and the token after the last of each. Its last, incomplete block is its own. */
  readonly streams: readonly number[];
  readonly ends: readonly number[];
  /** Leading tokens that an earlier row began with, too. */
  readonly reusedTokens: number;
}

interface Fields {
  readonly timestampMs: number;
  readonly timestampAt: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/**
 * The rows of a Mooncake trace (JSON Lines; a block id names 512 tokens and all before them). Memory follows the different
 * blocks met, not the rows.
 */
export class MooncakeReader {
  row: MooncakeRow | undefined;
  readonly #lines: JsonLines;
  readonly #trie = new BlockTrie();
  #ids = new Float64Array(1_024);
  #idAt = new Float64Array(1_024);
  #idCount = 0;
  #firstMs: number | undefined;
  #latestMs = 0;

  constructor(source: ByteSource) {
    this.#lines = new JsonLines(source, LONGEST_LINE);
  }

  get problem(): TraceProblem | undefined {
    return this.#lines.problem;
  }

  /** True for every row; a malformed one has `problem` set and no `row`. */
  next(): boolean {
    this.row = undefined;
    return this.#lines.next((scanner) => {
      const fields = this.#readFields(scanner);
      const atNs = this.#time(fields);
      this.#walk(fields.promptTokens);
      const { streams, ends, knownBlocks } = this.#trie;
      this.row = {
        atNs,
        promptTokens: fields.promptTokens,
        outputTokens: fields.outputTokens,
        streams: [...streams],
        ends: ends.map((blocks) => blocks * BLOCK_TOKENS),
        reusedTokens: Math.min(knownBlocks * BLOCK_TOKENS, fields.promptTokens - 1),
      };
    });
  }

  #readFields(scanner: JsonScanner): Fields {
    let timestampMs: number | undefined;
    let timestampAt = 0;
    let promptTokens: number | undefined;
    let outputTokens: number | undefined;
    let idsAt: number | undefined;
    scanner.object((key, keyAt) => {
      if (key === 'timestamp') {
        timestampMs = scanner.number();
        timestampAt = scanner.valueAt;
      } else if (key === 'input_length') promptTokens = tokensOf(scanner, key, 1);
      else if (key === 'output_length') outputTokens = tokensOf(scanner, key, 1);
      else if (key === 'hash_ids') {
        this.#readIds(scanner);
        idsAt = keyAt;
      } else scanner.skip();
    });
    const fields = {
      timestampMs: required(timestampMs, 'timestamp'),
      timestampAt,
      promptTokens: required(promptTokens, 'input_length'),
      outputTokens: required(outputTokens, 'output_length'),
    };
    const blocks = Math.ceil(fields.promptTokens / BLOCK_TOKENS);
    const at = required(idsAt, 'hash_ids');
    if (this.#idCount !== blocks) {
      const message = `${this.#idCount} hash_ids for ${fields.promptTokens} tokens; ${BLOCK_TOKENS} tokens a block make ${blocks}`;
      throw new MalformedJson(at, message);
    }
    return fields;
  }

  #readIds(scanner: JsonScanner): void {
    this.#idCount = 0;
    scanner.array((index) => {
      const id = scanner.number();
      if (!Number.isSafeInteger(id)) {
        throw new MalformedJson(scanner.valueAt, `hash id ${id} is not a whole number below 2^53`);
      }
      if (index === this.#ids.length) {
        this.#ids = doubled(this.#ids);
        this.#idAt = doubled(this.#idAt);
      }
      this.#ids[index] = id;
      this.#idAt[index] = scanner.valueAt;
      this.#idCount = index + 1;
    });
  }

  #time({ timestampMs, timestampAt }: Fields): Ns {
    this.#firstMs ??= timestampMs;
    const sinceMs = timestampMs - this.#firstMs;
    if (sinceMs < this.#latestMs) {
      throw new MalformedJson(timestampAt, `time goes back: ${timestampMs} follows ${this.#firstMs + this.#latestMs}`);
    }
    if (sinceMs * S_PER_MS > MAX_SPAN_S) {
      throw new MalformedJson(timestampAt, `${timestampMs} is more than 104 days after the first request`);
    }
    this.#latestMs = sinceMs;
    return Math.round(sinceMs * NS_PER_MS);
  }

  /** The complete blocks of the prompt; who continues an incomplete one gives it another id. */
  #walk(promptTokens: number): void {
    this.#trie.keep(0);
    const blocks = Math.floor(promptTokens / BLOCK_TOKENS);
    for (let block = 0; block < blocks; block++) {
      if (this.#trie.append(this.#ids[block]!)) continue;
      const id = this.#ids[block]!;
      throw new MalformedJson(
        this.#idAt[block]!,
        `hash id ${id} had other ids before it in an earlier row; an id must stand for its block and all before it`,
      );
    }
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}

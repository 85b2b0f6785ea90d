import type { ByteSource } from '../sim/ports.ts';
import { NO_SESSION, NS_PER_MS, NS_PER_S, type Ns } from '../sim/units.ts';
import { BlockTrie } from './block-trie.ts';
import { JsonLines, required } from './json-lines.ts';
import { MalformedJson } from './json-scanner.ts';
import { readJsonFields, timeOf, type JsonFields } from './json-trace-fields.ts';
import { MAX_SPAN_S } from './timestamps.ts';
import type { TraceProblem } from './trace-problem.ts';
import { NO_FOLLOW_UPS, NO_STREAMS, type FollowUp, type TraceRow, type TraceRows } from './trace-rows.ts';

const MOONCAKE_BLOCK_TOKENS = 512;
const BAILIAN_BLOCK_TOKENS = 16;
/** The conversation trace of Mooncake has a timestamp every 3 s. */
const MOONCAKE_GRID_NS = 3_000 * NS_PER_MS;
const LONGEST_LINE = 1 << 22;
const LINE = -1;

type Path = Pick<TraceRow, 'streams' | 'ends' | 'reusedTokens'>;

/**
 * Traces in JSON Lines. Lines of one session that stand together, of which only the first has a time, are one row: the
 * others are sent after the answer before them. Memory follows the different blocks and chats met.
 */
export class JsonTraceReader implements TraceRows {
  row: TraceRow | undefined;
  problem: TraceProblem | undefined;
  hasTimes = true;
  gridNs: Ns = 0;
  readonly #lines: JsonLines;
  readonly #charactersPerToken: number;
  readonly #trie = new BlockTrie();
  readonly #firstChat = new Map<number, number>();
  #firstNs: Ns | undefined;
  #latestNs: Ns = 0;
  /** The line read last, if it is no part of the row given last. */
  #fields: JsonFields | undefined;
  #fieldsProblem: TraceProblem | undefined;

  constructor(source: ByteSource, charactersPerToken: number) {
    this.#lines = new JsonLines(source, LONGEST_LINE);
    this.#charactersPerToken = charactersPerToken;
  }

  next(): boolean {
    this.row = undefined;
    this.problem = undefined;
    if (this.#fields === undefined && this.#fieldsProblem === undefined && !this.#read()) return false;
    const fields = this.#fields;
    this.problem = this.#fieldsProblem;
    this.#fields = undefined;
    this.#fieldsProblem = undefined;
    if (fields === undefined) return true;
    // The line after this one is read before it is turned into a row: problems belong to the line itself.
    const line = this.#lines.line;
    const later = this.#laterOf(fields);
    try {
      this.row = this.#rowOf(fields, later);
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      this.problem = { line, column: 1, message: error.message };
    }
    return true;
  }

  #read(): boolean {
    this.#fields = undefined;
    const more = this.#lines.next((scanner) => {
      this.#fields = readJsonFields(scanner, this.#charactersPerToken);
    });
    this.#fieldsProblem = this.#lines.problem;
    if (this.#fieldsProblem !== undefined) this.#fields = undefined;
    return more || this.#fieldsProblem !== undefined;
  }

  /** The lines that go on with the session of this one. */
  #laterOf(first: JsonFields): JsonFields[] {
    const later: JsonFields[] = [];
    if (first.session === undefined || first.requests !== undefined) return later;
    while (this.#read() && this.#fields !== undefined) {
      if (this.#fields.session !== first.session || timeOf(this.#fields) !== undefined) break;
      later.push(this.#fields);
    }
    return later;
  }

  #rowOf(fields: JsonFields, later: readonly JsonFields[]): TraceRow {
    const atNs = this.#sinceFirst(timeOf(fields));
    const own = fields.requests?.[0] ?? {
      promptTokens: required(fields.promptTokens, 'input_length'),
      outputTokens: required(fields.outputTokens, 'output_length'),
    };
    const { promptTokens, outputTokens } = own;
    const followUps = fields.requests === undefined ? followUpsOf(own, later) : fields.requests.slice(1);
    const session = this.#sessionOf(fields);
    const path =
      fields.ids === undefined || followUps.length > 0 ? NO_PATH : this.#pathOf(fields, fields.ids, promptTokens);
    return { atNs, promptTokens, outputTokens, reasoningTokens: 0, session, ...path, followUps };
  }

  #sinceFirst(timeNs: Ns | undefined): Ns {
    this.hasTimes = timeNs !== undefined;
    if (timeNs === undefined && this.#firstNs !== undefined)
      throw new MalformedJson(LINE, 'the key "timestamp" is missing');
    if (timeNs === undefined) return 0;
    this.#firstNs ??= timeNs;
    const atNs = timeNs - this.#firstNs;
    if (atNs < this.#latestNs) throw new MalformedJson(LINE, `time goes back by ${this.#latestNs - atNs} ns`);
    if (atNs > MAX_SPAN_S * NS_PER_S) throw new MalformedJson(LINE, 'it is more than 104 days after the first request');
    this.#latestNs = atNs;
    return atNs;
  }

  /** Of Bailian's chats, the one that a conversation began with. */
  #sessionOf({ session, chatId, parentChatId }: JsonFields): number {
    if (chatId === undefined) return session ?? NO_SESSION;
    const first = this.#firstChat.get(parentChatId ?? NO_SESSION) ?? chatId;
    this.#firstChat.set(chatId, first);
    return first;
  }

  #pathOf({ chatId }: JsonFields, ids: readonly number[], promptTokens: number): Path {
    const isBailian = chatId !== undefined;
    const blockTokens = isBailian ? BAILIAN_BLOCK_TOKENS : MOONCAKE_BLOCK_TOKENS;
    this.gridNs = isBailian ? 0 : MOONCAKE_GRID_NS;
    const blocks = Math.ceil(promptTokens / blockTokens);
    if (ids.length !== blocks) {
      const message = `${ids.length} hash_ids for ${promptTokens} tokens; ${blockTokens} tokens a block make ${blocks}`;
      throw new MalformedJson(LINE, message);
    }
    const trie = this.#trie;
    trie.keep(0);
    // The last block, if it is incomplete, is the request's own. An id met before with others before it ends what is shared.
    for (let block = 0; block < Math.floor(promptTokens / blockTokens); block++) {
      if (!trie.append(ids[block]!)) break;
    }
    return {
      streams: [...trie.streams],
      ends: trie.ends.map((end) => end * blockTokens),
      reusedTokens: Math.min(trie.knownBlocks * blockTokens, promptTokens - 1),
    };
  }
}

const NO_PATH: Path = { streams: NO_STREAMS, ends: NO_STREAMS, reusedTokens: 0 };

/** In AIPerf's sessions a later line has only what is new: its prompt follows everything before it. */
function followUpsOf(
  first: { readonly promptTokens: number; readonly outputTokens: number },
  later: readonly JsonFields[],
): readonly FollowUp[] {
  if (later.length === 0) return NO_FOLLOW_UPS;
  let context = first.promptTokens + first.outputTokens;
  return later.map((fields) => {
    const promptTokens = context + required(fields.promptTokens, 'input_length');
    const outputTokens = required(fields.outputTokens, 'output_length');
    context = promptTokens + outputTokens;
    return { gapNs: Math.round(Math.max(fields.delayMs ?? 0, 0) * NS_PER_MS), promptTokens, outputTokens };
  });
}

import { NS_PER_S, type Ns } from '../sim/units.ts';
import { required, tokensOf } from './json-lines.ts';
import { MalformedJson, type JsonScanner } from './json-scanner.ts';
import type { FollowUp } from './trace-rows.ts';
import { numberOfText } from './trace-rows.ts';

const NS_PER_MS = 1_000_000;
/** Where a prompt is given as text and nothing says how long its answer may be, as vLLM's benchmark has it. */
const CUSTOM_OUTPUT_TOKENS = 256;

/** What a line may hold; which of these it has tells its format. */
export interface JsonFields {
  timestamp: number | undefined;
  arrivalTimeNs: number | undefined;
  promptTokens: number | undefined;
  outputTokens: number | undefined;
  chatId: number | undefined;
  parentChatId: number | undefined;
  session: number | undefined;
  delayMs: number | undefined;
  ids: number[] | undefined;
  requests: FollowUp[] | undefined;
}

/**
 * A line of Mooncake, Qwen Bailian, AIPerf, LLMServingSim or of prompts as vLLM's benchmark takes them.
 * @param charactersPerToken of texts, whose tokens only their model can count
 */
export function readJsonFields(scanner: JsonScanner, charactersPerToken: number): JsonFields {
  const fields: JsonFields = {
    timestamp: undefined,
    arrivalTimeNs: undefined,
    promptTokens: undefined,
    outputTokens: undefined,
    chatId: undefined,
    parentChatId: undefined,
    session: undefined,
    delayMs: undefined,
    ids: undefined,
    requests: undefined,
  };
  scanner.object((key, keyAt) => readField(scanner, key, keyAt, fields, charactersPerToken));
  return fields;
}

function readField(scanner: JsonScanner, key: string, keyAt: number, fields: JsonFields, perToken: number): void {
  switch (key) {
    case 'timestamp':
      fields.timestamp = scanner.number();
      break;
    case 'arrival_time_ns':
      fields.arrivalTimeNs = scanner.number();
      break;
    case 'input_length':
    case 'input_toks':
      fields.promptTokens = tokensOf(scanner, key, 1);
      break;
    case 'output_length':
    case 'output_toks':
    case 'output_tokens':
      fields.outputTokens = tokensOf(scanner, key, 1);
      break;
    case 'chat_id':
      fields.chatId = scanner.number();
      break;
    case 'parent_chat_id':
      fields.parentChatId = scanner.number();
      break;
    case 'session_id':
      fields.session = sessionOf(scanner);
      break;
    case 'delay':
      fields.delayMs = scanner.number();
      break;
    case 'hash_ids':
      fields.ids = idsOf(scanner);
      break;
    case 'sub_requests':
      fields.requests = subRequestsOf(scanner);
      break;
    case 'prompt':
    case 'text':
      fields.promptTokens = Math.max(1, Math.round(scanner.textLength() / perToken));
      fields.outputTokens ??= CUSTOM_OUTPUT_TOKENS;
      break;
    case 'r':
    case 'requests':
      throw new MalformedJson(
        keyAt,
        'this is a recorded session, which says nothing of when sessions begin — see kind: session-trace',
      );
    default:
      scanner.skip();
  }
}

function sessionOf(scanner: JsonScanner): number {
  return scanner.isString() ? numberOfText(scanner.string()) : numberOfText(String(scanner.number()));
}

function idsOf(scanner: JsonScanner): number[] {
  const ids: number[] = [];
  scanner.array(() => {
    const id = scanner.number();
    if (!Number.isSafeInteger(id)) {
      throw new MalformedJson(scanner.valueAt, `hash id ${id} is not a whole number below 2^53`);
    }
    ids.push(id);
  });
  return ids;
}

/** The pause after a request is written beside it; here it belongs to the next one. */
function subRequestsOf(scanner: JsonScanner): FollowUp[] {
  const requests: FollowUp[] = [];
  let gapNs: Ns = 0;
  scanner.array(() => {
    let promptTokens: number | undefined;
    let outputTokens: number | undefined;
    let pauseNs = 0;
    scanner.object((key) => {
      if (key === 'input_toks') promptTokens = tokensOf(scanner, key, 1);
      else if (key === 'output_toks') outputTokens = tokensOf(scanner, key, 1);
      else if (key === 'tool_duration_ns') pauseNs = pause(scanner, scanner.number());
      else scanner.skip();
    });
    const lengths = {
      promptTokens: required(promptTokens, 'input_toks'),
      outputTokens: required(outputTokens, 'output_toks'),
    };
    requests.push({ gapNs, ...lengths });
    gapNs = pauseNs;
  });
  if (requests.length === 0) throw new MalformedJson(scanner.valueAt, 'the session has no requests');
  return requests;
}

function pause(scanner: JsonScanner, ns: number): Ns {
  if (ns >= 0 && ns <= 104 * 86_400 * NS_PER_S) return Math.round(ns);
  throw new MalformedJson(scanner.valueAt, `a pause of ${ns} ns is not between 0 and 104 days`);
}

/** When it arrived, if the line says so: Bailian counts seconds, Mooncake and AIPerf milliseconds, LLMServingSim ns. */
export function timeOf({ arrivalTimeNs, timestamp, chatId }: JsonFields): Ns | undefined {
  if (arrivalTimeNs !== undefined) return Math.round(arrivalTimeNs);
  if (timestamp === undefined) return undefined;
  return Math.round(timestamp * (chatId === undefined ? NS_PER_MS : NS_PER_S));
}

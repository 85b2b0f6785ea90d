import type { ByteSource } from '../sim/ports.ts';
import { NO_SESSION } from '../sim/units.ts';
import { JsonElements } from './json-elements.ts';
import type { JsonScanner } from './json-scanner.ts';
import type { TraceProblem } from './trace-problem.ts';
import { NO_FOLLOW_UPS, NO_STREAMS, type TraceRow, type TraceRows } from './trace-rows.ts';

/** What vLLM's benchmark leaves out of a ShareGPT file, tokens. */
const LEAST_TOKENS = 4;
const LONGEST_PROMPT = 1_024;
const LONGEST_REQUEST = 2_048;

/**
 * The requests that vLLM's benchmark makes of a ShareGPT file: of every conversation the first message and its answer, if
 * neither is very short or long. Texts have as many tokens as `charactersPerToken` says; there are no times.
 */
export class ShareGptReader implements TraceRows {
  row: TraceRow | undefined;
  readonly hasTimes = false;
  readonly gridNs = 0;
  readonly #elements: JsonElements;
  readonly #charactersPerToken: number;

  constructor(source: ByteSource, charactersPerToken: number) {
    this.#elements = new JsonElements(source);
    this.#charactersPerToken = charactersPerToken;
  }

  get problem(): TraceProblem | undefined {
    return this.#elements.problem;
  }

  next(): boolean {
    this.row = undefined;
    let lengths: number[] = [];
    while (this.#elements.next((scanner) => (lengths = messageLengths(scanner)))) {
      if (this.problem !== undefined) return true;
      const [promptTokens = 0, outputTokens = 0] = lengths.map((text) => Math.round(text / this.#charactersPerToken));
      const isLeftOut =
        Math.min(promptTokens, outputTokens) < LEAST_TOKENS ||
        promptTokens > LONGEST_PROMPT ||
        promptTokens + outputTokens > LONGEST_REQUEST;
      if (isLeftOut) continue;
      this.row = {
        atNs: 0,
        promptTokens,
        outputTokens,
        reasoningTokens: 0,
        session: NO_SESSION,
        streams: NO_STREAMS,
        ends: NO_STREAMS,
        reusedTokens: 0,
        followUps: NO_FOLLOW_UPS,
      };
      return true;
    }
    return false;
  }
}

/** Characters of the messages of a conversation. */
function messageLengths(scanner: JsonScanner): number[] {
  const lengths: number[] = [];
  scanner.object((key) => {
    if (key !== 'conversations') {
      scanner.skip();
      return;
    }
    scanner.array(() => {
      let length = 0;
      scanner.object((field) => {
        if (field === 'value') length = scanner.textLength();
        else scanner.skip();
      });
      lengths.push(length);
    });
  });
  return lengths;
}

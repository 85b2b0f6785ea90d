import { grownFloats, grownIntegers } from './columns.ts';
import { NONE } from './request-table.ts';

/** The end of a segment that covers the rest of its prompt: the output goes on in the same stream. */
export const UNENDING = 2 ** 30;

/**
 * What the prompts of the requests in flight consist of. A prompt's *path* is a list of segments; a segment is a stretch
 * of a *stream*, from the stream's start. A stream is named by a number and names its whole past: two prompts that share
 * a stream agree on every token up to where the shorter one leaves it. A system prompt is a stream, so is the history of
 * one session. Tokens after the last segment belong to the request alone. Output continues the last stream if the path
 * covers the whole prompt.
 */
export class PromptPaths {
  /** Per segment: its stream, the prompt tokens up to its end, and the next segment. */
  stream = new Float64Array(0);
  endToken = new Int32Array(0);
  next = new Int32Array(0);
  #free = NONE;

  /** A new segment at the end of a list whose last segment is `last` (NONE: the first). */
  append(last: number, stream: number, endToken: number): number {
    if (this.#free === NONE) this.#grow();
    const segment = this.#free;
    this.#free = this.next[segment]!;
    this.stream[segment] = stream;
    this.endToken[segment] = endToken;
    this.next[segment] = NONE;
    if (last !== NONE) this.next[last] = segment;
    return segment;
  }

  release(first: number): void {
    for (let segment = first; segment !== NONE;) {
      const next = this.next[segment]!;
      this.next[segment] = this.#free;
      this.#free = segment;
      segment = next;
    }
  }

  #grow(): void {
    const size = this.stream.length;
    const capacity = Math.max(1_024, 2 * size);
    this.stream = grownFloats(this.stream, capacity);
    this.endToken = grownIntegers(this.endToken, capacity);
    this.next = grownIntegers(this.next, capacity);
    for (let segment = capacity - 1; segment >= size; segment--) {
      this.next[segment] = this.#free;
      this.#free = segment;
    }
  }
}

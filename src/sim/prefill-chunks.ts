import { grownIntegers } from './columns.ts';
import type { PrefillBatch } from './ports.ts';
import type { RequestIndex } from './units.ts';

/** The prompt chunks of one batch, in order of the running list, and their sums as the cost model wants them. */
export class PrefillChunks {
  count = 0;
  requests = new Int32Array(8);
  tokens = new Int32Array(8);
  readonly batch: PrefillBatch = {
    decodeSeqs: 0,
    kvTokens: 0,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock: 1,
    capWatts: Infinity,
  };

  reset(): void {
    this.count = 0;
    this.batch.prefillTokens = 0;
    this.batch.prefillPairs = 0;
    this.batch.prefillContextTokens = 0;
    this.batch.promptsFinished = 0;
  }

  /** A chunk of `tokens` tokens of a request that has `computed` of its `target` tokens. */
  add(request: RequestIndex, tokens: number, computed: number, target: number): void {
    if (this.count === this.requests.length) this.#grow();
    this.requests[this.count] = request;
    this.tokens[this.count] = tokens;
    this.count++;
    const { batch } = this;
    batch.prefillTokens += tokens;
    batch.prefillPairs += tokens * computed + (tokens * (tokens + 1)) / 2;
    batch.prefillContextTokens += computed;
    if (computed + tokens === target) batch.promptsFinished++;
  }

  #grow(): void {
    this.requests = grownIntegers(this.requests, 2 * this.count);
    this.tokens = grownIntegers(this.tokens, 2 * this.count);
  }
}

import { FinishHeap } from './finish-heap.ts';
import type { KvBlocks } from './kv-blocks.ts';
import { NONE, type RequestTable } from './request-table.ts';
import type { RequestIndex } from './units.ts';

/**
 * The requests of one instance that decode. Each gets one token in every step, so a few sums describe them all, and the
 * step that gives a request its last token is known from the start.
 */
export class DecodingSet {
  seqs = 0;
  /** Tokens they attend to in the next step, its new ones included. */
  kvTokens = 0;
  /** Steps the instance has completed. */
  steps = 0;
  readonly #finishing: FinishHeap;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;

  constructor(requests: RequestTable, kv: KvBlocks) {
    this.#requests = requests;
    this.#kv = kv;
    this.#finishing = new FinishHeap(requests);
  }

  /** Steps until the first of them finishes. */
  get stepsToFinish(): number {
    return this.#finishing.firstStep - this.steps;
  }

  /** A request that has computed all tokens it has decodes from the next step on. */
  start(request: RequestIndex, computedTokens: number): void {
    const requests = this.#requests;
    requests.decodeFromStep[request] = this.steps;
    requests.finishStep[request] = this.steps + requests.outputTokens[request]! - requests.generated[request]!;
    requests.kvPhase[request] = this.#kv.startDecoding(computedTokens);
    this.seqs++;
    this.kvTokens += computedTokens + 1;
    this.#finishing.push(request);
  }

  /** A request decodes no more; its generated tokens are brought up to date. Answers how many tokens it has computed. */
  stop(request: RequestIndex): number {
    const requests = this.#requests;
    const decoded = this.steps - requests.decodeFromStep[request]!;
    const computedTokens = requests.target[request]! + decoded;
    requests.generated[request]! += decoded;
    this.#finishing.remove(request);
    this.#kv.stopDecoding(requests.kvPhase[request]!);
    this.seqs--;
    this.kvTokens -= computedTokens + 1;
    return computedTokens;
  }

  advance(steps: number): void {
    this.steps += steps;
    this.kvTokens += steps * this.seqs;
    this.#kv.advance(steps);
  }

  /** A request that has all its tokens, in order of admission, or NONE. */
  get finished(): RequestIndex {
    const finishing = this.#finishing;
    if (finishing.size === 0 || finishing.firstStep !== this.steps) return NONE;
    return finishing.first;
  }
}

import type { DecodeSteps } from './decode-steps.ts';
import { FinishHeap } from './finish-heap.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { PolicyQueues } from './policy-queues.ts';
import type { DecodePiece } from './ports.ts';
import type { RequestList } from './request-lists.ts';
import { NONE, type RequestTable } from './request-table.ts';
import type { DecodeShares } from './decode-shares.ts';
import type { RequestIndex } from './units.ts';

/**
 * The requests of one instance that decode. Each generates as many tokens in every step as in the one before, but for one
 * step in which it may go on with one more; so a few sums describe them all, and when that is and when a request has its
 * last token is known from the start.
 */
export class DecodingSet {
  seqs = 0;
  /** Tokens they generate in a step. */
  growth = 0;
  /** Tokens they attend to in the next step, one new one of each included. */
  kvTokens = 0;
  /** Steps the instance has completed. */
  steps = 0;
  /** By the step after which they finish or, if that comes first, grow faster or are due to give way. */
  readonly #events: FinishHeap;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  /** Undefined where nobody gives way. */
  readonly #quanta: PolicyQueues | undefined;
  /** Undefined without speculation: every step generates one token. */
  readonly #decodeSteps: DecodeSteps | undefined;
  readonly #onlyFinishes: boolean;
  /** Undefined where nobody asks who caused what. */
  readonly #shares: DecodeShares | undefined;

  constructor(
    requests: RequestTable,
    kv: KvBlocks,
    decodeSteps: DecodeSteps | undefined,
    shares: DecodeShares | undefined,
    queues: PolicyQueues | undefined,
  ) {
    this.#requests = requests;
    this.#kv = kv;
    this.#decodeSteps = decodeSteps;
    this.#shares = shares;
    this.#quanta = queues?.hasQuanta === true ? queues : undefined;
    this.#onlyFinishes = decodeSteps === undefined && this.#quanta === undefined;
    this.#events = new FinishHeap(requests);
  }

  /** What they use of a step's token budget: guesses that turn out wrong are computed, too. */
  get batchedTokens(): number {
    return this.seqs * this.#kv.maxGrowth;
  }

  /** Steps until the first of them finishes or grows faster. */
  get stepsToEvent(): number {
    return this.#events.firstStep - this.steps;
  }

  /** A request that has computed all tokens it has decodes from the next step on. */
  start(request: RequestIndex, computedTokens: number): void {
    const requests = this.#requests;
    const tokens = requests.outputTokens[request]! - requests.generated[request]!;
    let steps = tokens;
    let growth = 1;
    if (this.#decodeSteps !== undefined) {
      steps = this.#decodeSteps.stepsFor(tokens, requests.id[request]!, requests.preemptions[request]!);
      growth = Math.floor(tokens / steps);
    }
    this.#quanta?.beginQuantum(request);
    requests.finishStep[request] = this.steps + steps;
    // What is left over after `growth` tokens in every step comes one by one in the last ones.
    this.#begin(request, computedTokens, growth, this.steps + steps - (tokens - growth * steps));
  }

  /** A request decodes no more; its generated tokens are brought up to date. Answers how many tokens it has computed. */
  stop(request: RequestIndex): number {
    const requests = this.#requests;
    const growth = requests.growth[request]!;
    const decoded = growth * (this.steps - requests.decodeFromStep[request]!);
    const computedTokens = requests.target[request]! + decoded;
    if (this.#shares !== undefined) this.#endShare(this.#shares, request);
    requests.generated[request]! += decoded;
    this.#events.remove(request);
    this.#kv.stopDecoding(requests.kvPhase[request]!, growth);
    this.seqs--;
    this.growth -= growth;
    this.kvTokens -= computedTokens + 1;
    return computedTokens;
  }

  /** What the next steps cost. */
  price(piece: DecodePiece): void {
    if (this.#shares !== undefined) this.#shares.price(piece, this.seqs);
  }

  /** Of too few free blocks, those that are left when the first of the running list who finds not enough asks for his. */
  blocksLeftOver(running: RequestList): number {
    const kv = this.#kv;
    // Everybody asks for one at most.
    if (kv.maxGrowth === 1) return 0;
    let left = kv.free;
    for (let request = running.head; request !== NONE; request = this.#requests.next[request]!) {
      const blocks = this.#blocksOfNextStep(request);
      if (blocks > left) break;
      left -= blocks;
    }
    return left;
  }

  #blocksOfNextStep(request: RequestIndex): number {
    const { growth, target, decodeFromStep } = this.#requests;
    const computedTokens = target[request]! + growth[request]! * (this.steps - decodeFromStep[request]!);
    return this.#kv.blocksFor(computedTokens + growth[request]!) - this.#kv.blocksFor(computedTokens);
  }

  advance(steps: number): void {
    if (this.#shares !== undefined) this.#advanceShares(this.#shares, steps);
    this.steps += steps;
    this.kvTokens += steps * this.growth;
    this.#kv.advance(steps);
  }

  /** A request that has all its tokens, in order of admission, or NONE: then those that were due to grow faster do. */
  nextFinished(): RequestIndex {
    const events = this.#events;
    while (events.firstStep === this.steps) {
      const request = events.first;
      // Where nobody guesses and nobody gives way, nothing else can happen.
      if (this.#onlyFinishes || this.#requests.finishStep[request] === this.steps) return request;
      this.#goOn(request);
    }
    return NONE;
  }

  /** From here on it grows faster, or a quantum is used up, or both. */
  #goOn(request: RequestIndex): void {
    const requests = this.#requests;
    const computedTokens = this.stop(request);
    requests.target[request] = computedTokens;
    if (this.#quanta !== undefined && this.#quanta.quantumLeft(request) <= 0) this.#quanta.endQuantum(request);
    const tokens = requests.outputTokens[request]! - requests.generated[request]!;
    const finishStep = requests.finishStep[request]!;
    const steps = finishStep - this.steps;
    const growth = Math.floor(tokens / steps);
    this.#begin(request, computedTokens, growth, finishStep - (tokens - growth * steps));
  }

  #begin(request: RequestIndex, computedTokens: number, growth: number, eventStep: number): void {
    const requests = this.#requests;
    requests.decodeFromStep[request] = this.steps;
    requests.growth[request] = growth;
    if (this.#shares !== undefined) this.#beginShare(this.#shares, request, computedTokens, growth);
    requests.kvPhase[request] = this.#kv.startDecoding(computedTokens, growth);
    this.seqs++;
    this.growth += growth;
    this.kvTokens += computedTokens + 1;
    if (this.#quanta === undefined) {
      this.#events.push(request, eventStep);
      return;
    }
    const dueStep = this.steps + Math.ceil(this.#quanta.quantumLeft(request) / growth);
    this.#events.push(request, Math.min(eventStep, dueStep));
  }

  #endShare(shares: DecodeShares, request: RequestIndex): void {
    const { target, growth, decodeFromStep } = this.#requests;
    shares.end(request, target[request]!, growth[request]!, decodeFromStep[request]!);
  }

  #beginShare(shares: DecodeShares, request: RequestIndex, computedTokens: number, growth: number): void {
    if (!shares.canBegin(computedTokens, this.steps)) this.#moveShareBase(shares);
    shares.begin(request, computedTokens, growth, this.steps);
  }

  #advanceShares(shares: DecodeShares, steps: number): void {
    const kvTokens = this.kvTokens + steps * this.growth;
    if (!shares.canAdvance(steps, this.steps, kvTokens)) this.#moveShareBase(shares);
    shares.advance(steps, this.steps);
  }

  #moveShareBase(shares: DecodeShares): void {
    const events = this.#events;
    const { target, growth, decodeFromStep } = this.#requests;
    for (let at = 0; at < events.size; at++) this.#endShare(shares, events.requestAt(at));
    shares.moveBase(this.steps);
    for (let at = 0; at < events.size; at++) {
      const request = events.requestAt(at);
      shares.begin(request, target[request]!, growth[request]!, decodeFromStep[request]!);
    }
  }
}

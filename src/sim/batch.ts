import { Admission } from './admission.ts';
import { decodeShares } from './decode-shares.ts';
import { DecodingSet } from './decoding-set.ts';
import { IncomingRequests } from './incoming-requests.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { InstanceListener, InstancePlan } from './instance-listener.ts';
import { LoadingRequests } from './loading-requests.ts';
import { OutgoingRequests } from './outgoing-requests.ts';
import type { EnginePlan } from './plan.ts';
import type { PolicyQueues } from './policy-queues.ts';
import type { PoolCounters } from './pool-counters.ts';
import { PrefillChunks } from './prefill-chunks.ts';
import { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import type { InstanceIndex, Ns, RequestIndex } from './units.ts';

/**
 * Who runs on an instance, who waits, and what everybody computes in the next step, as docs/engine.md specifies it.
 *
 * What makes jumping possible: the token budget is enough for all decoding requests, so each gets its tokens in every
 * step (or none does), and at most one request is half prefilled, the last of the running list. So the state is a few sums
 * over the decoding requests, and which of them is done when is known as soon as it starts to decode.
 */
export class Batch {
  readonly running: RequestList;
  /** In order of coming; with a policy only those who are not in the queue yet. */
  readonly waiting: RequestList;
  /** Who waits in the order of a policy; undefined where there is none. */
  readonly queues: PolicyQueues | undefined;
  readonly decoding: DecodingSet;
  /** Prompt chunks of each step of the segment; none while the batch only decodes. */
  readonly chunks = new PrefillChunks();
  /** Undefined unless it is a decode instance. */
  readonly incoming: IncomingRequests | undefined;
  /** Undefined unless it is a prefill instance. */
  readonly outgoing: OutgoingRequests | undefined;
  /** Undefined unless there are KV tiers. */
  readonly loading: LoadingRequests | undefined;
  readonly admission: Admission;
  readonly #index: InstanceIndex;
  readonly #engine: EnginePlan;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  readonly #counters: PoolCounters;
  readonly #listener: InstanceListener;
  readonly #prefillFirst: boolean;
  /** Nobody comes from elsewhere, no policy is asked, and prompts are computed beside those who decode. */
  readonly #isUsual: boolean;
  /** The step in progress carries prompt tokens only, although somebody decodes. */
  decodingPaused = false;
  /** Somebody may be admitted at the next step boundary although nothing else changes until then. */
  isOutdated = false;
  pausedSteps = 0;
  /** The request that is half prefilled, or NONE. */
  #partial: RequestIndex = NONE;

  constructor(
    index: InstanceIndex,
    { engine, role, kvLink, decodeSteps, tiers, resourceTime, queues }: InstancePlan,
    requests: RequestTable,
    kv: KvBlocks,
    counters: PoolCounters,
    listener: InstanceListener,
  ) {
    this.running = new RequestList(requests);
    this.waiting = new RequestList(requests);
    this.queues = queues;
    this.decoding = new DecodingSet(requests, kv, decodeSteps, decodeShares(resourceTime, engine, kv), queues);
    this.incoming = role === 'decode' ? new IncomingRequests(requests, kv) : undefined;
    this.outgoing = role === 'prefill' ? new OutgoingRequests(index, kvLink!, requests, kv) : undefined;
    this.loading = tiers === undefined ? undefined : new LoadingRequests(requests, kv, tiers);
    this.#index = index;
    this.#engine = engine;
    this.#requests = requests;
    this.#kv = kv;
    this.#counters = counters;
    this.#listener = listener;
    this.#prefillFirst = engine.prefillFirst && role !== 'decode';
    this.admission = new Admission(engine, this, requests, kv, listener);
    this.#isUsual = queues === undefined && role !== 'decode' && !this.#prefillFirst && !kv.hasExpiry;
  }

  /** Whether all that may join are in `waiting`, and join in order beside those who decode. */
  get isUsual(): boolean {
    return this.#isUsual && (this.loading === undefined || this.loading.size === 0);
  }

  /** Mostly nothing changes but who decodes: nobody waits, nobody is half prefilled. Answers whether that is so, and settled. */
  goOn(): boolean {
    if (this.waiting.size > 0 || this.#partial !== NONE || this.running.size === 0 || !this.isUsual) return false;
    this.isOutdated = false;
    return this.#kv.reserveNextStep();
  }

  /**
   * Settle what everybody computes in the next step; answers whether somebody had to be preempted for it.
   * @param seenNs what has come later is not seen yet; before `nowNs` if the batch was settled when the last step began
   */
  form(nowNs: Ns, seenNs: Ns): boolean {
    this.chunks.reset();
    this.#kv.expire(nowNs);
    if (this.queues !== undefined) this.#enter(this.queues, nowNs, seenNs);
    const preempted = this.#prefillFirst ? this.#formPrefillFirst(nowNs, seenNs) : this.#formMixed(nowNs, seenNs);
    this.isOutdated = this.admission.mayLoadSoon || (seenNs < nowNs && this.admission.missesSomebody(nowNs, seenNs));
    return preempted;
  }

  #enter(queues: PolicyQueues, nowNs: Ns, seenNs: Ns): void {
    this.admission.enter(queues, seenNs);
    if (queues.mustTell) queues.tell(this.running, this.decoding.steps, this.#partial);
    if (queues.due.length > 0) this.#giveWay(queues, nowNs);
  }

  /** Who has used up a quantum makes room for those who wait before him. */
  #giveWay(queues: PolicyQueues, nowNs: Ns): void {
    for (const request of queues.due) {
      if (!queues.mustGiveWay(request, this.admission.mostRunning - this.running.size)) continue;
      this.#takeBack(request, nowNs);
      queues.enterBehind(request);
    }
    queues.due.length = 0;
  }

  #formMixed(nowNs: Ns, seenNs: Ns): boolean {
    const { admission, incoming } = this;
    const madeRoom = this.#makeRoom(true, nowNs);
    const preempted = this.#continueDecoding(nowNs) || madeRoom;
    if ((this.#partial !== NONE && this.#continuePrefill(this.#promptBudget(), nowNs)) || preempted) return true;
    if (admission.isIdle) return false;
    admission.open(nowNs, seenNs);
    // A request that is half prefilled stays the last of the running list.
    if (incoming !== undefined && this.#partial === NONE) admission.join(incoming, seenNs);
    admission.admit(this.#promptBudget() - this.chunks.batch.prefillTokens, nowNs, seenNs);
    return false;
  }

  /** Prompt tokens that a step may carry beside those who decode. */
  #promptBudget(): number {
    const { decoding, queues } = this;
    const budget = this.#engine.maxNumBatchedTokens - decoding.batchedTokens;
    if (queues === undefined || decoding.seqs === 0 || this.incoming !== undefined) return budget;
    return Math.min(budget, queues.policy.prefillTokenBudget?.(decoding.seqs) ?? budget);
  }

  /** Prompt tokens or, if there are none to compute, decoding ones. */
  #formPrefillFirst(nowNs: Ns, seenNs: Ns): boolean {
    const { maxNumBatchedTokens } = this.#engine;
    const madeRoom = this.#makeRoom(false, nowNs);
    const preempted = this.#continuePrefill(maxNumBatchedTokens, nowNs) || madeRoom;
    if (!preempted) {
      this.admission.open(nowNs, seenNs);
      this.admission.admit(maxNumBatchedTokens - this.chunks.batch.prefillTokens, nowNs, seenNs);
    }
    this.decodingPaused = this.chunks.count > 0;
    if (this.decodingPaused) return false;
    const madeMore = this.#makeRoom(true, nowNs);
    return this.#continueDecoding(nowNs) || madeMore || preempted;
  }

  /** Preempt whom the policy says until all, or the prompt alone, have blocks for the next step; answers whether it had to. */
  #makeRoom(forAll: boolean, nowNs: Ns): boolean {
    const { queues, running, decoding } = this;
    if (queues === undefined || !queues.choosesVictims) return false;
    const kv = this.#kv;
    let preempted = false;
    while (
      forAll
        ? kv.lacksForNextStep(this.#blocksOfChunk(this.#promptBudget()))
        : this.#blocksOfChunk(this.#engine.maxNumBatchedTokens) > kv.free
    ) {
      this.#preempt(queues.victim(running, decoding.steps, this.#partial), nowNs);
      preempted = true;
    }
    return preempted;
  }

  /** Blocks that the request that is half prefilled takes for its next chunk. */
  #blocksOfChunk(budget: number): number {
    const partial = this.#partial;
    if (partial === NONE) return 0;
    const computed = this.#requests.computed[partial]!;
    const tokens = Math.min(this.#requests.target[partial]! - computed, budget);
    return this.#kv.blocksOf(partial, computed + tokens) - this.#kv.blocksOf(partial, computed);
  }

  /** Find blocks for everybody who decodes, preempting from the end of the list; answers whether that was necessary. */
  #continueDecoding(nowNs: Ns): boolean {
    let preempted = false;
    while (!this.#kv.reserveNextStep()) {
      this.#kv.takeAllBut(this.decoding.blocksLeftOver(this.running));
      this.#preempt(this.running.tail, nowNs);
      preempted = true;
    }
    return preempted;
  }

  /** The next chunk of the request that is half prefilled, if there is one; answers whether it had to be preempted. */
  #continuePrefill(budget: number, nowNs: Ns): boolean {
    const partial = this.#partial;
    if (partial === NONE) return false;
    const computed = this.#requests.computed[partial]!;
    const target = this.#requests.target[partial]!;
    const tokens = Math.min(target - computed, budget);
    if (tokens === 0) return false;
    if (this.#blocksOfChunk(budget) > this.#kv.free) {
      this.#preempt(partial, nowNs);
      return true;
    }
    this.#kv.extend(partial, computed, computed + tokens);
    this.chunks.add(partial, tokens, computed, target);
    return false;
  }

  /** A running request gives everything back and waits again, ahead of all others. */
  #preempt(request: RequestIndex, nowNs: Ns): void {
    this.#takeBack(request, nowNs);
    if (this.queues === undefined) this.waiting.prepend(request);
    else this.queues.enterAgain(request);
  }

  #takeBack(request: RequestIndex, nowNs: Ns): void {
    const { queues } = this;
    if (queues !== undefined) queues.tell(this.running, this.decoding.steps, this.#partial);
    this.#kv.letGo(request, this.stop(request), nowNs);
    this.#requests.preemptions[request]!++;
    this.#counters.preemptions++;
  }

  /** It runs no more; answers how many tokens it has computed. */
  stop(request: RequestIndex): number {
    this.running.remove(request);
    if (request !== this.#partial) return this.decoding.stop(request);
    this.#partial = NONE;
    return this.#requests.computed[request]!;
  }

  /** Decoding requests have computed that many more tokens; those that have all of theirs leave. */
  endSteps(steps: number, endNs: Ns): void {
    const { decoding } = this;
    this.admission.beginStepEnd();
    if (this.decodingPaused) {
      this.pausedSteps += steps;
      return;
    }
    decoding.advance(steps);
    for (let request = decoding.nextFinished(); request !== NONE; request = decoding.nextFinished()) {
      this.#leave(request, decoding.stop(request), endNs);
    }
  }

  /** The chunks of each of `steps` steps are computed. */
  endChunks(steps: number, endNs: Ns): void {
    const requests = this.#requests;
    const { count, requests: chunkRequests, tokens: chunkTokens } = this.chunks;
    this.#partial = NONE;
    for (let chunk = 0; chunk < count; chunk++) {
      const request = chunkRequests[chunk]!;
      const computed = requests.computed[request]! + steps * chunkTokens[chunk]!;
      requests.computed[request] = computed;
      if (computed === requests.target[request]) this.#endPrefill(request, computed, endNs);
      else this.#partial = request;
    }
    this.chunks.reset();
  }

  #endPrefill(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    const requests = this.#requests;
    const generated = ++requests.generated[request]!;
    if (requests.firstTokenNs[request] === NOT_YET) {
      requests.firstTokenNs[request] = endNs + this.#engine.outputNs + this.#engine.firstOutputNs;
      this.#counters.promptTokens += requests.promptTokens[request]!;
      this.#counters.loadedTokens += requests.loadedTokens[request]!;
      this.#counters.cachedTokens += requests.cachedTokens[request]!;
      this.#listener.firstToken(request, this.#index);
    }
    if (this.queues !== undefined) this.queues.mustTell = true;
    if (generated === requests.outputTokens[request]) this.#leave(request, computedTokens, endNs);
    else if (this.outgoing === undefined) this.decoding.start(request, computedTokens);
    else this.#handOver(request, this.outgoing, endNs);
  }

  #handOver(request: RequestIndex, outgoing: OutgoingRequests, endNs: Ns): void {
    if (this.queues !== undefined) this.queues.leaves(request, this.#requests.generated[request]!);
    this.running.remove(request);
    this.admission.hasLeft(0);
    outgoing.add(request, endNs);
    this.#listener.handedOver(request, this.#index);
  }

  #leave(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    const kv = this.#kv;
    const { used } = kv;
    if (this.queues !== undefined) this.queues.leaves(request, this.#requests.generated[request]!);
    kv.letGo(request, computedTokens, endNs);
    this.admission.hasLeft(used - kv.used);
    this.running.remove(request);
    this.#counters.finishedRequests++;
    this.#listener.served(request, this.#index, endNs);
  }
}

import { Admission } from './admission.ts';
import { DecodeShares } from './decode-shares.ts';
import { DecodingSet } from './decoding-set.ts';
import { IncomingRequests } from './incoming-requests.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { InstanceListener, InstancePlan } from './instance-listener.ts';
import { LoadingRequests } from './loading-requests.ts';
import { OutgoingRequests } from './outgoing-requests.ts';
import type { EnginePlan } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import { PrefillChunks } from './prefill-chunks.ts';
import { RequestList } from './request-lists.ts';
import type { ResourceTime } from './resource-time.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import type { InstanceIndex, Ns, RequestIndex } from './units.ts';

/**
 * Who runs on an instance, who waits, and what everybody computes in the next step: continuous batching with chunked
 * prefill and paged KV, as docs/engine.md specifies it.
 *
 * What makes jumping possible: the token budget is enough for all decoding requests, so each gets its tokens in every step
 * (or none does), and at most one request is half prefilled; it is the last of the running list. So the state is a few sums over the
 * decoding requests, and which request is done when is known as soon as it starts to decode.
 */
export class Batch {
  readonly running: RequestList;
  readonly waiting: RequestList;
  readonly decoding: DecodingSet;
  /** Prompt chunks of the step in progress; none while the batch only decodes. */
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
  /** The step in progress carries prompt tokens only, although somebody decodes. */
  decodingPaused = false;
  /** Somebody may be admitted at the next step boundary although nothing else changes until then. */
  isOutdated = false;
  /** Steps in which decoding was paused. */
  pausedSteps = 0;
  /** The request that is half prefilled, or NONE. */
  #partial: RequestIndex = NONE;

  constructor(
    index: InstanceIndex,
    { engine, role, kvLink, decodeSteps, tiers, resourceTime }: InstancePlan,
    requests: RequestTable,
    kv: KvBlocks,
    counters: PoolCounters,
    listener: InstanceListener,
  ) {
    this.running = new RequestList(requests);
    this.waiting = new RequestList(requests);
    this.decoding = new DecodingSet(requests, kv, decodeSteps, decodeShares(resourceTime, engine, kv));
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
  }

  // -------------------------------------------------------------------------------------------- forming a batch

  /**
   * Settle what everybody computes in the next step; answers whether somebody had to be preempted for it.
   * @param seenNs what has come later is not seen yet; before `nowNs` if the batch was settled when the last step began
   */
  form(nowNs: Ns, seenNs: Ns): boolean {
    this.chunks.reset();
    this.#kv.expire(nowNs);
    const preempted = this.#prefillFirst ? this.#formPrefillFirst(nowNs, seenNs) : this.#formMixed(nowNs, seenNs);
    const { admission } = this;
    this.isOutdated = admission.mayLoadSoon || (seenNs < nowNs && admission.missesSomebody(nowNs, seenNs));
    return preempted;
  }

  #formMixed(nowNs: Ns, seenNs: Ns): boolean {
    const { maxNumBatchedTokens } = this.#engine;
    const { admission, incoming, decoding } = this;
    const preempted = this.#continueDecoding(nowNs);
    if (this.#continuePrefill(maxNumBatchedTokens - decoding.batchedTokens, nowNs) || preempted) return true;
    if (admission.isIdle) return false;
    admission.open(nowNs, seenNs);
    // A request that is half prefilled stays the last of the running list.
    if (incoming !== undefined && this.#partial === NONE) admission.join(incoming, seenNs);
    admission.admit(maxNumBatchedTokens - decoding.batchedTokens - this.chunks.batch.prefillTokens, nowNs, seenNs);
    return false;
  }

  /** Prompt tokens or, if there are none to compute, decoding ones. */
  #formPrefillFirst(nowNs: Ns, seenNs: Ns): boolean {
    const { maxNumBatchedTokens } = this.#engine;
    const preempted = this.#continuePrefill(maxNumBatchedTokens, nowNs);
    if (!preempted) {
      this.admission.open(nowNs, seenNs);
      this.admission.admit(maxNumBatchedTokens - this.chunks.batch.prefillTokens, nowNs, seenNs);
    }
    this.decodingPaused = this.chunks.count > 0;
    if (this.decodingPaused) return false;
    return this.#continueDecoding(nowNs) || preempted;
  }

  /** Find blocks for everybody who decodes, preempting from the end of the list; answers whether that was necessary. */
  #continueDecoding(nowNs: Ns): boolean {
    let preempted = false;
    while (!this.#kv.reserveNextStep()) {
      this.#kv.takeAllBut(this.#blocksLeftOver());
      this.#preemptLast(nowNs);
      preempted = true;
    }
    return preempted;
  }

  /** Of too few free blocks, those that are left when the first who finds not enough asks for his. */
  #blocksLeftOver(): number {
    const kv = this.#kv;
    // Everybody asks for one at most.
    if (kv.maxGrowth === 1) return 0;
    let left = kv.free;
    for (let request = this.running.head; request !== NONE; request = this.#requests.next[request]!) {
      const blocks = this.decoding.blocksOfNextStep(request);
      if (blocks > left) break;
      left -= blocks;
    }
    return left;
  }

  /** The next chunk of the request that is half prefilled, if there is one; answers whether it had to be preempted. */
  #continuePrefill(budget: number, nowNs: Ns): boolean {
    const partial = this.#partial;
    if (partial === NONE) return false;
    const kv = this.#kv;
    const computed = this.#requests.computed[partial]!;
    const target = this.#requests.target[partial]!;
    const tokens = Math.min(target - computed, budget);
    if (kv.blocksOf(partial, computed + tokens) - kv.blocksOf(partial, computed) > kv.free) {
      this.#preemptLast(nowNs);
      return true;
    }
    kv.extend(partial, computed, computed + tokens);
    this.chunks.add(partial, tokens, computed, target);
    return false;
  }

  /** The last of the running list gives everything back and waits again, ahead of all others. */
  #preemptLast(nowNs: Ns): void {
    const request = this.running.tail;
    const requests = this.#requests;
    const partial = request === this.#partial;
    const computedTokens = partial ? requests.computed[request]! : this.decoding.stop(request);
    if (partial) this.#partial = NONE;
    this.#kv.letGo(request, computedTokens, nowNs);
    this.running.remove(request);
    this.waiting.prepend(request);
    requests.preemptions[request]!++;
    this.#counters.preemptions++;
  }

  // -------------------------------------------------------------------------------------------- ends of steps

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

  /** The chunks of the step are computed. */
  endChunks(endNs: Ns): void {
    const requests = this.#requests;
    const { count, requests: chunkRequests, tokens: chunkTokens } = this.chunks;
    this.#partial = NONE;
    for (let chunk = 0; chunk < count; chunk++) {
      const request = chunkRequests[chunk]!;
      const computed = requests.computed[request]! + chunkTokens[chunk]!;
      requests.computed[request] = computed;
      if (computed === requests.target[request]) this.#endPrefill(request, computed, endNs);
      else this.#partial = request;
    }
    this.chunks.reset();
  }

  #endPrefill(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    const requests = this.#requests;
    const generated = requests.generated[request]! + 1;
    requests.generated[request] = generated;
    if (requests.firstTokenNs[request] === NOT_YET) {
      requests.firstTokenNs[request] = endNs + this.#engine.outputNs + this.#engine.firstOutputNs;
      this.#counters.promptTokens += requests.promptTokens[request]!;
      this.#counters.loadedTokens += requests.loadedTokens[request]!;
      this.#counters.cachedTokens += requests.cachedTokens[request]!;
    }
    if (generated === requests.outputTokens[request]) this.#leave(request, computedTokens, endNs);
    else if (this.outgoing === undefined) this.decoding.start(request, computedTokens);
    else this.#handOver(request, this.outgoing, endNs);
  }

  #handOver(request: RequestIndex, outgoing: OutgoingRequests, endNs: Ns): void {
    this.running.remove(request);
    this.admission.hasLeft(0);
    outgoing.add(request, endNs);
    this.#listener.handedOver(request, this.#index);
  }

  #leave(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    const kv = this.#kv;
    const { used } = kv;
    kv.letGo(request, computedTokens, endNs);
    this.admission.hasLeft(used - kv.used);
    this.running.remove(request);
    this.#counters.finishedRequests++;
    this.#listener.served(request, this.#index, endNs);
  }
}

function decodeShares(
  time: ResourceTime | undefined,
  { maxModelTokens }: EnginePlan,
  { maxGrowth }: KvBlocks,
): DecodeShares | undefined {
  return time === undefined ? undefined : new DecodeShares(time, maxModelTokens, maxGrowth);
}

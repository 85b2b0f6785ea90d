import { DecodingSet } from './decoding-set.ts';
import { IncomingRequests } from './incoming-requests.ts';
import type { KvBlocks } from './kv-blocks.ts';
import { OutgoingRequests } from './outgoing-requests.ts';
import type { EnginePlan, PoolPlan } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import { PrefillChunks } from './prefill-chunks.ts';
import { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import type { InstanceIndex, Ns, RequestIndex } from './units.ts';

/** Who is told what an instance cannot do alone. */
export interface InstanceListener {
  /** A request has its last token and has left. */
  served(request: RequestIndex, instance: InstanceIndex, stepEndNs: Ns): void;
  /** A request has its first token; another instance must go on with it. */
  handedOver(request: RequestIndex, instance: InstanceIndex): void;
  /** A request that was handed over to this instance has found room here; its KV must be brought. */
  transferRequested(request: RequestIndex): void;
}

export type InstancePlan = Pick<PoolPlan, 'engine'> & Partial<Pick<PoolPlan, 'role' | 'kvLink'>>;

/**
 * Who runs on an instance, who waits, and what everybody computes in the next step: continuous batching with chunked
 * prefill and paged KV, as docs/engine.md specifies it.
 *
 * What makes jumping possible: as maxNumBatchedTokens ≥ maxNumSeqs, every decoding request gets its token in every step,
 * and at most one request is half prefilled; it is the last of the running list. So the state is a few sums over the
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
  readonly #index: InstanceIndex;
  readonly #engine: EnginePlan;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  readonly #counters: PoolCounters;
  readonly #listener: InstanceListener;
  #admissions = 0;
  /** The request that is half prefilled, or NONE. */
  #partial: RequestIndex = NONE;

  constructor(
    index: InstanceIndex,
    { engine, role, kvLink }: InstancePlan,
    requests: RequestTable,
    kv: KvBlocks,
    counters: PoolCounters,
    listener: InstanceListener,
  ) {
    this.running = new RequestList(requests);
    this.waiting = new RequestList(requests);
    this.decoding = new DecodingSet(requests, kv);
    this.incoming = role === 'decode' ? new IncomingRequests(requests, kv) : undefined;
    this.outgoing = role === 'prefill' ? new OutgoingRequests(index, kvLink!, requests, kv) : undefined;
    this.#index = index;
    this.#engine = engine;
    this.#requests = requests;
    this.#kv = kv;
    this.#counters = counters;
    this.#listener = listener;
  }

  // -------------------------------------------------------------------------------------------- forming a batch

  /** Settle what everybody computes in the next step; answers whether somebody had to be preempted for it. */
  form(nowNs: Ns): boolean {
    this.chunks.reset();
    this.#kv.expire(nowNs);
    if (this.#continueRunning(nowNs)) return true;
    if (this.incoming !== undefined) this.#join(this.incoming);
    this.#admit(nowNs);
    return false;
  }

  /** Find blocks for everybody who runs, preempting from the end of the list; answers whether that was necessary. */
  #continueRunning(nowNs: Ns): boolean {
    const kv = this.#kv;
    let preempted = false;
    while (!kv.reserveNextStep()) {
      this.#preemptLast(nowNs);
      preempted = true;
    }
    const partial = this.#partial;
    if (partial === NONE) return preempted;
    const computed = this.#requests.computed[partial]!;
    const target = this.#requests.target[partial]!;
    const tokens = Math.min(target - computed, this.#engine.maxNumBatchedTokens - this.decoding.seqs);
    if (kv.blocksFor(computed + tokens) - kv.blocksFor(computed) > kv.free) {
      this.#preemptLast(nowNs);
      return true;
    }
    kv.extend(partial, computed, computed + tokens);
    this.chunks.add(partial, tokens, computed, target);
    return preempted;
  }

  /** Requests whose KV has come go on here, unless a prompt is half prefilled: it stays the last of the running list. */
  #join(incoming: IncomingRequests): void {
    if (this.#partial !== NONE) return;
    while (incoming.arrived.size > 0 && this.running.size < this.#engine.maxNumSeqs) {
      const request = incoming.join(this.#admissions++, this.decoding);
      this.running.append(request);
    }
  }

  /** Admit waiting requests in order, up to the first that does not fit. */
  #admit(nowNs: Ns): void {
    const { waiting, running, incoming } = this;
    const { maxNumSeqs, maxNumBatchedTokens, reserveFullPrompt, watermarkBlocks } = this.#engine;
    const kv = this.#kv;
    const requests = this.#requests;
    let budget = maxNumBatchedTokens - this.decoding.seqs - this.chunks.batch.prefillTokens;
    while (budget > 0 && waiting.size > 0 && running.size < maxNumSeqs) {
      const request = waiting.head;
      if (requests.enqueuedNs[request]! > nowNs) return;
      if (incoming !== undefined && incoming.includes(request)) {
        if (!incoming.admit(request, watermarkBlocks)) return;
        waiting.remove(request);
        this.#listener.transferRequested(request);
        continue;
      }
      const target = requests.promptTokens[request]! + requests.generated[request]!;
      kv.match(request, target);
      const computed = kv.hitBlocks * kv.blockTokens;
      const tokens = Math.min(target - computed, budget);
      const blocks = kv.blocksFor(reserveFullPrompt ? target : computed + tokens) - kv.hitBlocks;
      if (blocks > kv.free - kv.freeHitBlocks - watermarkBlocks) return;
      waiting.remove(request);
      running.append(request);
      kv.admit(request, computed + tokens);
      budget -= tokens;
      requests.computed[request] = computed;
      requests.target[request] = target;
      requests.admission[request] = this.#admissions++;
      if (requests.scheduledNs[request] === NOT_YET) {
        requests.scheduledNs[request] = nowNs;
        requests.cachedTokens[request] = computed;
      }
      this.chunks.add(request, tokens, computed, target);
    }
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
    decoding.advance(steps);
    for (let request = decoding.finished; request !== NONE; request = decoding.finished) {
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
      requests.firstTokenNs[request] = endNs + this.#engine.outputNs;
      this.#counters.promptTokens += requests.promptTokens[request]!;
      this.#counters.cachedTokens += requests.cachedTokens[request]!;
    }
    if (generated === requests.outputTokens[request]) this.#leave(request, computedTokens, endNs);
    else if (this.outgoing === undefined) this.decoding.start(request, computedTokens);
    else this.#handOver(request, this.outgoing, endNs);
  }

  #handOver(request: RequestIndex, outgoing: OutgoingRequests, endNs: Ns): void {
    this.running.remove(request);
    outgoing.add(request, endNs);
    this.#listener.handedOver(request, this.#index);
  }

  #leave(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    this.#kv.letGo(request, computedTokens, endNs);
    this.running.remove(request);
    this.#counters.finishedRequests++;
    this.#listener.served(request, this.#index, endNs);
  }
}

import { assert } from './assert.ts';
import { DecodeRun } from './decode-run.ts';
import { DecodingSet } from './decoding-set.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { EnginePlan } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { StepCost } from './ports.ts';
import { PrefillChunks } from './prefill-chunks.ts';
import { RequestList } from './request-lists.ts';
import { NONE, NOT_YET, type RequestTable } from './request-table.ts';
import { TICKS_PER_NS, type InstanceIndex, type Ns, type PoolIndex, type RequestIndex } from './units.ts';

/** Who is told that a request has left its instance. */
export interface Departures {
  served(request: RequestIndex, instance: InstanceIndex, stepEndNs: Ns): void;
}

/**
 * One serving engine: continuous batching with chunked prefill and paged KV, as docs/engine.md specifies it.
 *
 * What makes jumping possible: as maxNumBatchedTokens ≥ maxNumSeqs, every decoding request gets its token in every step,
 * and at most one request is half prefilled; it is the last of the running list. So the state is a few sums over the
 * decoding requests, and which request is done when is known as soon as it starts to decode.
 */
export class Instance {
  readonly index: InstanceIndex;
  readonly pool: PoolIndex;
  readonly engine: EnginePlan;
  readonly kv: KvBlocks;
  readonly run = new DecodeRun();
  readonly running: RequestList;
  readonly waiting: RequestList;
  clock = 1;
  /** Segments started. */
  segments = 0;

  readonly #requests: RequestTable;
  readonly #stepCost: StepCost;
  readonly #counters: PoolCounters;
  readonly #departures: Departures;
  readonly #decoding: DecodingSet;
  #admissions = 0;
  /** The request that is half prefilled, or NONE. */
  #partial: RequestIndex = NONE;
  /** Prompt chunks of the batch in progress; none while it only decodes. */
  readonly #chunks = new PrefillChunks();
  /** How long the step in progress would take without them. */
  #decodeOnlyNs: Ns = 0;
  /** The last look found nothing to do. */
  #idle = true;

  constructor(
    index: InstanceIndex,
    pool: PoolIndex,
    engine: EnginePlan,
    requests: RequestTable,
    kv: KvBlocks,
    stepCost: StepCost,
    counters: PoolCounters,
    departures: Departures,
  ) {
    assert(engine.maxNumBatchedTokens >= engine.maxNumSeqs, 'maxNumBatchedTokens is below maxNumSeqs');
    this.index = index;
    this.pool = pool;
    this.engine = engine;
    this.kv = kv;
    this.running = new RequestList(requests);
    this.waiting = new RequestList(requests);
    this.#requests = requests;
    this.#stepCost = stepCost;
    this.#counters = counters;
    this.#departures = departures;
    this.#decoding = new DecodingSet(requests, kv);
  }

  /** Whether this engine could ever run such a request, alone. */
  canEverFit(promptTokens: number, outputTokens: number): boolean {
    const { maxModelTokens, kvBlocks, watermarkBlocks } = this.engine;
    const blocks = this.kv.blocksFor(promptTokens + outputTokens - 1);
    return promptTokens + outputTokens <= maxModelTokens && blocks <= kvBlocks - watermarkBlocks;
  }

  /** Steps completed. */
  get steps(): number {
    return this.#decoding.steps;
  }

  /** Whether it is within a segment. */
  get isBusy(): boolean {
    return this.run.steps > 0;
  }

  /** When it must next be looked at: at its segment's end, or when its first waiting request is enqueued, or never. */
  get nextNs(): Ns {
    if (this.isBusy) return this.run.endNs;
    return this.waiting.size === 0 ? Infinity : this.#requests.enqueuedNs[this.waiting.head]!;
  }

  /** A request has been sent here. Answers whether nextNs has changed. */
  enqueue(request: RequestIndex): boolean {
    const enqueuedNs = this.#requests.arrivalNs[request]! + this.engine.frontEndNs;
    this.#requests.enqueuedNs[request] = enqueuedNs;
    this.waiting.append(request);
    // Behind another waiting request it can only join after that one.
    if (this.waiting.size > 1) return false;
    if (this.#idle) return true;
    // Without a free place it can only join after a finish, which ends the segment anyway.
    return this.isBusy && this.running.size < this.engine.maxNumSeqs && this.run.cutAt(enqueuedNs);
  }

  /** The batch in progress keeps its clock until its next step boundary. Answers whether nextNs has changed. */
  setClock(clock: number, nowNs: Ns): boolean {
    this.clock = clock;
    return this.isBusy && this.run.cutAt(nowNs);
  }

  /** The segment is over: tokens become visible, requests that have all of theirs leave. */
  endSegment(): void {
    const { run } = this;
    const { steps, startNs, endNs } = run;
    run.credit(steps, this.#counters);
    run.finish();
    const decoding = this.#decoding;
    decoding.advance(steps);
    for (let request = decoding.finished; request !== NONE; request = decoding.finished) {
      this.#leave(request, decoding.stop(request), endNs);
    }
    if (this.#chunks.count > 0) this.#endPrefillStep(startNs, endNs);
  }

  /** Form a batch and start its segment, or find that there is nothing to do. */
  formBatch(nowNs: Ns): void {
    this.#chunks.reset();
    this.kv.expire(nowNs);
    const preempted = this.#continueRunning(nowNs);
    if (!preempted) this.#admit(nowNs);
    if (this.running.size === 0) {
      this.#idle = true;
      return;
    }
    if (this.#idle) this.run.wake(nowNs);
    this.#idle = false;
    this.segments++;
    if (this.#chunks.count > 0) this.#startPrefillStep();
    else this.#startDecodeSteps(nowNs, preempted);
  }

  /** Blocks held at a moment within the segment, those of the step in progress included. */
  kvBlocksUsedAt(timeNs: Ns): number {
    if (!this.isBusy) return this.kv.used;
    return this.kv.used + this.kv.blocksOfSteps(Math.min(this.run.stepsOverAt(timeNs) + 1, this.run.steps));
  }

  /** Credit the steps that are over at `timeNs` to the pool's counters. A step with prefill is credited where it ends. */
  creditUntil(timeNs: Ns): void {
    if (this.isBusy && this.#chunks.count === 0) this.run.credit(this.run.stepsOverAt(timeNs), this.#counters);
  }

  // -------------------------------------------------------------------------------------------- forming a batch

  /** Find blocks for everybody who runs, preempting from the end of the list; answers whether that was necessary. */
  #continueRunning(nowNs: Ns): boolean {
    const { kv } = this;
    let preempted = false;
    while (!kv.reserveNextStep()) {
      this.#preemptLast(nowNs);
      preempted = true;
    }
    const partial = this.#partial;
    if (partial === NONE) return preempted;
    const computed = this.#requests.computed[partial]!;
    const target = this.#requests.target[partial]!;
    const tokens = Math.min(target - computed, this.engine.maxNumBatchedTokens - this.#decoding.seqs);
    if (kv.blocksFor(computed + tokens) - kv.blocksFor(computed) > kv.free) {
      this.#preemptLast(nowNs);
      return true;
    }
    kv.extend(partial, computed, computed + tokens);
    this.#chunks.add(partial, tokens, computed, target);
    return preempted;
  }

  /** Admit waiting requests in order, up to the first that does not fit. */
  #admit(nowNs: Ns): void {
    const { kv, waiting, running } = this;
    const { maxNumSeqs, maxNumBatchedTokens, reserveFullPrompt, watermarkBlocks } = this.engine;
    const requests = this.#requests;
    let budget = maxNumBatchedTokens - this.#decoding.seqs - this.#chunks.batch.prefillTokens;
    while (budget > 0 && waiting.size > 0 && running.size < maxNumSeqs) {
      const request = waiting.head;
      if (requests.enqueuedNs[request]! > nowNs) return;
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
      this.#chunks.add(request, tokens, computed, target);
    }
  }

  /** The last of the running list gives everything back and waits again, ahead of all others. */
  #preemptLast(nowNs: Ns): void {
    const request = this.running.tail;
    const requests = this.#requests;
    const partial = request === this.#partial;
    const computedTokens = partial ? requests.computed[request]! : this.#decoding.stop(request);
    if (partial) this.#partial = NONE;
    this.kv.letGo(request, computedTokens, nowNs);
    this.running.remove(request);
    this.waiting.prepend(request);
    requests.preemptions[request]!++;
    this.#counters.preemptions++;
  }

  // -------------------------------------------------------------------------------------------- steps with prefill

  #startPrefillStep(): void {
    const { batch } = this.#chunks;
    const { seqs, kvTokens } = this.#decoding;
    batch.decodeSeqs = seqs;
    batch.kvTokens = kvTokens;
    batch.clock = this.clock;
    this.run.startStep(this.#stepCost.prefillStepTicks(batch), seqs, kvTokens);
    this.#decodeOnlyNs = 0;
    if (seqs === 0) return;
    const piece = this.#stepCost.decodePiece(seqs, kvTokens, this.clock);
    this.#decodeOnlyNs = Math.floor((piece.fixedTicks + piece.ticksPerKvToken * kvTokens) / TICKS_PER_NS);
  }

  #endPrefillStep(startNs: Ns, endNs: Ns): void {
    const counters = this.#counters;
    const requests = this.#requests;
    const { batch, count, requests: chunkRequests, tokens: chunkTokens } = this.#chunks;
    counters.prefillTokens += batch.prefillTokens;
    counters.prefillPairs += batch.prefillPairs;
    counters.prefillContextTokens += batch.prefillContextTokens;
    counters.prefillNs += Math.max(0, endNs - startNs - this.#decodeOnlyNs);
    counters.outputTokens += batch.promptsFinished;
    this.#partial = NONE;
    for (let chunk = 0; chunk < count; chunk++) {
      const request = chunkRequests[chunk]!;
      const computed = requests.computed[request]! + chunkTokens[chunk]!;
      requests.computed[request] = computed;
      if (computed === requests.target[request]) this.#endPrefill(request, computed, endNs);
      else this.#partial = request;
    }
    this.#chunks.reset();
  }

  #endPrefill(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    const requests = this.#requests;
    const generated = requests.generated[request]! + 1;
    requests.generated[request] = generated;
    if (requests.firstTokenNs[request] === NOT_YET) {
      requests.firstTokenNs[request] = endNs + this.engine.outputNs;
      this.#counters.promptTokens += requests.promptTokens[request]!;
      this.#counters.cachedTokens += requests.cachedTokens[request]!;
    }
    if (generated === requests.outputTokens[request]) this.#leave(request, computedTokens, endNs);
    else this.#decoding.start(request, computedTokens);
  }

  /** Jump to the next thing that can change the batch. */
  #startDecodeSteps(nowNs: Ns, preempted: boolean): void {
    const { run, waiting, engine } = this;
    const { seqs, kvTokens, stepsToFinish } = this.#decoding;
    // After a preemption nobody was admitted to this step, but may be to the next.
    const limit = preempted ? 1 : Math.min(stepsToFinish, engine.maxSegmentSteps);
    const piece = this.#stepCost.decodePiece(seqs, kvTokens, this.clock);
    run.startSteps(piece, seqs, kvTokens, this.kv.stepsThatFit(limit));
    // A waiting request that was refused stays refused until somebody finishes; one still on its way may join.
    if (waiting.size > 0 && this.running.size < engine.maxNumSeqs) {
      const enqueuedNs = this.#requests.enqueuedNs[waiting.head]!;
      if (enqueuedNs > nowNs) run.cutAt(enqueuedNs);
    }
  }

  #leave(request: RequestIndex, computedTokens: number, endNs: Ns): void {
    this.kv.letGo(request, computedTokens, endNs);
    this.running.remove(request);
    this.#counters.finishedRequests++;
    this.#departures.served(request, this.index, endNs);
  }
}

import { assert } from './assert.ts';
import { Batch, type InstanceListener, type InstancePlan } from './batch.ts';
import { DecodeRun } from './decode-run.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { KvLink } from './kv-link.ts';
import type { EnginePlan, PoolRole } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { StepCost } from './ports.ts';
import type { RequestTable } from './request-table.ts';
import { TICKS_PER_NS, type InstanceIndex, type Ns, type PoolIndex, type RequestIndex } from './units.ts';

/** One serving engine: its batch, its clock, and the segment it is in. */
export class Instance {
  readonly index: InstanceIndex;
  readonly pool: PoolIndex;
  readonly role: PoolRole;
  readonly engine: EnginePlan;
  readonly kv: KvBlocks;
  readonly run = new DecodeRun();
  readonly batch: Batch;
  clock = 1;
  /** Segments started. */
  segments = 0;

  readonly #requests: RequestTable;
  readonly #stepCost: StepCost;
  readonly #counters: PoolCounters;
  /** How long the step in progress would take without its prompt chunks. */
  #decodeOnlyNs: Ns = 0;
  /** The last look found nothing to do … */
  #idle = true;
  /** … until then. */
  #wakeNs: Ns = Infinity;

  constructor(
    index: InstanceIndex,
    pool: PoolIndex,
    plan: InstancePlan,
    requests: RequestTable,
    kv: KvBlocks,
    stepCost: StepCost,
    counters: PoolCounters,
    listener: InstanceListener,
  ) {
    const { engine, role = 'mixed' } = plan;
    assert(engine.maxNumBatchedTokens >= engine.maxNumSeqs, 'maxNumBatchedTokens is below maxNumSeqs');
    this.index = index;
    this.pool = pool;
    this.role = role;
    this.engine = engine;
    this.kv = kv;
    this.batch = new Batch(index, plan, requests, kv, counters, listener);
    this.#requests = requests;
    this.#stepCost = stepCost;
    this.#counters = counters;
  }

  /** Whether this engine could ever do its part of such a request, alone. */
  canEverFit(promptTokens: number, outputTokens: number): boolean {
    const { maxModelTokens, kvBlocks, watermarkBlocks } = this.engine;
    const tokens = promptTokens + (this.batch.outgoing === undefined ? outputTokens : 1);
    return tokens <= maxModelTokens && this.kv.blocksFor(tokens - 1) <= kvBlocks - watermarkBlocks;
  }

  /** Steps completed. */
  get steps(): number {
    return this.batch.decoding.steps;
  }

  /** Whether it is within a segment. */
  get isBusy(): boolean {
    return this.run.steps > 0;
  }

  /** Where the KV of what it prefills leaves; undefined unless it is a prefill instance. */
  get link(): KvLink | undefined {
    return this.batch.outgoing?.link;
  }

  // -------------------------------------------------------------------------------------------- what it waits for

  /** When it must next be looked at: at its segment's end, or when something happens that it waits for, or never. */
  get nextNs(): Ns {
    return this.isBusy ? this.run.endNs : this.#wakeNs;
  }

  /** A client's request has been sent here. Answers whether nextNs has changed. */
  enqueue(request: RequestIndex): boolean {
    const enqueuedNs = this.#requests.arrivalNs[request]! + this.engine.frontEndNs;
    this.#requests.enqueuedNs[request] = enqueuedNs;
    return this.#append(request, enqueuedNs);
  }

  /** A request has been handed over to this instance. Answers whether nextNs has changed. */
  takeOver(request: RequestIndex, nowNs: Ns): boolean {
    this.#requests.decodeInstance[request] = this.index;
    return this.#append(request, nowNs);
  }

  #append(request: RequestIndex, enqueuedNs: Ns): boolean {
    const { waiting, running } = this.batch;
    waiting.append(request);
    // Behind another waiting request it can only join after that one.
    if (waiting.size > 1) return false;
    if (this.#idle) return this.#wakeAt(enqueuedNs);
    // Without a free place it can only join after a finish, which ends the segment anyway.
    return this.isBusy && running.size < this.engine.maxNumSeqs && this.run.cutAt(enqueuedNs);
  }

  /** The KV of a request that was handed over has left this instance. Answers whether nextNs has changed. */
  endSending(request: RequestIndex, nowNs: Ns): boolean {
    this.batch.outgoing!.letGo(request, nowNs);
    this.#counters.kvTransferTokens += this.#requests.transferTokens[request]!;
    // A waiting request that nothing else will wake has been refused; there is room again.
    return this.#idle && this.batch.waiting.size > 0 && this.#wakeNs === Infinity && this.#wakeAt(nowNs);
  }

  /** The KV of a request has come to this instance. Answers whether nextNs has changed. */
  endReceiving(request: RequestIndex, nowNs: Ns): boolean {
    const incoming = this.batch.incoming!;
    incoming.arrive(request);
    if (this.#idle) return this.#wakeAt(nowNs);
    // Others before it wait for a place, which only a finish can give.
    if (incoming.arrived.size > 1) return false;
    return this.isBusy && this.batch.running.size < this.engine.maxNumSeqs && this.run.cutAt(nowNs);
  }

  #wakeAt(timeNs: Ns): boolean {
    const earlier = timeNs < this.#wakeNs;
    if (earlier) this.#wakeNs = timeNs;
    return earlier;
  }

  /** The batch in progress keeps its clock until its next step boundary. Answers whether nextNs has changed. */
  setClock(clock: number, nowNs: Ns): boolean {
    this.clock = clock;
    return this.isBusy && this.run.cutAt(nowNs);
  }

  // -------------------------------------------------------------------------------------------- segments

  /** The segment is over: tokens become visible, requests that have all of theirs leave. */
  endSegment(): void {
    const { run, batch } = this;
    const { steps, startNs, endNs } = run;
    run.credit(steps, this.#counters);
    // What expired while the segment was jumped over is known no more when somebody lets go of his own copies.
    if (steps > 1 && this.kv.hasExpiry) this.kv.expire(run.lastStepStartNs);
    run.finish();
    batch.endSteps(steps, endNs);
    if (batch.chunks.count === 0) return;
    this.#creditPrefill(endNs - startNs);
    batch.endChunks(endNs);
  }

  /** Form a batch and start its segment, or find that there is nothing to do. */
  formBatch(nowNs: Ns): void {
    const { batch } = this;
    const preempted = batch.form(nowNs);
    if (batch.running.size === 0) {
      this.#rest(nowNs, preempted);
      return;
    }
    if (this.#idle) this.run.wake(nowNs);
    this.#idle = false;
    this.segments++;
    if (batch.chunks.count > 0) this.#startPrefillStep();
    else this.#startDecodeSteps(nowNs, preempted);
  }

  #rest(nowNs: Ns, preempted: boolean): void {
    this.#idle = true;
    const { waiting } = this.batch;
    const enqueuedNs = waiting.size === 0 ? nowNs : this.#requests.enqueuedNs[waiting.head]!;
    // One that is enqueued and was refused waits for blocks that transfers hold.
    this.#wakeNs = enqueuedNs > nowNs ? enqueuedNs : Infinity;
    // Everybody who ran was preempted: now that they wait, another batch can be formed.
    if (preempted) this.formBatch(nowNs);
  }

  #startPrefillStep(): void {
    const { batch } = this.batch.chunks;
    const { seqs, kvTokens } = this.batch.decoding;
    batch.decodeSeqs = seqs;
    batch.kvTokens = kvTokens;
    batch.clock = this.clock;
    this.run.startStep(this.#stepCost.prefillStepTicks(batch), seqs, kvTokens);
    this.#decodeOnlyNs = 0;
    if (seqs === 0) return;
    const piece = this.#stepCost.decodePiece(seqs, kvTokens, this.clock);
    this.#decodeOnlyNs = Math.floor((piece.fixedTicks + piece.ticksPerKvToken * kvTokens) / TICKS_PER_NS);
  }

  /** Jump to the next thing that can change the batch. */
  #startDecodeSteps(nowNs: Ns, preempted: boolean): void {
    const { run, engine } = this;
    const { waiting, running, decoding } = this.batch;
    const { seqs, kvTokens, stepsToFinish } = decoding;
    // After a preemption nobody was admitted to this step, but may be to the next.
    const limit = preempted ? 1 : Math.min(stepsToFinish, engine.maxSegmentSteps);
    const piece = this.#stepCost.decodePiece(seqs, kvTokens, this.clock);
    run.startSteps(piece, seqs, kvTokens, this.kv.stepsThatFit(limit));
    // One still on its way may join. One that was refused stays refused until somebody finishes, or until prefixes that it
    // would hit expire: then it needs more blocks, but keeps none from being free.
    if (waiting.size > 0 && running.size < engine.maxNumSeqs) {
      const enqueuedNs = this.#requests.enqueuedNs[waiting.head]!;
      run.cutAt(enqueuedNs > nowNs ? enqueuedNs : this.kv.nextExpiryNs);
    }
  }

  #creditPrefill(stepNs: Ns): void {
    const counters = this.#counters;
    const { batch } = this.batch.chunks;
    counters.prefillTokens += batch.prefillTokens;
    counters.prefillPairs += batch.prefillPairs;
    counters.prefillContextTokens += batch.prefillContextTokens;
    counters.prefillNs += Math.max(0, stepNs - this.#decodeOnlyNs);
    counters.outputTokens += batch.promptsFinished;
  }

  // -------------------------------------------------------------------------------------------- observation

  /** Requests sent here that are not in the batch. */
  get waitingRequests(): number {
    const { waiting, incoming } = this.batch;
    return incoming === undefined ? waiting.size : waiting.size + incoming.size;
  }

  /** Blocks held at a moment within the segment, those of the step in progress included. */
  kvBlocksUsedAt(timeNs: Ns): number {
    if (!this.isBusy) return this.kv.used;
    return this.kv.used + this.kv.blocksOfSteps(Math.min(this.run.stepsOverAt(timeNs) + 1, this.run.steps));
  }

  /** Credit the steps that are over at `timeNs` to the pool's counters. A step with prefill is credited where it ends. */
  creditUntil(timeNs: Ns): void {
    if (this.isBusy && this.batch.chunks.count === 0) this.run.credit(this.run.stepsOverAt(timeNs), this.#counters);
  }
}

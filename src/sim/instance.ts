import { assert } from './assert.ts';
import { Batch } from './batch.ts';
import { canEverFit } from './can-ever-fit.ts';
import { DecodeRun } from './decode-run.ts';
import { IdleTime } from './idle-time.ts';
import type { InstanceListener, InstancePlan } from './instance-listener.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { KvLink } from './kv-link.ts';
import type { KvTiers } from './kv-tiers.ts';
import type { EnginePlan, PoolRole } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { StepCost } from './ports.ts';
import { PrefillStep } from './prefill-step.ts';
import { Reception } from './reception.ts';
import type { RequestTable } from './request-table.ts';
import type { InstanceIndex, Ns, PoolIndex, RequestIndex } from './units.ts';

/** One serving engine: its batch, its clock, and the segment it is in. */
export class Instance {
  readonly index: InstanceIndex;
  readonly pool: PoolIndex;
  readonly role: PoolRole;
  /** Longest prompt of a request that a decode instance takes from its client. */
  readonly localPrefillTokens: number;
  readonly engine: EnginePlan;
  readonly kv: KvBlocks;
  readonly run: DecodeRun;
  readonly batch: Batch;
  readonly idleTime: IdleTime;
  clock = 1;
  /** Most that one of its accelerators may draw. */
  capWatts = Infinity;
  /** Segments started. */
  segments = 0;

  /** A batch is settled while the step before it runs. */
  readonly #settlesEarly: boolean;
  readonly #reception: Reception;
  readonly #tiers: KvTiers | undefined;
  readonly #prefillStep: PrefillStep;
  readonly #requests: RequestTable;
  readonly #stepCost: StepCost;
  readonly #counters: PoolCounters;
  /** The last look found nothing to do. */
  #idle = true;

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
    const { engine, role = 'mixed', localPrefillTokens = 0, hasEnergy = false, resourceTime } = plan;
    const decodeTokens = engine.maxNumSeqs * kv.maxGrowth;
    assert(engine.maxNumBatchedTokens >= decodeTokens, 'maxNumBatchedTokens is below what maxNumSeqs can decode');
    this.index = index;
    this.pool = pool;
    this.role = role;
    this.localPrefillTokens = role === 'decode' ? localPrefillTokens : 0;
    this.engine = engine;
    this.kv = kv;
    this.#settlesEarly = engine.asyncScheduling;
    this.#tiers = plan.tiers;
    this.idleTime = new IdleTime(counters, hasEnergy, plan.sleep);
    this.run = new DecodeRun(hasEnergy);
    this.batch = new Batch(index, plan, requests, kv, counters, listener);
    this.#reception = new Reception(engine, this.run, this.batch.admission);
    this.#prefillStep = new PrefillStep(this.batch, engine, requests, kv, { stepCost, hasEnergy, resourceTime });
    this.#requests = requests;
    this.#stepCost = stepCost;
    this.#counters = counters;
  }

  /** Whether this engine could ever do its part of such a request, alone. */
  canEverFit(promptTokens: number, outputTokens: number): boolean {
    return canEverFit(this.engine, this.kv, this.role, promptTokens, outputTokens);
  }

  /** It has loaded its model, and knows nothing of what it did before. */
  startAfresh(nowNs: Ns): void {
    this.idleTime.ready(nowNs);
    this.kv.forgetAll();
    this.#tiers?.startAfresh();
  }

  /** Steps completed. */
  get steps(): number {
    return this.batch.decoding.steps + this.batch.pausedSteps;
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

  /** While it is idle: when it must next be looked at, because something happens then that it waits for, or never. */
  get wakeNs(): Ns {
    return this.idleTime.lookNs;
  }

  /** A client's request has been sent here. Answers whether its next event has changed. */
  enqueue(request: RequestIndex, nowNs: Ns): boolean {
    const enqueuedNs = nowNs + this.engine.frontEndNs;
    this.#requests.enqueuedNs[request] = enqueuedNs;
    this.batch.waiting.append(request);
    return this.#enqueued(request, enqueuedNs);
  }

  /** A request has been handed over to this instance. Answers whether its next event has changed. */
  takeOver(request: RequestIndex, nowNs: Ns): boolean {
    this.#requests.decodeInstance[request] = this.index;
    this.batch.admission.enqueueHandedOver(request, nowNs);
    return this.#enqueued(request, nowNs);
  }

  #enqueued(request: RequestIndex, enqueuedNs: Ns): boolean {
    // Behind another waiting request it can only join after that one; a policy is asked about one that enters alone.
    if (this.batch.waiting.head !== request) return false;
    if (this.#idle) return this.idleTime.waitFor(enqueuedNs);
    // Without a free place it can only join after a finish, which ends the segment anyway; nor beside a prompt that takes all.
    if (this.batch.chunks.count > 0) return false;
    return this.isBusy && this.batch.admission.hasPlace && this.#reception.cutForRequest(enqueuedNs);
  }

  /** The KV of a request that was handed over has left this instance. Answers whether its next event has changed. */
  endSending(request: RequestIndex, nowNs: Ns): boolean {
    this.#prefillStep.take(this.#stepsBegunAt(nowNs - 1));
    this.batch.outgoing!.letGo(request, nowNs);
    this.#counters.kvTransferTokens += this.#requests.transferTokens[request]!;
    // A waiting request that nothing else will wake has been refused; there is room again.
    const { waiting, queues } = this.batch;
    const isRefused = queues === undefined ? waiting.size > 0 && this.wakeNs === Infinity : queues.size > 0;
    return this.#idle && isRefused && this.idleTime.waitFor(nowNs);
  }

  /** The KV of a request has come to this instance. Answers whether its next event has changed. */
  endReceiving(request: RequestIndex, nowNs: Ns): boolean {
    const incoming = this.batch.incoming!;
    incoming.arrive(request);
    if (this.#idle) return this.idleTime.waitFor(nowNs);
    // Others before it wait for a place, which only a finish can give.
    if (incoming.arrived.size > 1) return false;
    return this.isBusy && this.batch.admission.hasPlace && this.#reception.cutFor(nowNs);
  }

  /** What a request has waited for from a KV tier has come. Answers whether its next event has changed. */
  endLoading(nowNs: Ns): boolean {
    const loading = this.batch.loading!;
    loading.end();
    if (this.#idle) return this.idleTime.waitFor(nowNs);
    if (loading.loaded.size > 1) return false;
    return this.isBusy && this.batch.admission.hasPlace && this.#reception.cutFor(nowNs);
  }

  /** The batch in progress keeps its setting until its next step boundary. Answers whether its next event has changed. */
  setPower(clock: number, capWatts: number, maxRunning: number, nowNs: Ns): boolean {
    const isLimited = this.batch.admission.limitRunning(maxRunning);
    if (this.clock === clock && this.capWatts === capWatts && !isLimited) return false;
    this.clock = clock;
    this.capWatts = capWatts;
    this.#tiers?.setPower(clock, capWatts);
    return this.isBusy && this.run.cutAt(nowNs);
  }

  // -------------------------------------------------------------------------------------------- segments

  /** The segment is over: tokens become visible, requests that have all of theirs leave. */
  endSegment(): void {
    const { run, batch } = this;
    const { steps, endNs } = run;
    const hadChunks = batch.chunks.count > 0;
    this.#reception.pass(steps, hadChunks);
    run.credit(steps, this.#counters);
    if (hadChunks) this.#prefillStep.end(run, this.#counters);
    run.finish();
    // What expired while the segment was jumped over is known no more when somebody lets go of his own copies.
    if (steps > 1 && this.kv.hasExpiry) this.kv.expire(run.lastStepStartNs);
    this.idleTime.begin(endNs);
    batch.endSteps(steps, endNs);
    if (hadChunks) batch.endChunks(steps, endNs);
  }

  /** Form a batch and start its segment, or find that there is nothing to do. */
  formBatch(nowNs: Ns): void {
    const { batch } = this;
    if (this.#reception.isEveryStep && batch.goOn()) {
      this.segments++;
      this.#startDecodeSteps(nowNs, false);
      return;
    }
    const settledEarlier = this.#settlesEarly && !this.#idle;
    // A batch that was settled when the last step began has not seen who came later; mostly there is nobody to see.
    const seenNs = settledEarlier && !batch.admission.isIdle ? this.run.lastStepStartNs : nowNs;
    const looked = this.#reception.look(this.#idle, seenNs);
    const preempted = batch.form(nowNs, seenNs);
    if (batch.running.size === 0) {
      this.#rest(nowNs, preempted || settledEarlier || !looked);
      return;
    }
    if (this.#idle) this.#wake(nowNs);
    this.segments++;
    const { clock, capWatts } = this;
    if (batch.chunks.count > 0) {
      this.#prefillStep.start(this.run, clock, capWatts);
    } else this.#startDecodeSteps(nowNs, preempted);
  }

  #wake(nowNs: Ns): void {
    this.run.wake(nowNs);
    this.idleTime.creditUntil(nowNs);
    this.#idle = false;
  }

  /** @param again everybody who ran was preempted and now waits, or the batch was settled too early: form another one */
  #rest(nowNs: Ns, again: boolean): void {
    this.#idle = true;
    const { waiting, admission } = this.batch;
    const enqueuedNs = waiting.size === 0 ? nowNs : admission.enqueuedNs(waiting.head);
    // One that is enqueued and was refused waits for blocks that transfers hold.
    this.idleTime.rest(nowNs, enqueuedNs > nowNs ? enqueuedNs : Infinity);
    if (again) this.formBatch(nowNs);
  }

  /** Jump to the next thing that can change the batch. */
  #startDecodeSteps(nowNs: Ns, preempted: boolean): void {
    const { run, engine } = this;
    const { waiting, queues, decoding, admission, isOutdated } = this.batch;
    const { seqs, growth, kvTokens, stepsToEvent } = decoding;
    // Somebody who was not admitted to this step may be to the next.
    const limit = preempted || isOutdated ? 1 : Math.min(stepsToEvent, engine.maxSegmentSteps);
    const piece = this.#stepCost.decodePiece(seqs, kvTokens, this.clock, this.capWatts);
    run.startSteps(piece, seqs, growth, kvTokens, this.kv.stepsThatFit(limit));
    decoding.price(piece);
    // One still on its way may join. One that was refused stays refused until somebody finishes, or until prefixes that it
    // would hit expire: then it needs more blocks, but keeps none from being free.
    if (!admission.hasPlace) return;
    if (waiting.size > 0) {
      const enqueuedNs = admission.enqueuedNs(waiting.head);
      if (enqueuedNs > Math.min(nowNs, admission.receivedNs)) this.#reception.cutForRequest(enqueuedNs);
      else run.cutAt(this.kv.nextExpiryNs);
    }
    if (queues !== undefined && queues.size > 0) run.cutAt(this.kv.nextExpiryNs);
  }

  // -------------------------------------------------------------------------------------------- observation

  /** Requests sent here that are not in the batch. */
  get waitingRequests(): number {
    const { waiting, queues, incoming, loading } = this.batch;
    const elsewhere = (incoming === undefined ? 0 : incoming.size) + (loading === undefined ? 0 : loading.size);
    return waiting.size + elsewhere + (queues === undefined ? 0 : queues.size);
  }

  /** Blocks held at a moment within the segment, those of the step in progress included. */
  kvBlocksUsedAt(timeNs: Ns): number {
    if (!this.isBusy || this.batch.decodingPaused) return this.kv.used;
    const steps = this.#stepsBegunAt(timeNs);
    return this.kv.used + this.kv.blocksOfSteps(steps) + this.#prefillStep.blocksOfSteps(steps);
  }

  #stepsBegunAt(timeNs: Ns): number {
    return Math.min(this.run.stepsOverAt(timeNs) + 1, this.run.steps);
  }

  /** Leading tokens of a prompt whose KV is here, as a batch formed before `nowNs` has left it. */
  cachedTokens(request: RequestIndex, nowNs: Ns): number {
    this.#prefillStep.take(this.#stepsBegunAt(nowNs - 1));
    return this.kv.cachedTokens(request, this.kvBlocksUsedAt(nowNs - 1), nowNs);
  }

  /** Whether it found nothing to do: not so between the end of a step and the batch that is formed then. */
  get isIdle(): boolean {
    return this.#idle;
  }

  /** Credit the steps that are over at `timeNs`, and idle time, to the pool's counters. */
  creditUntil(timeNs: Ns): void {
    if (!this.isBusy) {
      this.idleTime.creditUntil(timeNs);
      return;
    }
    const steps = this.run.stepsOverAt(timeNs);
    this.run.credit(steps, this.#counters);
    if (this.batch.chunks.count > 0) this.#prefillStep.credit(this.run, steps, this.#counters);
  }
}

import type { EnginePlan, PoolRole } from '../../src/sim/plan.ts';
import type { PrefillBatch, StepCost } from '../../src/sim/ports.ts';
import { noCounts } from './reference-counters.ts';
import { ReferenceKv } from './reference-kv.ts';
import type { Block } from './reference-kv.ts';
import { awaitsTransfer } from './reference-request.ts';
import type { ReferenceRequest } from './reference-request.ts';

const TICKS_PER_NS = 65_536n;

/** A request's part of a step. */
interface Share {
  readonly request: ReferenceRequest;
  readonly tokens: number;
  readonly decoding: boolean;
}

interface Step {
  readonly shares: readonly Share[];
  readonly startTicks: bigint;
  readonly endTicks: bigint;
  readonly batch: PrefillBatch;
  /** Duration of the decode-only step with the same decoding requests; 0 without any. */
  readonly decodeTicks: bigint;
}

/** What comes of forming a batch. */
export interface Formation {
  /** Of the step that it starts; undefined when nothing could be scheduled. */
  readonly stepEndNs: number | undefined;
  readonly admittedToTransfer: readonly ReferenceRequest[];
  /** There was somebody, but nobody is left. */
  readonly everybodyPreempted: boolean;
}

/** One serving engine as docs/engine.md describes it, one step at a time. */
export class ReferenceInstance {
  readonly index: number;
  readonly pool: number;
  readonly role: PoolRole;
  readonly engine: EnginePlan;
  readonly counters = noCounts();
  running: ReferenceRequest[] = [];
  readonly waiting: ReferenceRequest[] = [];
  /** Their KV is on its way from prefill instances. */
  readonly onTheWay = new Set<ReferenceRequest>();
  /** Their KV is here. */
  readonly arrived: ReferenceRequest[] = [];
  readonly kv: ReferenceKv;
  clock = 1;
  /** No step is running and none can start before something happens. */
  idle = true;
  /** The exact time of the last step boundary. */
  #boundaryTicks = 0n;
  #step: Step | undefined;
  readonly #cost: StepCost;

  constructor(index: number, pool: number, role: PoolRole, engine: EnginePlan, cost: StepCost) {
    this.index = index;
    this.pool = pool;
    this.role = role;
    this.engine = engine;
    this.kv = new ReferenceKv(engine);
    this.#cost = cost;
  }

  /** Sent here and not on the running list. */
  get waitingRequests(): number {
    return this.waiting.length + this.onTheWay.size + this.arrived.length;
  }

  get isStepping(): boolean {
    return this.#step !== undefined;
  }

  /** Could it do its part of the request if it had nothing else to do? */
  canEverFit(promptTokens: number, outputTokens: number): boolean {
    const { maxModelTokens, kvBlocks, watermarkBlocks } = this.engine;
    const tokens = promptTokens + (this.role === 'prefill' ? 1 : outputTokens);
    return tokens <= maxModelTokens && this.kv.blocksFor(tokens - 1) <= kvBlocks - watermarkBlocks;
  }

  /** Form a batch and start its step. */
  startStep(nowNs: number): Formation {
    const shares: Share[] = [];
    const admittedToTransfer: ReferenceRequest[] = [];
    this.kv.expire(nowNs);
    const { budget, preempted } = this.#scheduleRunning(shares, nowNs);
    if (!preempted) {
      const rest = this.#joinArrived(shares, budget);
      this.#admitWaiting(shares, admittedToTransfer, rest, nowNs);
    }
    if (shares.length === 0) {
      this.idle = true;
      return { stepEndNs: undefined, admittedToTransfer, everybodyPreempted: preempted };
    }
    if (this.idle) this.#boundaryTicks = BigInt(nowNs) * TICKS_PER_NS;
    this.idle = false;
    this.#step = this.#stepOf(shares, this.#boundaryTicks);
    const startNs = wholeNs(this.#step.startTicks);
    for (const { request } of shares) request.scheduledNs ??= startNs;
    return { stepEndNs: wholeNs(this.#step.endTicks), admittedToTransfer, everybodyPreempted: false };
  }

  /** End the step in progress; answer the requests that leave: finished ones, and those whose blocks stay until later. */
  endStep(): readonly ReferenceRequest[] {
    const step = this.#step;
    if (step === undefined) throw new Error('no step to end');
    this.#step = undefined;
    this.#boundaryTicks = step.endTicks;
    this.#countStep(step);
    const endNs = wholeNs(step.endTicks);
    const clientNs = endNs + this.engine.outputNs;
    for (const { request, tokens } of step.shares) {
      request.computed += tokens;
      if (request.computed >= request.target) this.#generate(request, clientNs);
    }
    const tokensHere = (request: ReferenceRequest) => (this.role === 'prefill' ? 1 : request.outputTokens);
    const leaving = this.running.filter((request) => request.generated === tokensHere(request));
    this.running = this.running.filter((request) => !leaving.includes(request));
    for (const request of leaving) {
      if (request.generated < request.outputTokens) continue;
      request.finishNs = clientNs;
      this.kv.letGo(request, endNs);
      this.counters.finishedRequests += 1;
    }
    return leaving;
  }

  #scheduleRunning(shares: Share[], nowNs: number): { budget: number; preempted: boolean } {
    let budget = this.engine.maxNumBatchedTokens;
    let preempted = false;
    for (let i = 0; i < this.running.length && budget > 0; i++) {
      const request = this.running[i]!;
      const decoding = request.computed >= request.target;
      const tokens = decoding ? 1 : Math.min(request.target - request.computed, budget);
      const more = this.kv.blocksFor(request.computed + tokens) - request.blocks.length;
      while (more > this.kv.freeBlocks && this.running.includes(request)) {
        this.#preemptLast(nowNs);
        preempted = true;
      }
      if (!this.running.includes(request)) break;
      this.kv.take(request, more);
      if (!decoding) this.kv.makeKnown(request, request.computed + tokens);
      shares.push({ request, tokens, decoding });
      budget -= tokens;
    }
    return { budget, preempted };
  }

  #joinArrived(shares: Share[], budget: number): number {
    let rest = budget;
    if (this.running.some(({ computed, target }) => computed < target)) return rest;
    while (rest > 0 && this.running.length < this.engine.maxNumSeqs) {
      const request = this.arrived.shift();
      if (request === undefined) break;
      request.computed = request.target = request.promptTokens;
      this.running.push(request);
      this.kv.makeKnown(request, request.computed);
      shares.push({ request, tokens: 1, decoding: true });
      rest -= 1;
    }
    return rest;
  }

  #admitWaiting(shares: Share[], admittedToTransfer: ReferenceRequest[], budgetLeft: number, nowNs: number): void {
    let budget = budgetLeft;
    const { maxNumSeqs, reserveFullPrompt } = this.engine;
    while (budget > 0 && this.running.length < maxNumSeqs) {
      const head = this.waiting[0];
      if (head === undefined || head.enqueuedNs > nowNs) return;
      if (awaitsTransfer(head)) {
        if (!this.#admitToTransfer(head)) return;
        admittedToTransfer.push(head);
        continue;
      }
      const target = head.promptTokens + head.generated;
      const hits = this.kv.hits(head, target);
      const cachedTokens = hits.length * this.engine.blockTokens;
      const tokens = Math.min(target - cachedTokens, budget);
      const wanted = this.kv.blocksFor(reserveFullPrompt ? target : cachedTokens + tokens) - hits.length;
      if (!this.#hasRoom(hits, wanted)) return;
      this.waiting.shift();
      this.running.push(head);
      head.target = target;
      head.cachedTokens ??= cachedTokens;
      this.kv.holdHits(head, hits);
      this.kv.take(head, this.kv.blocksFor(cachedTokens + tokens) - hits.length);
      this.kv.makeKnown(head, cachedTokens + tokens);
      shares.push({ request: head, tokens, decoding: false });
      budget -= tokens;
    }
  }

  #admitToTransfer(head: ReferenceRequest): boolean {
    const hits = this.kv.hits(head, head.promptTokens + 1);
    const wanted = this.kv.blocksFor(head.promptTokens + 1) - hits.length;
    if (!this.#hasRoom(hits, wanted)) return false;
    this.waiting.shift();
    this.onTheWay.add(head);
    this.kv.holdHits(head, hits);
    this.kv.take(head, wanted);
    return true;
  }

  #hasRoom(hits: readonly Block[], newBlocks: number): boolean {
    const hitsNobodyHolds = hits.filter(({ holders }) => holders === 0).length;
    return this.kv.freeBlocks - hitsNobodyHolds - this.engine.watermarkBlocks >= newBlocks;
  }

  #preemptLast(nowNs: number): void {
    const victim = this.running.pop();
    if (victim === undefined) throw new Error('nobody to preempt');
    this.kv.letGo(victim, nowNs);
    victim.preemptions += 1;
    this.counters.preemptions += 1;
    this.waiting.unshift(victim);
  }

  #stepOf(shares: readonly Share[], startTicks: bigint): Step {
    const batch: PrefillBatch = {
      decodeSeqs: 0,
      kvTokens: 0,
      prefillTokens: 0,
      prefillPairs: 0,
      prefillContextTokens: 0,
      promptsFinished: 0,
      clock: this.clock,
    };
    for (const { request, tokens, decoding } of shares) {
      if (decoding) {
        batch.decodeSeqs += 1;
        batch.kvTokens += request.computed + 1;
      } else {
        batch.prefillTokens += tokens;
        batch.prefillPairs += tokens * request.computed + (tokens * (tokens + 1)) / 2;
        batch.prefillContextTokens += request.computed;
        if (request.computed + tokens === request.target) batch.promptsFinished += 1;
      }
    }
    const decodeTicks = this.#decodeTicks(batch.decodeSeqs, batch.kvTokens);
    const ticks = batch.prefillTokens > 0 ? BigInt(this.#cost.prefillStepTicks({ ...batch })) : decodeTicks;
    return { shares, startTicks, endTicks: startTicks + ticks, batch, decodeTicks };
  }

  #decodeTicks(decodeSeqs: number, kvTokens: number): bigint {
    if (decodeSeqs === 0) return 0n;
    const piece = this.#cost.decodePiece(decodeSeqs, kvTokens, this.clock);
    return BigInt(piece.fixedTicks) + BigInt(piece.ticksPerKvToken) * BigInt(kvTokens);
  }

  #generate(request: ReferenceRequest, clientNs: number): void {
    request.generated += 1;
    this.counters.outputTokens += 1;
    if (request.generated === 1) {
      request.firstTokenNs = clientNs;
      this.counters.promptTokens += request.promptTokens;
      this.counters.cachedTokens += request.cachedTokens!;
    }
  }

  #countStep({ startTicks, endTicks, batch, decodeTicks }: Step): void {
    const busyNs = wholeNs(endTicks) - wholeNs(startTicks);
    this.counters.steps += 1;
    this.counters.prefillTokens += batch.prefillTokens;
    this.counters.prefillPairs += batch.prefillPairs;
    this.counters.prefillContextTokens += batch.prefillContextTokens;
    this.counters.decodeSeqSteps += batch.decodeSeqs;
    this.counters.kvTokenSteps += batch.kvTokens;
    this.counters.busyNs += busyNs;
    if (batch.prefillTokens > 0) this.counters.prefillNs += Math.max(0, busyNs - wholeNs(decodeTicks));
  }
}

function wholeNs(ticks: bigint): number {
  return Number(ticks / TICKS_PER_NS);
}

import type { DecodeSteps } from '../../src/sim/decode-steps.ts';
import type { EnginePlan, PoolRole } from '../../src/sim/plan.ts';
import type { SleepRequest, StepCost } from '../../src/sim/ports.ts';
import { ReferenceBatch } from './reference-batch.ts';
import type { Sight } from './reference-batch.ts';
import { noCounts } from './reference-counters.ts';
import { countEnergy } from './reference-energy.ts';
import type { ReferenceEnergy } from './reference-energy.ts';
import { ReferenceKv } from './reference-kv.ts';
import type { BlockHolder } from './reference-kv.ts';
import type { SettingInEffect } from './reference-power.ts';
import type { ReferenceQueues } from './reference-queues.ts';
import { isPrefilling } from './reference-request.ts';
import type { ReferenceRequest } from './reference-request.ts';
import { ReferenceRest } from './reference-rest.ts';
import { shareOut } from './reference-shares.ts';
import { countStep, stepNsOf, stepOf, stepWattsOf, TICKS_PER_NS, wholeNs } from './reference-step.ts';
import type { Share, Step } from './reference-step.ts';
import type { ReferenceStore } from './reference-store.ts';

/** What comes of forming a batch. */
export interface Formation {
  /** Of the step that it starts; undefined when nothing could be scheduled. */
  readonly stepEndNs: number | undefined;
  readonly admittedToTransfer: readonly ReferenceRequest[];
  readonly loading: readonly ReferenceRequest[];
  /** Nobody runs, but the next batch may see more. */
  readonly looksAgain: boolean;
}

export interface InstanceParts {
  readonly index: number;
  readonly pool: number;
  readonly role: PoolRole;
  readonly engine: EnginePlan;
  readonly cost: StepCost;
  readonly stores: readonly ReferenceStore[];
  readonly decodeSteps: DecodeSteps | undefined;
  readonly recordsShares: boolean;
  readonly queues: ReferenceQueues | undefined;
  readonly sleep: SleepRequest | undefined;
}

/** One serving engine as docs/engine.md describes it, one step at a time. */
export class ReferenceInstance {
  readonly index: number;
  readonly pool: number;
  readonly role: PoolRole;
  readonly engine: EnginePlan;
  readonly cost: StepCost;
  readonly stores: readonly ReferenceStore[];
  life: 'off' | 'starting' | 'ready' | 'draining' = 'ready';
  /** While it starts. */
  start: { readonly orderedNs: number } | undefined;
  /** When it was switched on and off. */
  readonly switched: { readonly atNs: number; readonly on: boolean }[] = [];
  /** To background work. */
  readonly loans: { readonly fromNs: number; untilNs: number }[] = [];
  /** Taken away, but for the step in progress. */
  isTaken = false;
  isAskedBack = false;
  readonly draftTokens: number;
  readonly counters = noCounts();
  readonly energy: ReferenceEnergy = { busyQuanta: 0n, prefillQuanta: 0n };
  readonly running: ReferenceRequest[] = [];
  /** Where a policy orders them, only those who are not there yet. */
  readonly waiting: ReferenceRequest[] = [];
  readonly queues: ReferenceQueues | undefined;
  /** Their KV is on its way from prefill instances or stores. */
  readonly onTheWay = new Set<ReferenceRequest>();
  /** Their KV is here from a prefill instance. */
  readonly arrived: ReferenceRequest[] = [];
  /** Their KV is here from a store. */
  readonly loaded: ReferenceRequest[] = [];
  kv: ReferenceKv;
  clock = 1;
  capWatts = Infinity;
  maxRunning = Infinity;
  /** No step is running and none can start before something happens. */
  idle = true;
  readonly rest: ReferenceRest;
  /** Of clock and cap, every change. */
  readonly settings: SettingInEffect[] = [];
  readonly #decodeSteps: DecodeSteps | undefined;
  readonly #recordsShares: boolean;
  /** The exact time of the last step boundary. */
  #boundaryTicks = 0n;
  #step: Step | undefined;
  #lastStep: Step | undefined;
  /** What can be seen by a batch that has been settled while the last step ran. */
  #sightBefore: Omit<Sight, 'receivedUntilNs'> | undefined;
  #stepsSinceReception = 0;
  #receivedUntilNs = 0;

  constructor({ index, pool, role, engine, cost, stores, decodeSteps, recordsShares, queues, sleep }: InstanceParts) {
    this.index = index;
    this.pool = pool;
    this.role = role;
    this.engine = engine;
    this.cost = cost;
    this.stores = stores;
    this.queues = queues;
    this.draftTokens = role === 'prefill' ? 0 : (engine.speculation?.draftTokens ?? 0);
    this.kv = new ReferenceKv(engine);
    this.#decodeSteps = role === 'prefill' ? undefined : decodeSteps;
    this.#recordsShares = recordsShares;
    this.rest = new ReferenceRest(sleep);
  }

  /** Sent here and not on the running list. */
  get waitingRequests(): number {
    const elsewhere = (this.queues?.length ?? 0) + this.onTheWay.size + this.arrived.length + this.loaded.length;
    return this.waiting.length + elsewhere;
  }

  get outstanding(): number {
    return this.running.length + this.waitingRequests;
  }

  /** It starts again, with nothing in memory or in stores of its own. */
  forgetEverything(): void {
    this.kv = new ReferenceKv(this.engine);
    for (const store of this.stores) if (store.plan.scope === 'instance') store.forgetEverything();
  }

  get isStepping(): boolean {
    return this.#step !== undefined;
  }

  /** Between two moments, how long was it switched on? */
  onNsWithin(fromNs: number, untilNs: number): number {
    return this.switched.reduce((total, { atNs, on }, k) => {
      const endNs = this.switched[k + 1]?.atNs ?? untilNs;
      return on ? total + Math.max(0, Math.min(endNs, untilNs) - Math.max(atNs, fromNs)) : total;
    }, 0);
  }

  /** How long it was on without a step in progress since the start of the run. */
  idleNsAt(nowNs: number): number {
    const elapsedNs = this.#step === undefined ? 0 : nowNs - wholeNs(this.#step.startTicks);
    return this.onNsWithin(0, nowNs) - this.counters.busyNs - elapsedNs;
  }

  /** Of its accelerators, in the step in progress or the one that ends at this moment; undefined where there is none. */
  drawWattsAt(nowNs: number): number | undefined {
    const step = this.#stepBefore(nowNs);
    return step && stepWattsOf(step);
  }

  stepNsAt(nowNs: number): number | undefined {
    const step = this.#stepBefore(nowNs);
    return step && stepNsOf(step);
  }

  #stepBefore(nowNs: number): Step | undefined {
    if (this.#step !== undefined) return this.#step;
    const last = this.#lastStep;
    return last !== undefined && wholeNs(last.endTicks) === nowNs ? last : undefined;
  }

  /** Who runs already stays. */
  get mostRunning(): number {
    return Math.min(this.maxRunning, this.engine.maxNumSeqs);
  }

  /** Could it do its part of the request if it had nothing else to do? */
  canEverFit(promptTokens: number, outputTokens: number): boolean {
    const { maxModelTokens, kvBlocks, watermarkBlocks, kvAllocation, chunkedPrefill, maxNumBatchedTokens } =
      this.engine;
    const tokens = promptTokens + (this.role === 'prefill' ? 1 : outputTokens);
    const heldTokens = this.grantedTokens({ promptTokens, outputTokens }) ?? tokens - 1;
    const largestTarget = kvAllocation === 'paged' ? tokens - 1 : promptTokens;
    return (
      tokens <= maxModelTokens &&
      Math.max(this.kv.blocksFor(heldTokens), this.kv.blocksFor(tokens - 1)) <= kvBlocks - watermarkBlocks &&
      (chunkedPrefill || largestTarget <= maxNumBatchedTokens)
    );
  }

  /** For so many tokens it gets its memory at once; undefined where it comes step by step. */
  grantedTokens({ promptTokens, outputTokens }: Pick<ReferenceRequest, 'promptTokens' | 'outputTokens'>) {
    const { kvAllocation, maxModelTokens } = this.engine;
    if (kvAllocation === 'paged') return undefined;
    if (this.role === 'prefill') return promptTokens;
    return kvAllocation === 'output' ? promptTokens + outputTokens - 1 : maxModelTokens;
  }

  /** Prompt tokens of a step beside so many who decode. */
  promptLimit(decodeSeqs: number): number {
    const policy = this.queues?.policy;
    if (policy?.prefillTokenBudget === undefined || decodeSeqs === 0) return Infinity;
    return this.engine.prefillFirst || this.role === 'decode' ? Infinity : policy.prefillTokenBudget(decodeSeqs);
  }

  /** From now on it decodes what it has not generated. */
  settlePace(request: ReferenceRequest): void {
    const tokens = request.outputTokens - request.generated;
    const steps = this.#decodeSteps?.stepsFor(tokens, request.request, request.preemptions) ?? tokens;
    request.pace = { tokens, steps, stepsTaken: 0 };
    this.queues?.beginQuantum(request);
  }

  /** A request gives its blocks back; answer how many are free by that. */
  letGo(holder: BlockHolder, nowNs: number): number {
    const chain = this.kv.namesBefore(holder, holder.computed);
    for (const store of this.stores) {
      const writtenBlocks = store.writeBack(chain, nowNs);
      this.counters[`${store.plan.kind}WrittenBlocks`] += writtenBlocks;
    }
    return this.kv.letGo(holder, nowNs);
  }

  /** Form a batch and start its step. */
  startStep(nowNs: number): Formation {
    const everything = { untilNs: nowNs, leftRequests: 0, leftBlocks: 0 };
    const sight = this.#sightBefore ?? everything;
    this.#sightBefore = undefined;
    this.kv.expire(nowNs);
    const receives = this.idle || this.#stepsSinceReception >= (this.engine.receiveEverySteps ?? 1);
    if (receives) {
      this.#stepsSinceReception = 0;
      this.#receivedUntilNs = sight.untilNs;
    }
    const batch = new ReferenceBatch(this, nowNs, { ...sight, receivedUntilNs: this.#receivedUntilNs });
    batch.form();
    const { shares, admittedToTransfer, loading, preempted } = batch;
    if (shares.length === 0) {
      this.idle = true;
      const looksAgain = preempted || sight !== everything || !receives;
      return { stepEndNs: undefined, admittedToTransfer, loading, looksAgain };
    }
    return { stepEndNs: this.#start(shares, nowNs), admittedToTransfer, loading, looksAgain: false };
  }

  #start(shares: readonly Share[], nowNs: number): number {
    if (this.idle) this.#boundaryTicks = BigInt(nowNs) * TICKS_PER_NS;
    this.idle = false;
    this.#step = stepOf(shares, this.#boundaryTicks, this.cost, this);
    const startNs = wholeNs(this.#step.startTicks);
    for (const { request } of shares) request.scheduledNs ??= startNs;
    return wholeNs(this.#step.endTicks);
  }

  /** End the step in progress; answer the requests that leave: finished ones, and those whose blocks stay until later. */
  endStep(): readonly ReferenceRequest[] {
    const step = this.#step;
    if (step === undefined) throw new Error('no step to end');
    this.#step = undefined;
    this.#lastStep = step;
    const hadPrompts = step.shares.some(({ decoding }) => !decoding);
    this.#stepsSinceReception = hadPrompts ? Infinity : this.#stepsSinceReception + 1;
    this.#boundaryTicks = step.endTicks;
    countStep(this.counters, step);
    countEnergy(this.energy, step);
    if (this.#recordsShares) shareOut(step, this.cost);
    const endNs = wholeNs(step.endTicks);
    const clientNs = endNs + this.engine.outputNs;
    for (const share of step.shares) this.#compute(share, clientNs + this.engine.firstOutputNs);
    const tokensHere = (request: ReferenceRequest) => (this.role === 'prefill' ? 1 : request.outputTokens);
    const leaving = this.running.filter((request) => request.generated === tokensHere(request));
    let leftBlocks = 0;
    for (const request of leaving) {
      this.running.splice(this.running.indexOf(request), 1);
      this.queues?.leave(request);
      if (request.generated < request.outputTokens) continue;
      request.finishNs = Math.max(clientNs, request.firstTokenNs!);
      leftBlocks += this.letGo(request, endNs);
      this.counters.finishedRequests += 1;
    }
    if (this.queues !== undefined) {
      const finishedPrompt = step.shares.some(({ request, decoding }) => !decoding && !isPrefilling(request));
      this.queues.mustTell = leaving.length > 0 || finishedPrompt;
    }
    if (this.engine.asyncScheduling)
      this.#sightBefore = { untilNs: wholeNs(step.startTicks), leftRequests: leaving.length, leftBlocks };
    return leaving;
  }

  #compute({ request, tokens, decoding }: Share, firstTokenNs: number): void {
    request.computed += tokens;
    if (decoding) {
      request.pace!.stepsTaken += 1;
      request.generated += tokens;
      this.counters.outputTokens += tokens;
      if (request.generated < request.outputTokens) this.queues?.endDecodeStep(request);
    } else if (request.computed === request.target) {
      request.generated += 1;
      this.counters.outputTokens += 1;
      if (request.generated === 1) this.#beginAnswer(request, firstTokenNs);
      if (request.generated < request.outputTokens) this.settlePace(request);
    }
  }

  #beginAnswer(request: ReferenceRequest, firstTokenNs: number): void {
    request.firstTokenNs = firstTokenNs;
    this.counters.promptTokens += request.promptTokens;
    this.counters.cachedTokens += request.cachedTokens!;
    this.counters.loadedTokens += request.loadedTokens;
  }
}

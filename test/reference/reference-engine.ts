import type { ArrivalSink, FleetView, PowerPolicy, RequestView } from '../../src/sim/ports.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import type { RequestRow, TimelineRow } from '../support/collect.ts';
import { ARRIVAL, BATCH_FORMATION, CONTROL_TICK, ReferenceAgenda, STEP_END, TRANSFER_END } from './reference-agenda.ts';
import { ReferenceInstance } from './reference-instance.ts';
import type { Segment } from './reference-kv.ts';
import { ReferenceLink } from './reference-link.ts';
import { leaveBehind, newRequest } from './reference-request.ts';
import type { Arrival, ReferenceRequest } from './reference-request.ts';
import { ReferenceTimeline } from './reference-timeline.ts';

export interface ReferenceResult {
  readonly requests: readonly RequestRow[];
  readonly timeline: readonly TimelineRow[];
  readonly totals: {
    readonly arrivedRequests: number;
    readonly servedRequests: number;
    readonly rejectedRequests: number;
    readonly steps: number;
    readonly endNs: number;
  };
}

/** The same run as `simulate`, one step at a time: the obvious program for docs/engine.md. */
export function simulateStepByStep(plan: SimulationPlan, parts: RunParts): ReferenceResult {
  return new ReferenceEngine(plan, parts).run();
}

class ReferenceEngine {
  readonly #plan: SimulationPlan;
  readonly #parts: RunParts;
  readonly #instances: readonly ReferenceInstance[];
  readonly #timeline: ReferenceTimeline;
  /** Of instance i, if it prefills for others. */
  readonly #links: (ReferenceLink | undefined)[] = [];
  readonly #agenda = new ReferenceAgenda();
  readonly #requests = new Map<number, ReferenceRequest>();
  readonly #rows: RequestRow[] = [];
  readonly #view: RequestView;
  /** For each workload the arrival after which it is pulled again. */
  readonly #awaited: (Arrival | undefined)[] = [];
  #pushed = 0;
  #arrived = 0;
  #rejected = 0;
  #lastDepartureNs = 0;

  constructor(plan: SimulationPlan, parts: RunParts) {
    this.#plan = plan;
    this.#parts = parts;
    const instances: ReferenceInstance[] = [];
    plan.pools.forEach(({ instances: count, role = 'mixed', engine, kvLink }, pool) => {
      for (let i = 0; i < count; i++) {
        instances.push(new ReferenceInstance(instances.length, pool, role, engine, parts.stepCosts[pool]!));
        this.#links.push(kvLink && new ReferenceLink(kvLink));
      }
    });
    this.#instances = instances;
    this.#timeline = new ReferenceTimeline(plan, instances);
    this.#view = {
      arrivalNs: (request) => this.#requests.get(request)!.arrivalNs,
      promptTokens: (request) => this.#requests.get(request)!.promptTokens,
      session: (request) => this.#requests.get(request)!.session,
      workload: (request) => this.#requests.get(request)!.workload,
      model: (request) => this.#requests.get(request)!.model,
    };
  }

  run(): ReferenceResult {
    this.#plan.workloads.forEach((_, workload) => this.#pull(workload));
    if (this.#parts.power !== undefined) this.#scheduleTick(this.#parts.power, this.#parts.power.intervalNs);
    for (let event = this.#agenda.takeNext(); event !== undefined; event = this.#agenda.takeNext()) {
      if (event.kind === CONTROL_TICK && this.#requests.size === 0 && !this.#agenda.expectsArrivals) continue;
      this.#timeline.writeIntervalsBefore(event.timeNs);
      event.happen();
    }
    this.#timeline.writeLastIntervals(Math.max(this.#plan.horizonNs, this.#lastDepartureNs));
    return {
      requests: this.#rows,
      timeline: this.#timeline.rows,
      totals: {
        arrivedRequests: this.#arrived,
        servedRequests: this.#arrived - this.#rejected,
        rejectedRequests: this.#rejected,
        steps: this.#instances.reduce((steps, instance) => steps + instance.counters.steps, 0),
        endNs: this.#lastDepartureNs,
      },
    };
  }

  #scheduleFormation(instance: ReferenceInstance, timeNs: number): void {
    this.#agenda.add(timeNs, BATCH_FORMATION, instance.index, () => this.#formBatch(instance, timeNs));
  }

  /** Several things can have asked for it at one instant; the first step is the one that starts. */
  #formBatch(instance: ReferenceInstance, nowNs: number): void {
    if (instance.isStepping) return;
    const { stepEndNs, admittedToTransfer, everybodyPreempted } = instance.startStep(nowNs);
    for (const request of admittedToTransfer) this.#startTransfer(request, nowNs);
    if (stepEndNs !== undefined)
      this.#agenda.add(stepEndNs, STEP_END, instance.index, () => this.#endStep(instance, stepEndNs));
    else if (everybodyPreempted) this.#scheduleFormation(instance, nowNs);
    else if (instance.waiting.length > 0 && !isRefused(instance, nowNs)) this.#wake(instance, nowNs);
  }

  #endStep(instance: ReferenceInstance, nowNs: number): void {
    for (const request of instance.endStep()) {
      if (request.finishNs === undefined) this.#handOver(request, nowNs);
      else this.#leave(request, 0, nowNs);
    }
    this.#scheduleFormation(instance, nowNs);
  }

  #handOver(request: ReferenceRequest, nowNs: number): void {
    leaveBehind(request, nowNs);
    this.#queue(request, this.#route(request, this.#ableToDecode(request), nowNs), nowNs);
  }

  #startTransfer(request: ReferenceRequest, nowNs: number): void {
    const { prefillInstance } = request.handOver!;
    const tokens = request.promptTokens - request.computed;
    const endNs = this.#links[prefillInstance]!.carry(tokens, nowNs);
    this.#agenda.add(endNs, TRANSFER_END, prefillInstance, () => this.#endTransfer(request, tokens, endNs));
  }

  #endTransfer(request: ReferenceRequest, tokens: number, nowNs: number): void {
    const handOver = request.handOver!;
    handOver.transferEndNs = nowNs;
    const from = this.#instances[handOver.prefillInstance]!;
    from.kv.letGo(handOver.leftBehind, nowNs);
    from.counters.kvTransferTokens += tokens;
    if (from.idle && isRefused(from, nowNs)) this.#scheduleFormation(from, nowNs);
    const to = this.#instances[request.instance]!;
    to.onTheWay.delete(request);
    to.arrived.push(request);
    if (to.idle) this.#scheduleFormation(to, nowNs);
  }

  #arrive(arrival: Arrival, nowNs: number): void {
    const request = newRequest(arrival, this.#arrived, this.#plan.workloads[arrival.workload]!.model, nowNs);
    this.#arrived += 1;
    this.#requests.set(request.request, request);
    if (this.#awaited[arrival.workload] === arrival) this.#pull(arrival.workload);
    const able = this.#ableToBegin(request);
    if (able.length === 0) {
      this.#rejected += 1;
      request.scheduledNs = request.firstTokenNs = request.finishNs = nowNs;
      this.#leave(request, 1, nowNs);
      return;
    }
    const instance = this.#route(request, able, nowNs);
    request.enqueuedNs = nowNs + instance.engine.frontEndNs;
    instance.counters.arrivedRequests += 1;
    this.#queue(request, instance, nowNs);
  }

  #ableToBegin(request: ReferenceRequest): readonly ReferenceInstance[] {
    const canBeDecoded = this.#ableToDecode(request).length > 0;
    return this.#able(request, ({ role }) => role === 'mixed' || (role === 'prefill' && canBeDecoded));
  }

  #ableToDecode(request: ReferenceRequest): readonly ReferenceInstance[] {
    return this.#able(request, ({ role }) => role === 'decode');
  }

  #able(
    { model, promptTokens, outputTokens }: ReferenceRequest,
    does: (instance: ReferenceInstance) => boolean,
  ): readonly ReferenceInstance[] {
    return this.#instances.filter(
      (instance) =>
        this.#plan.pools[instance.pool]!.model === model &&
        does(instance) &&
        instance.canEverFit(promptTokens, outputTokens),
    );
  }

  #route(request: ReferenceRequest, able: readonly ReferenceInstance[], nowNs: number): ReferenceInstance {
    const chosen = this.#parts.routing.route(request.request, this.#view, this.#fleetView(able), nowNs);
    const instance = able.find(({ index }) => index === chosen);
    if (instance === undefined) throw new Error(`the router chose ${chosen}, which is not eligible`);
    return instance;
  }

  #queue(request: ReferenceRequest, instance: ReferenceInstance, nowNs: number): void {
    request.instance = instance.index;
    instance.waiting.push(request);
    if (instance.idle && instance.waiting.length === 1) this.#wake(instance, nowNs);
  }

  /** An idle instance forms a batch when its first waiting request is enqueued. */
  #wake(instance: ReferenceInstance, nowNs: number): void {
    this.#scheduleFormation(instance, Math.max(nowNs, instance.waiting[0]!.enqueuedNs));
  }

  #scheduleTick(power: PowerPolicy, timeNs: number): void {
    this.#agenda.add(timeNs, CONTROL_TICK, 0, () => this.#tick(power, timeNs));
  }

  #tick(power: PowerPolicy, nowNs: number): void {
    const site = {
      instanceCount: this.#instances.length,
      clock: (instance: number) => this.#instances[instance]!.clock,
    };
    const clocks = {
      setClock: (instance: number, clock: number) => {
        this.#instances[instance]!.clock = clock;
      },
    };
    power.decide(site, clocks, nowNs);
    this.#scheduleTick(power, nowNs + power.intervalNs);
  }

  #leave(request: ReferenceRequest, status: number, nowNs: number): void {
    const { handOver } = request;
    this.#rows.push({
      request: request.request,
      session: request.session,
      workload: request.workload,
      instance: request.instance,
      prefillInstance: handOver?.prefillInstance ?? -1,
      status,
      promptTokens: request.promptTokens,
      cachedTokens: request.cachedTokens ?? 0,
      outputTokens: request.outputTokens,
      reasoningTokens: request.reasoningTokens,
      preemptions: request.preemptions,
      arrivalNs: request.arrivalNs,
      enqueuedNs: request.enqueuedNs,
      scheduledNs: request.scheduledNs!,
      firstTokenNs: request.firstTokenNs!,
      transferNs: handOver === undefined ? 0 : handOver.transferEndNs! - handOver.prefillEndNs,
      finishNs: request.finishNs!,
    });
    this.#lastDepartureNs = nowNs;
    const { workload } = request;
    this.#parts.workloads[workload]!.onFinish?.(
      request.request,
      this.#view,
      request.finishNs!,
      this.#sink(workload, nowNs),
    );
    this.#requests.delete(request.request);
  }

  #pull(workload: number): void {
    this.#awaited[workload] = undefined;
    this.#parts.workloads[workload]!.pull(
      this.#sink(workload, 0, (arrival) => {
        this.#awaited[workload] = arrival;
      }),
    );
  }

  #sink(workload: number, earliestNs: number, pushed?: (arrival: Arrival) => void): ArrivalSink {
    let path: Segment[] = [];
    return {
      share: (stream, tokens) => {
        if (tokens < 1) throw new Error(`a segment of ${tokens} tokens`);
        path.push({ stream, tokens });
      },
      push: (timeNs, promptTokens, outputTokens, reasoningTokens, session) => {
        if (timeNs < earliestNs) throw new Error(`an arrival at ${timeNs} ns is pushed at ${earliestNs} ns`);
        const sharedTokens = path.reduce((sum, { tokens }) => sum + tokens, 0);
        if (sharedTokens > promptTokens) throw new Error(`${sharedTokens} of ${promptTokens} tokens are of streams`);
        const arrival: Arrival = { workload, path, promptTokens, outputTokens, reasoningTokens, session };
        path = [];
        const order = this.#pushed++;
        if (timeNs < this.#plan.horizonNs)
          this.#agenda.add(timeNs, ARRIVAL, order, () => this.#arrive(arrival, timeNs));
        pushed?.(arrival);
      },
    };
  }

  #fleetView(eligible: readonly ReferenceInstance[]): FleetView {
    const outstanding = (index: number) =>
      this.#instances[index]!.running.length + this.#instances[index]!.waitingRequests;
    return {
      eligibleCount: eligible.length,
      eligible: (k) => eligible[k]!.index,
      outstandingRequests: outstanding,
      waitingRequests: (index) => this.#instances[index]!.waitingRequests,
      pool: (index) => this.#instances[index]!.pool,
    };
  }
}

/** Is its first waiting request there, and was there no room for it? Only asked where no step is in progress. */
function isRefused({ waiting }: ReferenceInstance, nowNs: number): boolean {
  return waiting.length > 0 && waiting[0]!.enqueuedNs <= nowNs;
}

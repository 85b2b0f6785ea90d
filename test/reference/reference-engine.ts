import type { ArrivalSink, FleetView, RequestView } from '../../src/sim/ports.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import type { RequestRow, TimelineRow } from '../support/collect.ts';
import { ReferenceInstance } from './reference-instance.ts';
import type { ReferenceRequest } from './reference-instance.ts';
import type { Segment } from './reference-kv.ts';
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

/** In the order in which things happen at one instant. */
const STEP_END = 1;
const ARRIVAL = 3;
const CONTROL_TICK = 4;
const BATCH_FORMATION = 5;

/** A push of a workload that has not happened yet. */
interface Arrival {
  readonly workload: number;
  readonly path: readonly Segment[];
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly session: number;
}

interface Event {
  readonly timeNs: number;
  readonly kind: number;
  /** Among equals in time and kind: the instance's index, or the running number of the push. */
  readonly order: number;
  readonly arrival?: Arrival;
}

class ReferenceEngine {
  readonly #plan: SimulationPlan;
  readonly #parts: RunParts;
  readonly #instances: readonly ReferenceInstance[];
  readonly #timeline: ReferenceTimeline;
  readonly #events: Event[] = [];
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
    plan.pools.forEach((pool, poolIndex) => {
      for (let i = 0; i < pool.instances; i++) {
        instances.push(new ReferenceInstance(instances.length, poolIndex, pool.engine, parts.stepCosts[poolIndex]!));
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
    if (this.#parts.power !== undefined) this.#schedule(this.#parts.power.intervalNs, CONTROL_TICK, 0);
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (event.kind === CONTROL_TICK && this.#allIsDone()) continue;
      this.#timeline.writeIntervalsBefore(event.timeNs);
      this.#happen(event);
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

  #allIsDone(): boolean {
    return this.#requests.size === 0 && this.#events.every(({ kind }) => kind !== ARRIVAL);
  }

  #happen({ timeNs, kind, order, arrival }: Event): void {
    if (kind === STEP_END) this.#endStep(this.#instances[order]!, timeNs);
    else if (kind === ARRIVAL) this.#arrive(arrival!, timeNs);
    else if (kind === CONTROL_TICK) this.#tick(timeNs);
    else this.#formBatch(this.#instances[order]!, timeNs);
  }

  #formBatch(instance: ReferenceInstance, nowNs: number): void {
    const endNs = instance.startStep(nowNs);
    if (endNs !== undefined) this.#schedule(endNs, STEP_END, instance.index);
    else if (instance.waiting.length > 0) this.#wake(instance);
  }

  #endStep(instance: ReferenceInstance, nowNs: number): void {
    for (const request of instance.endStep()) this.#leave(request, 0, nowNs);
    this.#schedule(nowNs, BATCH_FORMATION, instance.index);
  }

  #arrive(arrival: Arrival, nowNs: number): void {
    const request: ReferenceRequest = {
      ...arrival,
      request: this.#arrived,
      model: this.#plan.workloads[arrival.workload]!.model,
      arrivalNs: nowNs,
      instance: -1,
      enqueuedNs: nowNs,
      scheduledNs: undefined,
      firstTokenNs: undefined,
      finishNs: undefined,
      preemptions: 0,
      generated: 0,
      computed: 0,
      target: 0,
      cachedTokens: undefined,
      blocks: [],
      shared: 0,
    };
    this.#arrived += 1;
    this.#requests.set(request.request, request);
    if (this.#awaited[arrival.workload] === arrival) this.#pull(arrival.workload);
    this.#send(request, nowNs);
  }

  /** To an instance, or away. */
  #send(request: ReferenceRequest, nowNs: number): void {
    const able = this.#instances.filter(
      (instance) =>
        this.#plan.pools[instance.pool]!.model === request.model &&
        instance.canEverFit(request.promptTokens, request.outputTokens),
    );
    if (able.length === 0) {
      this.#rejected += 1;
      request.scheduledNs = request.firstTokenNs = request.finishNs = nowNs;
      this.#leave(request, 1, nowNs);
      return;
    }
    const chosen = this.#parts.routing.route(request.request, this.#view, this.#fleetView(able), nowNs);
    const instance = able.find(({ index }) => index === chosen);
    if (instance === undefined) throw new Error(`the router chose ${chosen}, which is not eligible`);
    request.instance = chosen;
    request.enqueuedNs = nowNs + instance.engine.frontEndNs;
    instance.counters.arrivedRequests += 1;
    instance.waiting.push(request);
    if (instance.idle && instance.waiting.length === 1) this.#wake(instance);
  }

  /** An idle instance forms a batch when its first waiting request is enqueued. */
  #wake(instance: ReferenceInstance): void {
    this.#schedule(instance.waiting[0]!.enqueuedNs, BATCH_FORMATION, instance.index);
  }

  #tick(nowNs: number): void {
    const power = this.#parts.power!;
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
    this.#schedule(nowNs + power.intervalNs, CONTROL_TICK, 0);
  }

  #leave(request: ReferenceRequest, status: number, nowNs: number): void {
    this.#rows.push({
      request: request.request,
      session: request.session,
      workload: request.workload,
      instance: request.instance,
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
        if (timeNs < this.#plan.horizonNs) this.#schedule(timeNs, ARRIVAL, order, arrival);
        pushed?.(arrival);
      },
    };
  }

  #fleetView(eligible: readonly ReferenceInstance[]): FleetView {
    const outstanding = (index: number) =>
      this.#instances[index]!.running.length + this.#instances[index]!.waiting.length;
    return {
      eligibleCount: eligible.length,
      eligible: (k) => eligible[k]!.index,
      outstandingRequests: outstanding,
      waitingRequests: (index) => this.#instances[index]!.waiting.length,
      pool: (index) => this.#instances[index]!.pool,
    };
  }

  #schedule(timeNs: number, kind: number, order: number, arrival?: Arrival): void {
    const event: Event = arrival === undefined ? { timeNs, kind, order } : { timeNs, kind, order, arrival };
    let place = this.#events.length;
    while (place > 0 && precedes(event, this.#events[place - 1]!)) place -= 1;
    this.#events.splice(place, 0, event);
  }
}

function precedes(a: Event, b: Event): boolean {
  if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs;
  if (a.kind !== b.kind) return a.kind < b.kind;
  return a.order < b.order;
}

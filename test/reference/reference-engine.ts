import { DEFAULT_OUTPUT_PREDICTION, OutputPrediction } from '../../src/sim/output-prediction.ts';
import type { FleetView, PromptView, QueuedRequestView } from '../../src/sim/ports.ts';
import type { PowerDomainTotals } from '../../src/sim/power-control-plan.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import type { RequestRow, TimelineRow } from '../support/collect.ts';
import {
  BATCH_FORMATION,
  CONTROL_TICK,
  INSTANCE_READY,
  ReferenceAgenda,
  STEP_END,
  TRANSFER_END,
} from './reference-agenda.ts';
import { ableToBegin, ableToDecode } from './reference-eligible.ts';
import { ReferenceDemand } from './reference-demand.ts';
import { attemptOf, type LostAttempt, ReferenceEvictions } from './reference-evictions.ts';
import { ReferenceFront } from './reference-front.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import { instancesOf, isRefused } from './reference-instances.ts';
import { ReferenceLink } from './reference-link.ts';
import { ReferenceLives } from './reference-lives.ts';
import { type Arrival, leaveBehind, newRequest, type ReferenceRequest, rowOf } from './reference-request.ts';
import { ReferencePower } from './reference-power.ts';
import { ReferenceTelemetry } from './reference-telemetry.ts';
import { ReferenceTimeline } from './reference-timeline.ts';
import { fleetViewOf, promptViewOf } from './reference-views.ts';

export interface ReferenceResult {
  readonly requests: readonly RequestRow[];
  readonly timeline: readonly TimelineRow[];
  readonly powerDomains: readonly PowerDomainTotals[];
  readonly evictions: ReferenceEvictions['totals'];
  readonly attempts: readonly LostAttempt[];
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
  readonly #links: readonly (ReferenceLink | undefined)[];
  readonly #agenda = new ReferenceAgenda();
  readonly #requests = new Map<number, ReferenceRequest>();
  readonly #rows: RequestRow[] = [];
  readonly #view: QueuedRequestView & PromptView;
  readonly #telemetry: ReferenceTelemetry;
  readonly #demand: ReferenceDemand;
  /** Where contexts of before the run have been placed, while that goes on. */
  readonly #placed: number[] = [];
  readonly #front: ReferenceFront;
  readonly #lives: ReferenceLives;
  readonly #evictions: ReferenceEvictions;
  readonly #attempts: LostAttempt[] = [];
  readonly #power: ReferencePower | undefined;
  #arrived = 0;
  #rejected = 0;
  #lastDepartureNs = 0;

  constructor(plan: SimulationPlan, parts: RunParts) {
    this.#plan = plan;
    this.#parts = parts;
    const prediction = new OutputPrediction(plan.outputPrediction ?? DEFAULT_OUTPUT_PREDICTION, plan.seed);
    this.#view = {
      ...promptViewOf(this.#requests, plan.workloads.length),
      priority: (request) => plan.workloads[this.#requests.get(request)!.workload]!.priority ?? 0,
      predictedOutputTokens: (request) => prediction.tokens(request, this.#requests.get(request)!.outputTokens),
    };
    const instances = instancesOf(plan, parts, this.#view);
    this.#links = instances.map(({ pool }) => {
      const { kvLink } = plan.pools[pool]!;
      return kvLink && new ReferenceLink(kvLink);
    });
    this.#instances = instances;
    this.#timeline = new ReferenceTimeline(plan, instances);
    this.#power = parts.power && new ReferencePower(plan, parts.power, instances, this.#agenda);
    this.#demand = new ReferenceDemand(parts.workloads, plan.horizonNs, this.#agenda, (arrival, nowNs) =>
      this.#arrive(arrival, nowNs),
    );
    this.#telemetry = new ReferenceTelemetry(parts.routing.telemetry, instances);
    this.#front = new ReferenceFront(plan.seed, parts, this.#agenda, {
      view: this.#view,
      fleetView: (eligible, nowNs) => this.#fleetView(eligible, nowNs),
      ableToBegin: (request, onlyReady) => this.#ableToBegin(request, onlyReady),
      isTurnedAway: ({ workload }) => this.#power?.turnedAway[workload] ?? false,
      send: (request, able, nowNs) => this.#send(request, able, nowNs),
      leave: (request, status, nowNs) => this.#turnAway(request, status, nowNs),
    });
    this.#lives = new ReferenceLives(plan, instances, this.#agenda, this.#front);
    this.#evictions = new ReferenceEvictions(plan, instances, this.#agenda, this.#front, this.#lives, this.#attempts);
  }

  run(): ReferenceResult {
    this.#warmCaches();
    this.#demand.start();
    this.#power?.scheduleTelemetry(0);
    this.#lives.scheduleTicks(this.#parts.scaling ?? []);
    for (let event = this.#agenda.takeNext(); event !== undefined; event = this.#agenda.takeNext()) {
      const isOver = this.#requests.size === 0 && !this.#agenda.expectsArrivals;
      if (isOver && (event.kind === CONTROL_TICK || event.kind === INSTANCE_READY)) continue;
      this.#timeline.writeIntervalsBefore(event.timeNs);
      this.#telemetry.takeBefore(event.timeNs);
      event.happen();
    }
    this.#timeline.writeLastIntervals(Math.max(this.#plan.horizonNs, this.#lastDepartureNs));
    return {
      requests: this.#rows,
      timeline: this.#timeline.rows,
      powerDomains: this.#power?.totals ?? [],
      evictions: this.#evictions.totals,
      attempts: this.#attempts,
      totals: {
        arrivedRequests: this.#arrived,
        servedRequests: this.#arrived - this.#rejected,
        rejectedRequests: this.#rejected,
        steps: this.#instances.reduce((steps, instance) => steps + instance.counters.steps, 0),
        endNs: this.#lastDepartureNs,
      },
    };
  }

  /** As if each had been served alone, one after the other in the order of their last uses. */
  #warmCaches(): void {
    this.#demand.contexts().forEach(({ arrival, usedNs }, k) => {
      const request = newRequest(arrival, -1 - k, this.#plan.workloads[arrival.workload]!.model, 0);
      const able = this.#ableToBegin(request, true);
      if (able.length === 0) return;
      this.#requests.set(request.request, request);
      const { index, kv } = this.#route(request, able, 0);
      this.#requests.delete(request.request);
      this.#placed.push(index);
      kv.serveAlone(request, usedNs);
    });
    this.#placed.length = 0;
  }

  #scheduleFormation(instance: ReferenceInstance, timeNs: number): void {
    this.#agenda.add(timeNs, BATCH_FORMATION, instance.index, () => this.#formBatch(instance, timeNs));
  }

  /** Several things can have asked for it at one instant; the first step is the one that starts. */
  #formBatch(instance: ReferenceInstance, nowNs: number): void {
    if (instance.isStepping) return;
    instance.rest.end(nowNs);
    const { stepEndNs, admittedToTransfer, loading, looksAgain } = instance.startStep(nowNs);
    const couldBegin = instance.life === 'ready' || instance.life === 'draining';
    if (stepEndNs === undefined && couldBegin) instance.rest.begin(nowNs);
    for (const request of admittedToTransfer) this.#startTransfer(request, nowNs);
    for (const request of loading) this.#scheduleLoadEnd(request, instance);
    if (stepEndNs !== undefined)
      this.#agenda.add(stepEndNs, STEP_END, instance.index, () => this.#endStep(instance, stepEndNs));
    else if (looksAgain) this.#scheduleFormation(instance, nowNs);
    else if (instance.waiting.length > 0 && instance.waiting[0]!.queuedNs > nowNs)
      this.#lookAt(instance, instance.waiting[0]!.queuedNs);
  }

  #endStep(instance: ReferenceInstance, nowNs: number): void {
    for (const request of instance.endStep()) {
      if (request.finishNs === undefined) this.#handOver(request, nowNs);
      else this.#answer(request, instance, nowNs);
    }
    this.#lives.endIfDrained(instance, nowNs);
    this.#evictions.endIfTaken(instance, nowNs);
    this.#scheduleFormation(instance, nowNs);
  }

  #answer(request: ReferenceRequest, instance: ReferenceInstance, nowNs: number): void {
    const attempt = attemptOf(request, instance.index, nowNs);
    if (!this.#front.goesOn(request)) return this.#leave(request, 0, nowNs);
    instance.counters.escalatedRequests += 1;
    this.#attempts.push(attempt);
  }

  #handOver(request: ReferenceRequest, nowNs: number): void {
    leaveBehind(request, nowNs);
    this.#queue(
      request,
      this.#route(request, ableToDecode(this.#plan, this.#instances, request, true), nowNs),
      nowNs,
      nowNs,
    );
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
    from.letGo(handOver.leftBehind, nowNs);
    from.counters.kvTransferTokens += tokens;
    this.#lives.endIfDrained(from, nowNs);
    if (from.idle && isRefused(from, nowNs)) this.#lookAt(from, nowNs);
    const to = this.#instances[request.instance]!;
    to.onTheWay.delete(request);
    to.arrived.push(request);
    if (to.idle) this.#lookAt(to, nowNs);
  }

  /** After all transfers between instances that end at that instant. */
  #scheduleLoadEnd(request: ReferenceRequest, instance: ReferenceInstance): void {
    const load = request.load!;
    this.#agenda.add(load.endNs, TRANSFER_END, this.#instances.length + instance.index, () => {
      if (request.load !== load) return;
      instance.onTheWay.delete(request);
      instance.loaded.push(request);
      if (instance.idle) this.#lookAt(instance, load.endNs);
    });
  }

  #arrive(arrival: Arrival, nowNs: number): void {
    const request = newRequest(arrival, this.#arrived, this.#plan.workloads[arrival.workload]!.model, nowNs);
    this.#arrived += 1;
    this.#requests.set(request.request, request);
    this.#demand.arrived(arrival);
    this.#front.arrive(request, nowNs);
  }

  #turnAway(request: ReferenceRequest, status: number, nowNs: number): void {
    this.#rejected += 1;
    request.enqueuedNs = request.scheduledNs = request.firstTokenNs = request.finishNs = nowNs;
    this.#leave(request, status, nowNs);
  }

  #send(request: ReferenceRequest, able: readonly ReferenceInstance[], nowNs: number): void {
    const instance = this.#route(request, able, nowNs);
    request.enqueuedNs = nowNs + instance.engine.frontEndNs;
    instance.counters.arrivedRequests += 1;
    this.#queue(request, instance, request.enqueuedNs, nowNs);
  }

  #ableToBegin(request: ReferenceRequest, onlyReady: boolean): readonly ReferenceInstance[] {
    return ableToBegin(this.#plan, this.#instances, request, onlyReady);
  }

  #route(request: ReferenceRequest, able: readonly ReferenceInstance[], nowNs: number): ReferenceInstance {
    const chosen = this.#parts.routing.route(request.request, this.#view, this.#fleetView(able, nowNs), nowNs);
    const instance = able.find(({ index }) => index === chosen);
    if (instance === undefined) throw new Error(`the router chose ${chosen}, which is not eligible`);
    return instance;
  }

  #fleetView(able: readonly ReferenceInstance[], nowNs: number): FleetView {
    const fleet = {
      plan: this.#plan,
      parts: this.#parts,
      instances: this.#instances,
      requests: this.#requests,
      telemetry: this.#telemetry,
      placed: this.#placed,
    };
    return fleetViewOf(fleet, able, nowNs);
  }

  #queue(request: ReferenceRequest, instance: ReferenceInstance, queuedNs: number, nowNs: number): void {
    this.#lives.countSent(instance);
    request.instance = instance.index;
    request.queuedNs = queuedNs;
    // Those who are handed over are there at once, before clients' requests that are still on their way.
    let place = instance.waiting.length;
    while (place > 0 && instance.waiting[place - 1]!.queuedNs > queuedNs) place -= 1;
    instance.waiting.splice(place, 0, request);
    if (instance.idle && place === 0) this.#lookAt(instance, Math.max(nowNs, queuedNs));
  }

  /** An idle instance forms a batch when something happens that it waits for, and it is awake. */
  #lookAt(instance: ReferenceInstance, happensNs: number): void {
    const { rest } = instance;
    const timeNs = rest.lookNsFor(happensNs);
    if (rest.looksNs !== undefined && rest.looksNs <= timeNs) return;
    rest.looksNs = timeNs;
    this.#agenda.add(timeNs, BATCH_FORMATION, instance.index, () => {
      if (rest.looksNs === timeNs) this.#formBatch(instance, timeNs);
    });
  }

  #leave(request: ReferenceRequest, status: number, nowNs: number): void {
    this.#rows.push(rowOf(request, status));
    this.#lastDepartureNs = nowNs;
    this.#demand.left(request, this.#view, nowNs);
    this.#requests.delete(request.request);
  }
}

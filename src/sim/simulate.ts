import { assert } from './assert.ts';
import type { InstanceListener } from './instance-listener.ts';
import { Agenda } from './agenda.ts';
import { Demand } from './demand.ts';
import { Dispatch } from './dispatch.ts';
import { EventKind, type EventQueue } from './event-queue.ts';
import { type Evictions, evictionsOf } from './evictions.ts';
import { Front, type FrontListener } from './front.ts';
import type { Instance } from './instance.ts';
import { makeInstances } from './make-instances.ts';
import { PoolCounters } from './pool-counters.ts';
import { PowerControl } from './power-control.ts';
import type { PowerListener } from './power-settings.ts';
import { PromptPaths } from './prompt-paths.ts';
import { RequestStatus } from './records.ts';
import { RequestLog } from './request-log.ts';
import { RequestTable, RequestTableView } from './request-table.ts';
import { ResourceTime } from './resource-time.ts';
import { Scaling } from './scaling.ts';
import type { RunParts, RunSinks, RunTotals, SimulationPlan } from './run-parts.ts';
import { Timeline } from './timeline.ts';
import { warmCaches } from './warm-caches.ts';
import { type InstanceIndex, NO_INSTANCE, type Ns, type PoolIndex, type RequestIndex } from './units.ts';

export type { RunParts, RunSinks, RunTotals, SimulationPlan } from './run-parts.ts';

/**
 * Simulate one run to the last finished request. Pure and synchronous: the same plan and parts give the same rows, bit
 * for bit. Rows go to the sinks in chunks, so memory follows the requests in flight.
 */
export function simulate(plan: SimulationPlan, parts: RunParts, sinks: RunSinks): RunTotals {
  return new Simulation(plan, parts, sinks).run();
}

class Simulation implements InstanceListener, FrontListener, PowerListener {
  readonly instanceCount: number;
  readonly #plan: SimulationPlan;
  readonly #power: PowerControl | undefined;
  readonly #sinks: RunSinks;
  readonly #requests = new RequestTable();
  readonly #paths = new PromptPaths();
  readonly #view: RequestTableView;
  readonly #demand: Demand;
  readonly #counters: readonly PoolCounters[];
  readonly #instances: readonly Instance[];
  readonly #dispatch: Dispatch;
  readonly #front: Front;
  readonly #scaling: Scaling;
  readonly #evictions: Evictions | undefined;
  readonly #log: RequestLog;
  readonly #timeline: Timeline;
  readonly #agenda: Agenda;
  readonly #events: EventQueue;
  #nowNs: Ns = 0;
  /** When somebody looks next, whatever happens; before the first look at once. */
  #lookNs: Ns = -1;
  #eventCount = 0;
  #inFlight = 0;
  #served = 0;
  #rejected = 0;
  #lastDepartureNs: Ns = 0;

  constructor(plan: SimulationPlan, parts: RunParts, sinks: RunSinks) {
    this.#plan = plan;
    this.#sinks = sinks;
    this.#view = new RequestTableView(this.#requests, this.#paths, plan);
    this.#demand = new Demand(parts.workloads, plan.horizonNs, this.#requests, this.#paths, this.#view);
    const counters = plan.pools.map(() => new PoolCounters());
    this.#counters = counters;
    const resourceTime = plan.record?.shares === true ? new ResourceTime() : undefined;
    this.#instances = makeInstances(plan, parts, this.#requests, this.#view, this.#paths, counters, this, resourceTime);
    this.instanceCount = this.#instances.length;
    this.#power = parts.power && new PowerControl(plan, parts.power, this.#instances, this);
    this.#dispatch = new Dispatch(plan, parts, this.#instances, this.#view);
    const { fleet } = this.#dispatch;
    this.#agenda = new Agenda(this.#instances, plan, parts);
    this.#events = this.#agenda.events;
    this.#front = new Front(plan, parts, this.#requests, this.#view, fleet, this);
    this.#scaling = new Scaling(plan, parts, this.#instances, fleet, this.#front, this.#agenda);
    this.#log = new RequestLog(this.#requests, sinks.requests, this.#agenda.hasLinks, resourceTime, sinks.attempts);
    const around = { instances: this.#instances, requests: this.#requests, fleet, front: this.#front };
    this.#evictions = evictionsOf(plan, { ...around, scaling: this.#scaling, agenda: this.#agenda, log: this.#log });
    this.#timeline = new Timeline(plan, this.#instances, counters, this.#scaling, sinks.timeline, this.#power);
  }

  run(): RunTotals {
    warmCaches(this.#plan, this.#demand, this.#requests, this.#dispatch, this.#instances);
    this.#demand.start();
    if (this.#power !== undefined) this.#agenda.scheduleControl(this.#power.nextNs);
    for (let pool = 0; pool < this.#plan.pools.length; pool++) this.#scheduleScaling(pool);
    let completed = true;
    while (completed && this.#inFlight + this.#demand.pending > 0) {
      const eventNs = this.#events.timeNs;
      const arrivalNs = this.#nextArrivalNs();
      const nextNs = Math.min(eventNs, arrivalNs);
      if (nextNs > this.#lookNs) {
        completed = this.#look(nextNs);
        continue;
      }
      this.#eventCount++;
      this.#nowNs = nextNs;
      if (arrivalNs < eventNs || (arrivalNs === eventNs && EventKind.arrival < this.#events.kind)) this.#arrive();
      else this.#happen();
    }
    if (completed) this.#timeline.observeUntil(Math.max(this.#plan.horizonNs, this.#lastDepartureNs));
    this.#log.flush();
    this.#timeline.flush();
    return {
      arrivedRequests: this.#demand.arrived,
      servedRequests: this.#served,
      rejectedRequests: this.#rejected,
      events: this.#eventCount,
      segments: this.#instances.reduce((sum, instance) => sum + instance.segments, 0),
      steps: this.#instances.reduce((sum, instance) => sum + instance.steps, 0),
      endNs: this.#lastDepartureNs,
      completed,
      ...(this.#evictions !== undefined && { evictions: this.#evictions.totals }),
      ...(this.#power !== undefined && { powerDomains: this.#power.totals() }),
    };
  }

  // -------------------------------------------------------------------------------------------- events

  /** The first event of the queue. */
  #happen(): void {
    const agenda = this.#agenda;
    const { kind, source } = this.#events;
    switch (kind) {
      case EventKind.instanceReady:
        this.#instanceReady(agenda.takeStarted());
        break;
      case EventKind.stepEnd:
        this.#endSegment(source);
        break;
      case EventKind.transferEnd:
        if (agenda.loadingInstance < 0) this.#endTransfer(agenda.sendingInstance);
        else this.#endLoad(agenda.loadingInstance);
        break;
      case EventKind.controlTick:
        if (agenda.scaledPool < 0) this.#control();
        else if (agenda.evictedInstance >= 0) this.#evictions!.happen(agenda.evictedInstance, this.#nowNs);
        else this.#scale(agenda.scaledPool);
        break;
      case EventKind.batchFormation:
        this.#formBatch(this.#instances[source]!);
        break;
    }
  }

  #endSegment(index: InstanceIndex): void {
    const instance = this.#instances[index]!;
    instance.endSegment();
    this.#evictions?.endIfTaken(index, this.#nowNs);
    // Batches are formed when everything else at this instant has happened; mostly there is nothing else that matters.
    const isShared = this.#nextArrivalNs() === this.#nowNs || (this.#agenda.isCoupled && this.#events.firstIsTied);
    if (isShared) this.#agenda.scheduleFormation(index, this.#nowNs);
    else this.#formBatch(instance);
  }

  #formBatch(instance: Instance): void {
    instance.formBatch(this.#nowNs);
    this.#agenda.schedule(instance);
    if (this.#agenda.hasLoads) this.#agenda.scheduleLoadEnd(instance);
  }

  /** Of a client's request, or of one that comes back. */
  #nextArrivalNs(): Ns {
    return Math.min(this.#demand.nextNs, this.#front.nextNs);
  }

  #arrive(): void {
    if (this.#front.nextNs === this.#nowNs) {
      this.#front.comeBack(this.#nowNs);
      return;
    }
    this.#inFlight++;
    this.#front.arrive(this.#demand.next(), this.#nowNs);
  }

  /** The prefill instance has its blocks back, and the decode instance may go on with the request. */
  #endTransfer(index: InstanceIndex): void {
    const prefill = this.#instances[index]!;
    const request = prefill.link!.end();
    const decode = this.#instances[this.#requests.decodeInstance[request]!]!;
    this.#agenda.scheduleTransferEnd(prefill);
    if (prefill.endSending(request, this.#nowNs)) this.#agenda.schedule(prefill);
    this.#scaling.endIfDrained(index, this.#nowNs);
    if (decode.endReceiving(request, this.#nowNs)) this.#agenda.schedule(decode);
  }

  #endLoad(index: InstanceIndex): void {
    const instance = this.#instances[index]!;
    if (instance.endLoading(this.#nowNs)) this.#agenda.schedule(instance);
    this.#agenda.scheduleLoadEnd(instance);
  }

  #control(): void {
    this.#power!.tick(this.#nowNs);
    this.#agenda.scheduleControl(this.#power!.nextNs);
  }

  #scheduleScaling(pool: PoolIndex): void {
    const policy = this.#scaling.policyOf(pool);
    if (policy !== undefined) this.#agenda.scheduleScaling(pool, this.#nowNs + policy.intervalNs);
  }

  #scale(pool: PoolIndex): void {
    this.#scheduleScaling(pool);
    if (this.#scaling.adjust(pool, this.#nowNs)) this.#front.instanceReady(this.#nowNs);
  }

  #instanceReady(index: InstanceIndex): void {
    this.#scaling.becomeReady(index, this.#nowNs);
    this.#evictions?.ready(index, this.#nowNs);
    this.#front.instanceReady(this.#nowNs);
  }

  // -------------------------------------------------------------------------------------------- what the front tells

  sent(request: RequestIndex): void {
    const index = this.#dispatch.route(request, this.#nowNs);
    const instance = this.#instances[index];
    assert(instance !== undefined, 'the router answered an instance that does not exist');
    this.#dispatch.sent(request, index);
    this.#counters[instance.pool]!.arrivedRequests++;
    this.#scaling.countSent(instance.pool);
    if (instance.enqueue(request, this.#nowNs)) this.#agenda.schedule(instance);
  }

  turnedAway(request: RequestIndex, status: number): void {
    this.#depart(request, NO_INSTANCE, status, this.#nowNs);
  }

  // -------------------------------------------------------------------------------------------- what instances tell

  firstToken(request: RequestIndex, index: InstanceIndex): void {
    this.#dispatch.firstToken(request, index);
  }

  handedOver(request: RequestIndex, from: InstanceIndex): void {
    const { promptTokens, outputTokens } = this.#requests;
    const { fleet } = this.#dispatch;
    fleet.outstanding[from]!--;
    fleet.selectDecode(this.#view.model(request), promptTokens[request]!, outputTokens[request]!);
    const to = this.#dispatch.route(request, this.#nowNs);
    const instance = this.#instances[to];
    assert(instance !== undefined && instance.role === 'decode', 'the router answered no decode instance');
    fleet.outstanding[to]!++;
    this.#scaling.countSent(instance.pool);
    if (instance.takeOver(request, this.#nowNs)) this.#agenda.schedule(instance);
  }

  transferRequested(request: RequestIndex): void {
    const prefill = this.#instances[this.#requests.prefillInstance[request]!]!;
    prefill.link!.request(request, this.#nowNs);
    this.#agenda.scheduleTransferEnd(prefill);
  }

  served(request: RequestIndex, index: InstanceIndex, stepEndNs: Ns): void {
    const instance = this.#instances[index]!;
    this.#dispatch.fleet.outstanding[index]!--;
    this.#scaling.endIfDrained(index, this.#nowNs);
    // A short answer may be computed before its first token has reached the client, and follows it then.
    const receivedNs = Math.max(stepEndNs + instance.engine.outputNs, this.#requests.firstTokenNs[request]!);
    const finishNs = this.#front.answered(request, receivedNs);
    if (finishNs !== Infinity) return this.#depart(request, index, RequestStatus.served, finishNs);
    this.#counters[instance.pool]!.escalatedRequests++;
    this.#log.writeAttempt(request, index, this.#nowNs);
  }

  #depart(request: RequestIndex, index: InstanceIndex, status: number, finishNs: Ns): void {
    if (status === RequestStatus.served) this.#served++;
    else this.#rejected++;
    this.#inFlight--;
    this.#lastDepartureNs = this.#nowNs;
    this.#log.write(request, index, status, finishNs);
    this.#demand.finished(request, finishNs);
    this.#paths.release(this.#requests.path[request]!);
    this.#requests.release(request);
  }

  /** Nothing happens before `nextNs` any more: take the snapshots of telemetry that are due, or observe an interval. */
  #look(nextNs: Ns): boolean {
    const { telemetry } = this.#dispatch;
    const { endNs } = this.#timeline;
    if (nextNs > telemetry.nextNs) telemetry.takeBefore(nextNs);
    if (nextNs > endNs) this.#timeline.observe();
    this.#lookNs = Math.min(telemetry.nextNs, this.#timeline.endNs);
    return nextNs <= endNs || (this.#sinks.progress?.(endNs) ?? true);
  }

  setPower(index: InstanceIndex, clock: number, capWatts: number, maxRunning: number): void {
    const instance = this.#instances[index]!;
    if (instance.setPower(clock, capWatts, maxRunning, this.#nowNs)) this.#agenda.schedule(instance);
  }

  setTurnedAway(workload: number, isTurnedAway: boolean): void {
    this.#front.setTurnedAway(workload, isTurnedAway);
  }
}

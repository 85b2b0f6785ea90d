import { assert } from './assert.ts';
import type { InstanceListener } from './instance-listener.ts';
import { Demand } from './demand.ts';
import { Dispatch } from './dispatch.ts';
import { EventKind, EventQueue } from './event-queue.ts';
import type { Instance } from './instance.ts';
import { makeInstances } from './make-instances.ts';
import { PoolCounters } from './pool-counters.ts';
import { PowerControl, type PowerListener } from './power-control.ts';
import { PromptPaths } from './prompt-paths.ts';
import { RequestStatus } from './records.ts';
import { RequestLog } from './request-log.ts';
import { RequestTable, RequestTableView } from './request-table.ts';
import { ResourceTime } from './resource-time.ts';
import type { RunParts, RunSinks, RunTotals, SimulationPlan } from './run-parts.ts';
import { poolPowers } from './pool-power.ts';
import { Timeline } from './timeline.ts';
import { warmCaches } from './warm-caches.ts';
import { type InstanceIndex, NO_INSTANCE, type Ns, type RequestIndex } from './units.ts';

export type { RunParts, RunSinks, RunTotals, SimulationPlan } from './run-parts.ts';

/**
 * Simulate one run to the last finished request. Pure and synchronous: the same plan and parts give the same rows, bit
 * for bit. Rows go to the sinks in chunks, so memory follows the requests in flight.
 */
export function simulate(plan: SimulationPlan, parts: RunParts, sinks: RunSinks): RunTotals {
  return new Simulation(plan, parts, sinks).run();
}

class Simulation implements InstanceListener, PowerListener {
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
  readonly #log: RequestLog;
  readonly #timeline: Timeline;
  /** All but the arrivals. Sources: one per instance, then the power policy, then the links and the loads, one per instance. */
  readonly #events: EventQueue;
  readonly #controlSource: number;
  readonly #firstLinkSource: number;
  readonly #firstLoadSource: number;
  readonly #hasLoads: boolean;
  /** Whether what happens at another instance, or at a controller, can matter to a batch formed at the same instant. */
  readonly #areCoupled: boolean;
  #nowNs: Ns = 0;
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
    this.#counters = plan.pools.map(() => new PoolCounters());
    const resourceTime = plan.record?.shares === true ? new ResourceTime() : undefined;
    this.#instances = makeInstances(
      plan,
      parts,
      this.#requests,
      this.#view,
      this.#paths,
      this.#counters,
      this,
      resourceTime,
    );
    this.instanceCount = this.#instances.length;
    this.#power = parts.power && new PowerControl(plan, parts.power, this.#instances, this);
    this.#dispatch = new Dispatch(plan, parts, this.#instances, this.#view);
    const marksNs = [plan.warmUpNs, plan.horizonNs];
    this.#timeline = new Timeline(
      plan.timelineIntervalNs,
      marksNs,
      this.#instances,
      this.#counters,
      sinks.timeline,
      poolPowers(plan),
    );
    this.#controlSource = this.instanceCount;
    this.#firstLinkSource = this.instanceCount + (parts.power === undefined ? 0 : 1);
    const hasLinks = this.#instances.some(({ link }) => link !== undefined);
    this.#log = new RequestLog(this.#requests, sinks.requests, hasLinks, resourceTime);
    this.#firstLoadSource = this.#firstLinkSource + (hasLinks ? this.instanceCount : 0);
    this.#hasLoads = this.#instances.some(({ batch }) => batch.loading !== undefined);
    // A client who has an answer at the instant of its last step could ask again at that instant.
    const answersAtOnce = this.#instances.some(({ engine }) => engine.outputNs === 0);
    this.#areCoupled = parts.power !== undefined || hasLinks || this.#hasLoads || answersAtOnce;
    this.#events = new EventQueue(this.#firstLoadSource + (this.#hasLoads ? this.instanceCount : 0));
  }

  run(): RunTotals {
    warmCaches(this.#demand, this.#requests, this.#view, this.#dispatch, this.#instances);
    this.#demand.start();
    this.#scheduleControl();
    let completed = true;
    while (completed && this.#inFlight + this.#demand.pending > 0) {
      const eventNs = this.#events.timeNs;
      const arrivalNs = this.#demand.nextNs;
      const nextNs = Math.min(eventNs, arrivalNs);
      if (nextNs > this.#dispatch.telemetry.nextNs) this.#dispatch.telemetry.takeBefore(nextNs);
      if (nextNs > this.#timeline.endNs) completed = this.#observe();
      else this.#next(eventNs, arrivalNs);
    }
    const endNs = Math.max(this.#plan.horizonNs, this.#lastDepartureNs);
    for (let observed = 0; completed && observed < endNs;) {
      observed = this.#timeline.endNs;
      this.#timeline.observe();
    }
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
      ...(this.#power !== undefined && { powerDomains: this.#power.totals() }),
    };
  }

  // -------------------------------------------------------------------------------------------- events

  #next(eventNs: Ns, arrivalNs: Ns): void {
    const { source, kind } = this.#events;
    this.#eventCount++;
    if (arrivalNs < eventNs || (arrivalNs === eventNs && EventKind.arrival < kind)) {
      this.#nowNs = arrivalNs;
      this.#arrive();
      return;
    }
    this.#nowNs = eventNs;
    switch (kind) {
      case EventKind.stepEnd:
        this.#endSegment(source);
        break;
      case EventKind.transferEnd:
        if (source < this.#firstLoadSource) this.#endTransfer(source - this.#firstLinkSource);
        else this.#endLoad(source - this.#firstLoadSource);
        break;
      case EventKind.controlTick:
        this.#control();
        break;
      case EventKind.batchFormation:
        this.#formBatch(source);
        break;
    }
  }

  #endSegment(index: InstanceIndex): void {
    this.#instances[index]!.endSegment();
    // Batches are formed when everything else at this instant has happened; mostly there is nothing else that matters.
    const isShared = this.#demand.nextNs === this.#nowNs || (this.#areCoupled && this.#events.firstIsTied);
    if (isShared) this.#events.set(index, this.#nowNs, EventKind.batchFormation);
    else this.#formBatch(index);
  }

  #formBatch(index: InstanceIndex): void {
    this.#instances[index]!.formBatch(this.#nowNs);
    this.#schedule(index);
    if (this.#hasLoads) this.#scheduleLoadEnd(index);
  }

  #arrive(): void {
    const request = this.#demand.next();
    const { promptTokens, outputTokens } = this.#requests;
    this.#inFlight++;
    if (this.#dispatch.fleet.select(this.#view.model(request), promptTokens[request]!, outputTokens[request]!) === 0) {
      this.#depart(request, NO_INSTANCE, RequestStatus.rejected, this.#nowNs);
      return;
    }
    const index = this.#dispatch.route(request, this.#nowNs);
    const instance = this.#instances[index];
    assert(instance !== undefined, 'the router answered an instance that does not exist');
    this.#dispatch.sent(request, index);
    this.#counters[instance.pool]!.arrivedRequests++;
    if (instance.enqueue(request)) this.#schedule(index);
  }

  /** The prefill instance has its blocks back, and the decode instance may go on with the request. */
  #endTransfer(index: InstanceIndex): void {
    const prefill = this.#instances[index]!;
    const request = prefill.link!.end();
    const decode = this.#instances[this.#requests.decodeInstance[request]!]!;
    this.#scheduleTransferEnd(prefill);
    if (prefill.endSending(request, this.#nowNs)) this.#schedule(index);
    if (decode.endReceiving(request, this.#nowNs)) this.#schedule(decode.index);
  }

  #endLoad(index: InstanceIndex): void {
    if (this.#instances[index]!.endLoading(this.#nowNs)) this.#schedule(index);
    this.#scheduleLoadEnd(index);
  }

  #control(): void {
    this.#power!.tick(this.#nowNs);
    this.#scheduleControl();
  }

  // -------------------------------------------------------------------------------------------- scheduling

  #schedule(index: InstanceIndex): void {
    const instance = this.#instances[index]!;
    if (instance.isBusy) this.#events.set(index, instance.run.endNs, EventKind.stepEnd);
    else if (instance.wakeNs === Infinity) this.#events.clear(index);
    else this.#events.set(index, instance.wakeNs, EventKind.batchFormation);
  }

  #scheduleTransferEnd({ index, link }: Instance): void {
    const source = this.#firstLinkSource + index;
    const { nextNs } = link!;
    if (nextNs === Infinity) this.#events.clear(source);
    else this.#events.set(source, nextNs, EventKind.transferEnd);
  }

  #scheduleLoadEnd(index: InstanceIndex): void {
    const { loading } = this.#instances[index]!.batch;
    if (loading === undefined) return;
    const source = this.#firstLoadSource + index;
    if (loading.nextNs === Infinity) this.#events.clear(source);
    else this.#events.set(source, loading.nextNs, EventKind.transferEnd);
  }

  #scheduleControl(): void {
    if (this.#power !== undefined) this.#events.set(this.#controlSource, this.#power.nextNs, EventKind.controlTick);
  }

  // -------------------------------------------------------------------------------------------- what instances tell

  firstToken(request: RequestIndex, index: InstanceIndex): void {
    this.#dispatch.firstToken(request, index);
  }

  handedOver(request: RequestIndex, from: InstanceIndex): void {
    const { promptTokens, outputTokens } = this.#requests;
    this.#dispatch.fleet.outstanding[from]!--;
    this.#dispatch.fleet.selectDecode(this.#view.model(request), promptTokens[request]!, outputTokens[request]!);
    const to = this.#dispatch.route(request, this.#nowNs);
    const instance = this.#instances[to];
    assert(instance !== undefined && instance.role === 'decode', 'the router answered no decode instance');
    this.#dispatch.fleet.outstanding[to]!++;
    if (instance.takeOver(request, this.#nowNs)) this.#schedule(to);
  }

  transferRequested(request: RequestIndex): void {
    const prefill = this.#instances[this.#requests.prefillInstance[request]!]!;
    prefill.link!.request(request, this.#nowNs);
    this.#scheduleTransferEnd(prefill);
  }

  served(request: RequestIndex, index: InstanceIndex, stepEndNs: Ns): void {
    const instance = this.#instances[index]!;
    this.#dispatch.fleet.outstanding[index]!--;
    // A short answer may be computed before its first token has reached the client, and follows it then.
    const finishNs = Math.max(stepEndNs + instance.engine.outputNs, this.#requests.firstTokenNs[request]!);
    this.#depart(request, index, RequestStatus.served, finishNs);
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

  // -------------------------------------------------------------------------------------------- observation and control

  #observe(): boolean {
    const { endNs } = this.#timeline;
    this.#timeline.observe();
    return this.#sinks.progress?.(endNs) ?? true;
  }

  setPower(index: InstanceIndex, clock: number, capWatts: number): void {
    const instance = this.#instances[index]!;
    if (instance.clock === clock && instance.capWatts === capWatts) return;
    if (instance.setPower(clock, capWatts, this.#nowNs)) this.#schedule(index);
  }
}

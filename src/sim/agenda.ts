import { EventKind, EventQueue } from './event-queue.ts';
import type { Instance } from './instance.ts';
import { hearsAnswers, type RunParts, type SimulationPlan } from './run-parts.ts';
import type { ScalingListener } from './scaling.ts';
import type { InstanceIndex, Ns, PoolIndex } from './units.ts';

/**
 * What is going to happen, but for arrivals: who has which source in the queue of events. One per instance (its steps and
 * batches) comes first, then the power policy, then links and loads, one per instance, then the scaling policies, one per
 * pool, the instances that start, and those that are taken away.
 */
export class Agenda implements ScalingListener {
  readonly events: EventQueue;
  readonly hasLinks: boolean;
  readonly hasLoads: boolean;
  readonly hasScaling: boolean;
  /** Whether what happens at another instance, or at a controller, can matter to a batch formed at the same instant. */
  readonly isCoupled: boolean;
  readonly #control: number;
  readonly #firstLink: number;
  readonly #firstLoad: number;
  readonly #firstScaling: number;
  readonly #firstReady: number;
  readonly #firstEviction: number;

  constructor(
    instances: readonly Instance[],
    { pools }: Pick<SimulationPlan, 'pools'>,
    parts: Pick<RunParts, 'power' | 'workloads' | 'modelRouting'>,
  ) {
    const count = instances.length;
    const hasEvictions = pools.some(({ eviction }) => eviction !== undefined);
    this.hasScaling = hasEvictions || pools.some(({ scaling }) => scaling !== undefined);
    this.hasLinks = instances.some(({ link }) => link !== undefined);
    this.hasLoads = instances.some(({ batch }) => batch.loading !== undefined);
    const answersAtOnce = hearsAnswers(parts) && instances.some(({ engine }) => engine.outputNs === 0);
    this.isCoupled = parts.power !== undefined || this.hasScaling || this.hasLinks || this.hasLoads || answersAtOnce;
    this.#control = count;
    this.#firstLink = this.#control + (parts.power === undefined ? 0 : 1);
    this.#firstLoad = this.#firstLink + (this.hasLinks ? count : 0);
    this.#firstScaling = this.#firstLoad + (this.hasLoads ? count : 0);
    this.#firstReady = this.#firstScaling + (this.hasScaling ? pools.length : 0);
    this.#firstEviction = this.#firstReady + (this.hasScaling ? count : 0);
    this.events = new EventQueue(this.#firstEviction + (hasEvictions ? count : 0), this.isCoupled);
  }

  // -------------------------------------------------------------------------------------------- whose the next event is

  /** The instance whose load ends; negative if it is a transfer that ends. */
  get loadingInstance(): InstanceIndex {
    return this.events.source - this.#firstLoad;
  }

  /** The instance on whose link a transfer ends. */
  get sendingInstance(): InstanceIndex {
    return this.events.source - this.#firstLink;
  }

  /** The pool whose scaling policy is asked; negative if it is the power policy. */
  get scaledPool(): PoolIndex {
    return this.events.source - this.#firstScaling;
  }

  /** The instance that is asked back, taken away or ordered again; negative if a policy is asked. */
  get evictedInstance(): InstanceIndex {
    return this.events.source - this.#firstEviction;
  }

  /** Take out the start of an instance; answers which it is. */
  takeStarted(): InstanceIndex {
    const { source } = this.events;
    this.events.clear(source);
    return source - this.#firstReady;
  }

  // -------------------------------------------------------------------------------------------- what will be

  /** What the instance does next has changed. */
  schedule(instance: Instance): void {
    const { index } = instance;
    if (instance.isBusy) this.events.set(index, instance.run.endNs, EventKind.stepEnd);
    else this.#set(index, instance.wakeNs, EventKind.batchFormation);
  }

  scheduleFormation(index: InstanceIndex, nowNs: Ns): void {
    this.events.set(index, nowNs, EventKind.batchFormation);
  }

  scheduleTransferEnd({ index, link }: Instance): void {
    this.#set(this.#firstLink + index, link!.nextNs, EventKind.transferEnd);
  }

  scheduleLoadEnd({ index, batch: { loading } }: Instance): void {
    if (loading !== undefined) this.#set(this.#firstLoad + index, loading.nextNs, EventKind.transferEnd);
  }

  scheduleControl(timeNs: Ns): void {
    this.events.set(this.#control, timeNs, EventKind.controlTick);
  }

  scheduleScaling(pool: PoolIndex, timeNs: Ns): void {
    this.events.set(this.#firstScaling + pool, timeNs, EventKind.controlTick);
  }

  ordered(index: InstanceIndex, readyNs: Ns): void {
    this.events.set(this.#firstReady + index, readyNs, EventKind.instanceReady);
  }

  cancelled(index: InstanceIndex): void {
    this.events.clear(this.#firstReady + index);
  }

  scheduleEviction(index: InstanceIndex, timeNs: Ns): void {
    this.events.set(this.#firstEviction + index, timeNs, EventKind.controlTick);
  }

  clearEviction(index: InstanceIndex): void {
    this.events.clear(this.#firstEviction + index);
  }

  #set(source: number, timeNs: Ns, kind: EventKind): void {
    if (timeNs === Infinity) this.events.clear(source);
    else this.events.set(source, timeNs, kind);
  }
}

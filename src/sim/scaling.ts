import { assert } from './assert.ts';
import { Background } from './background.ts';
import { scarcityAt } from './eviction-plan.ts';
import type { Fleet } from './fleet.ts';
import type { Front } from './front.ts';
import type { Instance } from './instance.ts';
import { InstanceLives, Life } from './instance-lives.ts';
import type { PoolsView, ScalingPolicy } from './ports.ts';
import type { RunParts, SimulationPlan } from './run-parts.ts';
import type { InstanceIndex, ModelIndex, Ns, PoolIndex } from './units.ts';

/** Who is told what comes of scaling. */
export interface ScalingListener {
  /** An instance that was off will be ready then. */
  ordered(instance: InstanceIndex, readyNs: Ns): void;
  /** An instance will not be ready after all. */
  cancelled(instance: InstanceIndex): void;
}

/** Switches instances on and off, as the policies of their pools want it. */
export class Scaling implements PoolsView {
  /** Which instances are switched on. */
  readonly lives: InstanceLives;
  /** Who has those that are not. */
  readonly background: Background;
  readonly #pools: SimulationPlan['pools'];
  readonly #policies: readonly (ScalingPolicy | undefined)[];
  readonly #instances: readonly Instance[];
  readonly #fleet: Fleet;
  readonly #front: Front;
  readonly #listener: ScalingListener;
  readonly #sent: Float64Array;
  /** By instance: it will be taken away, whatever the pool needs. */
  readonly #askedBack: Uint8Array;
  /** Who else wants to know that an instance is off. */
  onSwitchedOff: ((instance: InstanceIndex, nowNs: Ns) => void) | undefined;

  constructor(
    { pools }: Pick<SimulationPlan, 'pools'>,
    { scaling = [] }: Pick<RunParts, 'scaling'>,
    instances: readonly Instance[],
    fleet: Fleet,
    front: Front,
    listener: ScalingListener,
  ) {
    this.lives = new InstanceLives(pools);
    this.background = new Background(pools);
    this.#pools = pools;
    this.#policies = pools.map((pool, index) => (pool.scaling === undefined ? undefined : scaling[index]));
    this.#instances = instances;
    this.#fleet = fleet;
    this.#front = front;
    this.#listener = listener;
    this.#sent = new Float64Array(pools.length);
    this.#askedBack = new Uint8Array(instances.length);
    for (const { index, idleTime } of instances) {
      if (this.lives.isReady(index)) continue;
      idleTime.switchOff(0);
      this.background.lend(index, 0);
    }
    for (const { model, scaling: scaled, eviction } of pools) {
      if (scaled !== undefined || eviction !== undefined) this.#offer(model);
    }
  }

  policyOf(pool: PoolIndex): ScalingPolicy | undefined {
    return this.#policies[pool];
  }

  /** A request has been sent, or handed over, to an instance of a pool. */
  countSent(pool: PoolIndex): void {
    this.#sent[pool]!++;
  }

  /** Ask the policy of a pool, and order, cancel or drain instances; answers whether any takes requests that did not before. */
  adjust(pool: PoolIndex, nowNs: Ns): boolean {
    const { instances, scaling } = this.#pools[pool]!;
    const wanted = this.#policies[pool]!.targetInstances(pool, this, nowNs);
    assert(Number.isInteger(wanted), 'a scaling policy wants a number of instances that is not whole');
    // Nobody waits at the front for a pool that stays empty.
    const least = Math.max(scaling!.minInstances, this.frontRequests(pool) > 0 ? 1 : 0);
    const target = Math.min(instances, Math.max(least, wanted));
    const has = this.readyInstances(pool) + this.startingInstances(pool);
    for (let surplus = has - target; surplus > 0; surplus--) this.#giveUpOne(pool, nowNs);
    if (target <= has) return false;
    const back = this.#takeBack(pool, target - has);
    this.#order(pool, target - has - back, nowNs);
    return back > 0;
  }

  /** Draining ones, the lowest index first, take requests again: they are there, with their caches. Answers how many. */
  #takeBack(pool: PoolIndex, most: number): number {
    let back = 0;
    for (const instance of this.lives.instancesOf(pool)) {
      if (back === most) break;
      if (this.lives.lifeOf(instance) !== Life.draining || this.#askedBack[instance] === 1) continue;
      this.lives.becomeReady(instance);
      back++;
    }
    if (back > 0) this.#offer(this.#pools[pool]!.model);
    return back;
  }

  /** An instance that was ordered has its model in memory. */
  becomeReady(instance: InstanceIndex, nowNs: Ns): void {
    this.#instances[instance]!.startAfresh(nowNs);
    this.lives.becomeReady(instance);
    this.#offer(this.#modelOf(instance));
  }

  /** An instance may have finished its last request: if it drains, it is off then. */
  endIfDrained(instance: InstanceIndex, nowNs: Ns): void {
    if (this.lives.lifeOf(instance) !== Life.draining) return;
    const isEmpty = this.#fleet.outstanding[instance] === 0 && this.#instances[instance]!.kv.used === 0;
    if (isEmpty) this.#switchOff(instance, nowNs);
  }

  #switchOff(instance: InstanceIndex, nowNs: Ns): void {
    this.#instances[instance]!.idleTime.switchOff(nowNs);
    this.lives.switchOff(instance, nowNs);
    this.#askedBack[instance] = 0;
    this.background.lend(instance, nowNs);
    this.onSwitchedOff?.(instance, nowNs);
  }

  /** An instance that is ready or drains takes nobody new any more, until it is off. */
  askBack(instance: InstanceIndex): void {
    this.#askedBack[instance] = 1;
    if (this.lives.isReady(instance)) this.#drain(instance);
  }

  #drain(instance: InstanceIndex): void {
    this.lives.drain(instance);
    this.#offer(this.#modelOf(instance));
  }

  /** An instance that is off is ordered. */
  orderAgain(instance: InstanceIndex, nowNs: Ns): void {
    this.#instances[instance]!.idleTime.switchOn(nowNs);
    const readyNs = this.lives.order(instance, nowNs, this.background.recall(instance, nowNs));
    this.#listener.ordered(instance, readyNs);
  }

  /** The ones with the lowest index among those that are off; none while there are none to be had. */
  #order(pool: PoolIndex, count: number, nowNs: Ns): void {
    if (count === 0) return;
    const { eviction } = this.#pools[pool]!;
    if (eviction !== undefined && scarcityAt(eviction, nowNs) !== undefined) return;
    let left = count;
    for (const instance of this.lives.instancesOf(pool)) {
      if (left === 0) return;
      if (this.lives.lifeOf(instance) !== Life.off) continue;
      this.orderAgain(instance, nowNs);
      left--;
    }
  }

  /** First what was ordered last and is not ready yet; then the ready one with the least to do. */
  #giveUpOne(pool: PoolIndex, nowNs: Ns): void {
    const starting = this.#best(pool, Life.starting, (instance) => -this.lives.orderedNs(instance));
    if (starting !== undefined) {
      this.#switchOff(starting, nowNs);
      this.#listener.cancelled(starting);
      return;
    }
    const ready = this.#best(pool, Life.ready, (instance) => this.#fleet.outstandingRequests(instance))!;
    this.#drain(ready);
    this.endIfDrained(ready, nowNs);
  }

  /** With the least of a figure; on a tie the highest index. */
  #best(pool: PoolIndex, life: Life, figure: (instance: InstanceIndex) => number): InstanceIndex | undefined {
    let best: InstanceIndex | undefined;
    for (const instance of this.lives.instancesOf(pool)) {
      if (this.lives.lifeOf(instance) !== life) continue;
      if (best === undefined || figure(instance) <= figure(best)) best = instance;
    }
    return best;
  }

  #offer(model: ModelIndex): void {
    this.#fleet.offer(model, (instance) => this.lives.isReady(instance));
  }

  #modelOf(instance: InstanceIndex): ModelIndex {
    return this.#pools[this.#instances[instance]!.pool]!.model;
  }

  // -------------------------------------------------------------------------------------------- what policies see

  readyInstances(pool: PoolIndex): number {
    return this.lives.readyInstances(pool);
  }

  startingInstances(pool: PoolIndex): number {
    return this.#sum(pool, Life.starting, () => 1);
  }

  outstandingRequests(pool: PoolIndex): number {
    return this.#sum(pool, Life.ready, (instance) => this.#fleet.outstandingRequests(instance));
  }

  waitingRequests(pool: PoolIndex): number {
    return this.#sum(pool, Life.ready, (instance) => this.#instances[instance]!.waitingRequests);
  }

  frontRequests(pool: PoolIndex): number {
    const [first] = this.lives.instancesOf(pool);
    return this.#front.waitingFor(this.#pools[pool]!.model, this.#instances[first!]!);
  }

  sentRequests(pool: PoolIndex): number {
    return this.#sent[pool]!;
  }

  #sum(pool: PoolIndex, life: Life, figure: (instance: InstanceIndex) => number): number {
    let sum = 0;
    for (const instance of this.lives.instancesOf(pool)) {
      if (this.lives.lifeOf(instance) === life) sum += figure(instance);
    }
    return sum;
  }
}

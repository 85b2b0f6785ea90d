import { assert } from './assert.ts';
import type { InstanceIndex, Ns, PoolIndex } from './units.ts';

/** Where an instance is in its life. */
export const Life = { off: 0, starting: 1, ready: 2, draining: 3 } as const;
export type Life = (typeof Life)[keyof typeof Life];

/** What of a pool decides the lives of its instances. */
export interface LivesOfPool {
  readonly instances: number;
  readonly scaling?: Starting & { readonly startInstances: number };
  /** What takes the place of an instance that was taken away only has to load its model. */
  readonly eviction?: { readonly loadNs: Ns };
}

/** How long an instance takes from its order until it is ready. */
interface Starting {
  readonly provisionNs: Ns;
  readonly loadNs: Ns;
}

/** How many instances of a pool are in each part of their lives. */
export interface LifeCounts {
  off: number;
  provisioning: number;
  loading: number;
  ready: number;
  draining: number;
}

/**
 * Which instances are switched on. Without scaling all are ready from the start to the end. An instance that is ordered is
 * provisioned, then loads its model, is then ready, takes nobody new while it drains, and is off when it is empty.
 */
export class InstanceLives {
  readonly #pools: readonly LivesOfPool[];
  readonly #firstOfPool: readonly InstanceIndex[];
  readonly #poolOf: readonly PoolIndex[];
  readonly #lives: Uint8Array;
  /** Of instances that start: when they were ordered, and from when on they load their model. */
  readonly #orderedNs: Float64Array;
  readonly #loadsFromNs: Float64Array;
  readonly #onInstances: Float64Array;
  readonly #readyInstances: Float64Array;
  /** Per pool, on-time that is settled and not yet taken, and until when it is settled. */
  readonly #onNs: Float64Array;
  readonly #settledNs: Float64Array;

  constructor(pools: readonly LivesOfPool[]) {
    this.#pools = pools;
    this.#poolOf = pools.flatMap(({ instances }, pool) => Array<PoolIndex>(instances).fill(pool));
    this.#firstOfPool = pools.map((_, pool) => this.#poolOf.indexOf(pool));
    this.#lives = new Uint8Array(this.#poolOf.length);
    this.#orderedNs = new Float64Array(this.#poolOf.length);
    this.#loadsFromNs = new Float64Array(this.#poolOf.length);
    this.#onInstances = new Float64Array(pools.length);
    this.#readyInstances = new Float64Array(pools.length);
    this.#onNs = new Float64Array(pools.length);
    this.#settledNs = new Float64Array(pools.length);
    pools.forEach(({ instances, scaling }, pool) => {
      const ready = scaling?.startInstances ?? instances;
      for (let k = 0; k < ready; k++) this.#lives[this.#firstOfPool[pool]! + k] = Life.ready;
      this.#onInstances[pool] = ready;
      this.#readyInstances[pool] = ready;
    });
  }

  lifeOf(instance: InstanceIndex): Life {
    return this.#lives[instance] as Life;
  }

  isReady(instance: InstanceIndex): boolean {
    return this.#lives[instance] === Life.ready;
  }

  readyInstances(pool: PoolIndex): number {
    return this.#readyInstances[pool]!;
  }

  /** Instances of a pool, in ascending order. */
  *instancesOf(pool: PoolIndex): Iterable<InstanceIndex> {
    const first = this.#firstOfPool[pool]!;
    for (let k = 0; k < this.#pools[pool]!.instances; k++) yield first + k;
  }

  /** Instance time switched on since this was asked last. */
  takeOnNs(pool: PoolIndex, nowNs: Ns): Ns {
    this.#settle(pool, nowNs);
    const onNs = this.#onNs[pool]!;
    this.#onNs[pool] = 0;
    return onNs;
  }

  /** Where the instances of a pool are; they add up to all there are. */
  countsOf(pool: PoolIndex, nowNs: Ns): LifeCounts {
    const counts: LifeCounts = { off: 0, provisioning: 0, loading: 0, ready: 0, draining: 0 };
    for (const instance of this.instancesOf(pool)) {
      const life = this.#lives[instance];
      if (life === Life.off) counts.off++;
      else if (life === Life.ready) counts.ready++;
      else if (life === Life.draining) counts.draining++;
      else if (nowNs < this.#loadsFromNs[instance]!) counts.provisioning++;
      else counts.loading++;
    }
    return counts;
  }

  /** Order an instance that is off; answers when it will be ready. @param provisionNs that of the pool if left out */
  order(instance: InstanceIndex, nowNs: Ns, provisionNs?: Ns): Ns {
    const pool = this.#poolOf[instance]!;
    const starting = this.#startingOf(pool);
    assert(starting !== undefined && this.#lives[instance] === Life.off, 'an instance is ordered that is not off');
    this.#settle(pool, nowNs);
    this.#lives[instance] = Life.starting;
    this.#orderedNs[instance] = nowNs;
    this.#loadsFromNs[instance] = nowNs + (provisionNs ?? starting.provisionNs);
    this.#onInstances[pool]!++;
    return this.#loadsFromNs[instance] + starting.loadNs;
  }

  #startingOf(pool: PoolIndex): Starting | undefined {
    const { scaling, eviction } = this.#pools[pool]!;
    return scaling ?? (eviction && { provisionNs: 0, loadNs: eviction.loadNs });
  }

  /** When an instance that starts was ordered. */
  orderedNs(instance: InstanceIndex): Ns {
    return this.#orderedNs[instance]!;
  }

  becomeReady(instance: InstanceIndex): void {
    this.#lives[instance] = Life.ready;
    this.#readyInstances[this.#poolOf[instance]!]!++;
  }

  drain(instance: InstanceIndex): void {
    this.#lives[instance] = Life.draining;
    this.#readyInstances[this.#poolOf[instance]!]!--;
  }

  /** It starts or drains no longer. */
  switchOff(instance: InstanceIndex, nowNs: Ns): void {
    const pool = this.#poolOf[instance]!;
    this.#settle(pool, nowNs);
    this.#lives[instance] = Life.off;
    this.#onInstances[pool]!--;
  }

  #settle(pool: PoolIndex, nowNs: Ns): void {
    this.#onNs[pool]! += this.#onInstances[pool]! * (nowNs - this.#settledNs[pool]!);
    this.#settledNs[pool] = nowNs;
  }
}

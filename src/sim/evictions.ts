import type { Agenda } from './agenda.ts';
import { assert } from './assert.ts';
import { evacuated } from './evacuation.ts';
import { lifetimeNs, scarcityAt, type EvictionPlan, type EvictionTotals } from './eviction-plan.ts';
import type { Fleet } from './fleet.ts';
import type { Front } from './front.ts';
import type { Instance } from './instance.ts';
import type { RequestLog } from './request-log.ts';
import { NOT_YET, type RequestTable } from './request-table.ts';
import type { SimulationPlan } from './run-parts.ts';
import type { Scaling } from './scaling.ts';
import type { InstanceIndex, Ns } from './units.ts';

/** What comes next for an instance that is lent. */
const Next = { nothing: 0, notice: 1, taking: 2, order: 3 } as const;

type EvictedPlan = Pick<SimulationPlan, 'seed' | 'horizonNs' | 'pools'>;

/** What evictions act on. */
export interface EvictionParts {
  readonly instances: readonly Instance[];
  readonly requests: RequestTable;
  readonly fleet: Fleet;
  readonly front: Front;
  readonly scaling: Scaling;
  readonly agenda: Agenda;
  readonly log: RequestLog;
}

/** Undefined where no instance can be taken away. */
export function evictionsOf(plan: EvictedPlan, parts: EvictionParts): Evictions | undefined {
  return plan.pools.some(({ eviction }) => eviction !== undefined) ? new Evictions(plan, parts) : undefined;
}

/**
 * Instances that are lent until somebody else wants them: asked back, they take nobody new, and after the notice they are
 * gone, at the end of the step in progress. What they have then begins again elsewhere.
 */
export class Evictions {
  readonly totals: readonly Mutable<EvictionTotals>[];
  readonly #seed: number;
  readonly #horizonNs: Ns;
  readonly #pools: SimulationPlan['pools'];
  readonly #parts: EvictionParts;
  readonly #firstOfPool: readonly InstanceIndex[];
  /** By instance. */
  readonly #next: Uint8Array;
  readonly #lives: Float64Array;
  /** Taken away, but for the step in progress. */
  readonly #taken: Uint8Array;

  constructor({ seed, horizonNs, pools }: EvictedPlan, parts: EvictionParts) {
    const { instances } = parts;
    this.#seed = seed;
    this.#horizonNs = horizonNs;
    this.#pools = pools;
    this.#parts = parts;
    this.#firstOfPool = pools.map((_, pool) => instances.findIndex((instance) => instance.pool === pool));
    this.#next = new Uint8Array(instances.length);
    this.#lives = new Float64Array(instances.length);
    this.#taken = new Uint8Array(instances.length);
    this.totals = pools.map(() => ({ evictedInstances: 0, lostRequests: 0, lostOutputTokens: 0 }));
    parts.scaling.onSwitchedOff = (instance, nowNs) => this.#switchedOff(instance, nowNs);
    for (const { index } of instances) if (parts.scaling.lives.isReady(index)) this.ready(index, 0);
  }

  /** An instance has become ready: from now on it may be asked back. */
  ready(instance: InstanceIndex, nowNs: Ns): void {
    const eviction = this.#evictionOf(instance);
    if (eviction === undefined) return;
    const life = this.#lives[instance]!++;
    const { pool } = this.#parts.instances[instance]!;
    const place = instance - this.#firstOfPool[pool]!;
    const { meanNs, scarceNs = [] } = eviction;
    const byChanceNs = meanNs === undefined ? Infinity : nowNs + lifetimeNs(this.#seed, pool, place, life, meanNs);
    const scarce = scarceNs.find(([, untilNs]) => untilNs > nowNs);
    const noticeNs = Math.min(byChanceNs, Math.max(nowNs, scarce?.[0] ?? Infinity));
    // At the horizon the run begins to drain, and does so whatever anybody wants back.
    if (noticeNs < this.#horizonNs) this.#schedule(instance, Next.notice, noticeNs);
  }

  /** What was scheduled for an instance happens. */
  happen(instance: InstanceIndex, nowNs: Ns): void {
    const next = this.#next[instance];
    this.#next[instance] = Next.nothing;
    this.#parts.agenda.clearEviction(instance);
    if (next === Next.notice) this.#giveNotice(instance, nowNs);
    else if (next === Next.taking) this.#take(instance, nowNs);
    else if (next === Next.order) this.#parts.scaling.orderAgain(instance, nowNs);
  }

  /** A segment of an instance has ended. */
  endIfTaken(instance: InstanceIndex, nowNs: Ns): void {
    if (this.#taken[instance] === 1) this.#evacuate(instance, nowNs);
  }

  #giveNotice(instance: InstanceIndex, nowNs: Ns): void {
    const { scaling, instances } = this.#parts;
    const { noticeNs } = this.#evictionOf(instance)!;
    this.totals[instances[instance]!.pool]!.evictedInstances++;
    scaling.askBack(instance);
    if (noticeNs === 0) {
      this.#take(instance, nowNs);
      return;
    }
    this.#schedule(instance, Next.taking, nowNs + noticeNs);
    scaling.endIfDrained(instance, nowNs);
  }

  #take(instance: InstanceIndex, nowNs: Ns): void {
    const it = this.#parts.instances[instance]!;
    if (!it.isBusy) {
      this.#evacuate(instance, nowNs);
      return;
    }
    this.#taken[instance] = 1;
    it.run.cutAt(nowNs);
    if (it.run.endNs > nowNs) {
      this.#parts.agenda.schedule(it);
      return;
    }
    it.endSegment();
    this.#evacuate(instance, nowNs);
  }

  /** No step is in progress: everybody goes back to the front, in the order in which they first came. */
  #evacuate(instance: InstanceIndex, nowNs: Ns): void {
    const { instances, requests, fleet, front, scaling, agenda, log } = this.#parts;
    const it = instances[instance]!;
    const totals = this.totals[it.pool]!;
    const everybody = evacuated(it.batch, it.kv, requests).sort((a, b) => requests.id[a]! - requests.id[b]!);
    this.#taken[instance] = 0;
    for (const request of everybody) {
      totals.lostRequests++;
      totals.lostOutputTokens += requests.generated[request]!;
      fleet.outstanding[instance]!--;
      if (requests.firstTokenNs[request] === NOT_YET) fleet.promptTokens[instance]! -= requests.promptTokens[request]!;
      log.writeAttempt(request, instance, nowNs);
      front.lost(request, nowNs);
    }
    assert(fleet.outstanding[instance] === 0 && it.kv.used === 0, 'an instance is taken away with something in it');
    scaling.endIfDrained(instance, nowNs);
    agenda.scheduleLoadEnd(it);
    agenda.scheduleFormation(instance, nowNs);
  }

  #switchedOff(instance: InstanceIndex, nowNs: Ns): void {
    const eviction = this.#evictionOf(instance);
    if (eviction === undefined) return;
    this.#next[instance] = Next.nothing;
    this.#parts.agenda.clearEviction(instance);
    // A pool that is scaled is told by its policy what it needs.
    if (this.#pools[this.#parts.instances[instance]!.pool]!.scaling !== undefined) return;
    const timeNs = nowNs + eviction.replaceNs;
    const orderNs = scarcityAt(eviction, timeNs)?.[1] ?? timeNs;
    if (orderNs === nowNs) this.#parts.scaling.orderAgain(instance, nowNs);
    else this.#schedule(instance, Next.order, orderNs);
  }

  #schedule(instance: InstanceIndex, next: number, timeNs: Ns): void {
    this.#next[instance] = next;
    this.#parts.agenda.scheduleEviction(instance, timeNs);
  }

  #evictionOf(instance: InstanceIndex): EvictionPlan | undefined {
    return this.#pools[this.#parts.instances[instance]!.pool]!.eviction;
  }
}

type Mutable<Totals> = { -readonly [Name in keyof Totals]: Totals[Name] };

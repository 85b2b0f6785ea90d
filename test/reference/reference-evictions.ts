import { type EvictionTotals, lifetimeNs } from '../../src/sim/eviction-plan.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { CONTROL_TICK } from './reference-agenda.ts';
import type { ReferenceAgenda } from './reference-agenda.ts';
import type { ReferenceFront } from './reference-front.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import type { ReferenceLives } from './reference-lives.ts';
import { asItArrived } from './reference-request.ts';
import type { ReferenceRequest } from './reference-request.ts';

/** Work that came to nothing. */
export interface LostAttempt {
  readonly request: number;
  readonly workload: number;
  readonly instance: number;
  readonly prefillInstance: number;
  readonly endNs: number;
  readonly prefillTicks: number;
  readonly decodeTicks: number;
}

export function attemptOf(request: ReferenceRequest, instance: number, endNs: number): LostAttempt {
  const { request: id, workload, prefillTicks, decodeTicks } = request;
  const ticks = { prefillTicks: Number(prefillTicks), decodeTicks: Number(decodeTicks) };
  const prefillInstance = request.handOver?.prefillInstance ?? -1;
  return { request: id, workload, instance, prefillInstance, endNs, ...ticks };
}

/** Instances that are asked back by who lends them. */
export class ReferenceEvictions {
  readonly totals: { -readonly [Name in keyof EvictionTotals]: number }[];
  readonly #plan: SimulationPlan;
  readonly #instances: readonly ReferenceInstance[];
  readonly #agenda: ReferenceAgenda;
  readonly #front: ReferenceFront;
  readonly #lives: ReferenceLives;
  readonly #attempts: LostAttempt[];
  /** How often each instance was ready. */
  readonly #timesReady = new Map<ReferenceInstance, number>();

  constructor(
    plan: SimulationPlan,
    instances: readonly ReferenceInstance[],
    agenda: ReferenceAgenda,
    front: ReferenceFront,
    lives: ReferenceLives,
    attempts: LostAttempt[],
  ) {
    this.#plan = plan;
    this.#instances = instances;
    this.#agenda = agenda;
    this.#front = front;
    this.#lives = lives;
    this.#attempts = attempts;
    this.totals = plan.pools.map(() => ({ evictedInstances: 0, lostRequests: 0, lostOutputTokens: 0 }));
    lives.whenReady = (instance, nowNs) => this.#ready(instance, nowNs);
    lives.whenOff = (instance, nowNs) => this.#off(instance, nowNs);
    for (const instance of instances) if (instance.life === 'ready') this.#ready(instance, 0);
  }

  #ready(instance: ReferenceInstance, nowNs: number): void {
    const { seed, horizonNs, pools } = this.#plan;
    const { eviction } = pools[instance.pool]!;
    if (eviction === undefined) return;
    const before = this.#timesReady.get(instance) ?? 0;
    this.#timesReady.set(instance, before + 1);
    const place = this.#instances.filter(({ pool }) => pool === instance.pool).indexOf(instance);
    const { meanNs, scarceNs = [] } = eviction;
    const notices = scarceNs.filter(([, untilNs]) => untilNs > nowNs).map(([fromNs]) => Math.max(fromNs, nowNs));
    if (meanNs !== undefined) notices.push(nowNs + lifetimeNs(seed, instance.pool, place, before, meanNs));
    const noticeNs = Math.min(...notices);
    if (noticeNs < horizonNs) this.#later(instance, noticeNs, () => this.#giveNotice(instance, noticeNs));
  }

  /** Unless the instance is off before that. */
  #later(instance: ReferenceInstance, timeNs: number, happen: () => void): void {
    const wasOff = instance.switched.length;
    this.#agenda.add(timeNs, CONTROL_TICK, 1 + this.#plan.pools.length + instance.index, () => {
      if (instance.switched.length === wasOff) happen();
    });
  }

  #giveNotice(instance: ReferenceInstance, nowNs: number): void {
    const { noticeNs } = this.#plan.pools[instance.pool]!.eviction!;
    this.totals[instance.pool]!.evictedInstances += 1;
    instance.life = 'draining';
    instance.isAskedBack = true;
    if (noticeNs === 0) {
      this.#take(instance, nowNs);
      return;
    }
    this.#later(instance, nowNs + noticeNs, () => this.#take(instance, nowNs + noticeNs));
    this.#lives.endIfDrained(instance, nowNs);
  }

  #take(instance: ReferenceInstance, nowNs: number): void {
    if (instance.isStepping) instance.isTaken = true;
    else this.#evacuate(instance, nowNs);
  }

  /** A step of an instance has ended, and who was finished has left. */
  endIfTaken(instance: ReferenceInstance, nowNs: number): void {
    if (instance.isTaken) this.#evacuate(instance, nowNs);
  }

  #evacuate(instance: ReferenceInstance, nowNs: number): void {
    instance.isTaken = false;
    const totals = this.totals[instance.pool]!;
    for (const request of dismissAll(instance, nowNs).sort((a, b) => a.request - b.request)) {
      totals.lostRequests += 1;
      totals.lostOutputTokens += request.generated;
      this.#attempts.push(attemptOf(request, instance.index, nowNs));
      request.attempts -= 1;
      asItArrived(request);
      this.#front.comesAgain(request, nowNs);
    }
    this.#lives.endIfDrained(instance, nowNs);
  }

  #off(instance: ReferenceInstance, nowNs: number): void {
    const { eviction, scaling } = this.#plan.pools[instance.pool]!;
    if (eviction === undefined || scaling !== undefined) return;
    const soonestNs = nowNs + eviction.replaceNs;
    const scarce = eviction.scarceNs?.find(([fromNs, untilNs]) => fromNs <= soonestNs && soonestNs < untilNs);
    const orderNs = scarce === undefined ? soonestNs : scarce[1];
    if (orderNs === nowNs) this.#lives.order(instance, nowNs);
    else this.#later(instance, orderNs, () => this.#lives.order(instance, orderNs));
  }
}

/** Everybody leaves an instance with nothing; answer who they were. */
function dismissAll(instance: ReferenceInstance, nowNs: number): ReferenceRequest[] {
  const { running, onTheWay, loaded, waiting, queues, kv } = instance;
  const queued = queues?.dismiss(running) ?? [];
  const withBlocks = [...running, ...onTheWay, ...loaded];
  for (const request of withBlocks) kv.letGo(request, nowNs);
  const everybody = [...withBlocks, ...waiting, ...queued];
  for (const list of [running, waiting, loaded]) list.length = 0;
  onTheWay.clear();
  return everybody;
}

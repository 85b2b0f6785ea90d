import type { PoolsView, ScalingPolicy } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { endLoan, letGoNs } from './reference-background.ts';
import { CONTROL_TICK, INSTANCE_READY } from './reference-agenda.ts';
import type { ReferenceAgenda } from './reference-agenda.ts';
import type { ReferenceFront } from './reference-front.ts';
import type { ReferenceInstance } from './reference-instance.ts';

/** Instances that are switched on and off. */
export class ReferenceLives {
  readonly #plan: SimulationPlan;
  readonly #instances: readonly ReferenceInstance[];
  readonly #agenda: ReferenceAgenda;
  readonly #front: ReferenceFront;
  readonly #sent: number[];
  /** Who else wants to know. */
  whenReady: ((instance: ReferenceInstance, nowNs: number) => void) | undefined;
  whenOff: ((instance: ReferenceInstance, nowNs: number) => void) | undefined;

  constructor(
    plan: SimulationPlan,
    instances: readonly ReferenceInstance[],
    agenda: ReferenceAgenda,
    front: ReferenceFront,
  ) {
    this.#plan = plan;
    this.#instances = instances;
    this.#agenda = agenda;
    this.#front = front;
    this.#sent = plan.pools.map(() => 0);
    plan.pools.forEach(({ instances: all, scaling }, pool) => {
      this.#ofPool(pool).forEach((instance, k) => {
        instance.life = k < (scaling?.startInstances ?? all) ? 'ready' : 'off';
        if (instance.life === 'ready') instance.switched.push({ atNs: 0, on: true });
        else {
          instance.loans.push({ fromNs: 0, untilNs: Infinity });
          instance.rest.end(0);
        }
      });
    });
  }

  scheduleTicks(policies: readonly (ScalingPolicy | undefined)[]): void {
    policies.forEach((policy, pool) => {
      if (policy !== undefined) this.#scheduleTick(pool, policy, policy.intervalNs);
    });
  }

  /** Power policies are asked first. */
  #scheduleTick(pool: number, policy: ScalingPolicy, timeNs: number): void {
    this.#agenda.add(timeNs, CONTROL_TICK, 1 + pool, () => {
      this.#scheduleTick(pool, policy, timeNs + policy.intervalNs);
      this.#adjust(pool, policy.targetInstances(pool, this.#poolsView(), timeNs), timeNs);
    });
  }

  countSent(instance: ReferenceInstance): void {
    this.#sent[instance.pool]! += 1;
  }

  endIfDrained(instance: ReferenceInstance, nowNs: number): void {
    const requests = instance.running.length + instance.waitingRequests;
    if (instance.life === 'draining' && requests === 0 && instance.kv.usedBlocks === 0)
      this.#switchOff(instance, nowNs);
  }

  #adjust(pool: number, answer: number, nowNs: number): void {
    const { minInstances } = this.#plan.pools[pool]!.scaling!;
    const instances = this.#ofPool(pool);
    const atLeast = minInstances === 0 && this.#poolsView().frontRequests(pool) > 0 ? 1 : minInstances;
    const target = Math.min(instances.length, Math.max(atLeast, answer));
    const serving = () => instances.filter(({ life }) => life === 'ready' || life === 'starting').length;
    while (serving() > target) this.#giveUpOne(instances, nowNs);
    const leaving = instances
      .filter(({ life, isAskedBack }) => life === 'draining' && !isAskedBack)
      .slice(0, Math.max(0, target - serving()));
    for (const instance of leaving) instance.life = 'ready';
    if (leaving.length > 0) this.#front.instanceReady(nowNs);
    const { scarceNs = [] } = this.#plan.pools[pool]!.eviction ?? {};
    if (scarceNs.some(([fromNs, untilNs]) => fromNs <= nowNs && nowNs < untilNs)) return;
    for (const instance of instances) {
      if (serving() < target && instance.life === 'off') this.order(instance, nowNs);
    }
  }

  order(instance: ReferenceInstance, nowNs: number): void {
    const { scaling, eviction } = this.#plan.pools[instance.pool]!;
    const { provisionNs, loadNs } = scaling ?? { provisionNs: 0, loadNs: eviction!.loadNs };
    endLoan(instance, nowNs);
    const freeNs = scaling?.background === undefined ? provisionNs : letGoNs(instance, scaling.background);
    const readyNs = nowNs + freeNs + loadNs;
    const start = { orderedNs: nowNs };
    instance.life = 'starting';
    instance.start = start;
    instance.switched.push({ atNs: nowNs, on: true });
    this.#agenda.add(readyNs, INSTANCE_READY, instance.index, () => {
      if (instance.start !== start) return;
      instance.start = undefined;
      instance.life = 'ready';
      instance.forgetEverything();
      instance.rest.begin(readyNs);
      this.whenReady?.(instance, readyNs);
      this.#front.instanceReady(readyNs);
    });
  }

  #giveUpOne(instances: readonly ReferenceInstance[], nowNs: number): void {
    const starting = instances.filter(({ life }) => life === 'starting');
    const last = Math.max(...starting.map(({ start }) => start!.orderedNs));
    const given = starting.findLast(({ start }) => start!.orderedNs === last);
    if (given !== undefined) {
      this.#switchOff(given, nowNs);
      return;
    }
    const ready = instances.filter(({ life }) => life === 'ready');
    const least = Math.min(...ready.map(({ outstanding }) => outstanding));
    const leaving = ready.findLast(({ outstanding }) => outstanding === least)!;
    leaving.life = 'draining';
    this.endIfDrained(leaving, nowNs);
  }

  #switchOff(instance: ReferenceInstance, nowNs: number): void {
    instance.life = 'off';
    instance.isAskedBack = false;
    instance.start = undefined;
    instance.switched.push({ atNs: nowNs, on: false });
    instance.loans.push({ fromNs: nowNs, untilNs: Infinity });
    instance.rest.end(nowNs);
    this.whenOff?.(instance, nowNs);
  }

  #poolsView(): PoolsView {
    const of = (pool: number, life: ReferenceInstance['life']) =>
      this.#ofPool(pool).filter((instance) => instance.life === life);
    const sum = (instances: readonly ReferenceInstance[], figure: (instance: ReferenceInstance) => number) =>
      instances.reduce((total, instance) => total + figure(instance), 0);
    return {
      readyInstances: (pool) => of(pool, 'ready').length,
      startingInstances: (pool) => of(pool, 'starting').length,
      outstandingRequests: (pool) => sum(of(pool, 'ready'), ({ outstanding }) => outstanding),
      waitingRequests: (pool) => sum(of(pool, 'ready'), ({ waitingRequests }) => waitingRequests),
      frontRequests: (pool) =>
        this.#front.waiting.filter(
          ({ model, promptTokens, outputTokens }) =>
            this.#plan.pools[pool]!.model === model && this.#ofPool(pool)[0]!.canEverFit(promptTokens, outputTokens),
        ).length,
      sentRequests: (pool) => this.#sent[pool]!,
    };
  }

  #ofPool(pool: number): readonly ReferenceInstance[] {
    return this.#instances.filter((instance) => instance.pool === pool);
  }
}

import type { SimulationPlan } from '../../src/sim/simulate.ts';
import type { TimelineRow } from '../support/collect.ts';
import { noCounts } from './reference-counters.ts';
import type { ReferenceCounters } from './reference-counters.ts';
import type { ReferenceInstance } from './reference-instance.ts';

const COUNTED = Object.keys(noCounts()) as (keyof ReferenceCounters)[];

/** What the pools did, interval by interval. */
export class ReferenceTimeline {
  readonly rows: TimelineRow[] = [];
  readonly #plan: SimulationPlan;
  readonly #instances: readonly ReferenceInstance[];
  /** Per pool, what had been counted at the end of the last interval. */
  readonly #before: ReferenceCounters[];
  #startNs = 0;

  constructor(plan: SimulationPlan, instances: readonly ReferenceInstance[]) {
    this.#plan = plan;
    this.#instances = instances;
    this.#before = plan.pools.map(() => noCounts());
  }

  /** An interval that ends at T sees everything of T, so it is written when the next thing happens later. */
  writeIntervalsBefore(nowNs: number): void {
    while (this.#endNs() < nowNs) this.#writeInterval();
  }

  writeLastIntervals(untilNs: number): void {
    while (this.#startNs < untilNs) this.#writeInterval();
  }

  #endNs(): number {
    const { timelineIntervalNs, warmUpNs, horizonNs } = this.#plan;
    const nextMultipleNs = (Math.floor(this.#startNs / timelineIntervalNs) + 1) * timelineIntervalNs;
    return Math.min(...[nextMultipleNs, warmUpNs, horizonNs].filter((boundaryNs) => boundaryNs > this.#startNs));
  }

  #writeInterval(): void {
    const endNs = this.#endNs();
    this.#plan.pools.forEach((_, pool) => {
      const instances = this.#instances.filter((instance) => instance.pool === pool);
      const sum = (figure: (instance: ReferenceInstance) => number) =>
        instances.reduce((total, instance) => total + figure(instance), 0);
      const before = this.#before[pool]!;
      const counted = noCounts();
      const now = noCounts();
      for (const name of COUNTED) {
        now[name] = sum((instance) => instance.counters[name]);
        counted[name] = now[name] - before[name];
      }
      this.#before[pool] = now;
      this.rows.push({
        startNs: this.#startNs,
        endNs,
        pool,
        ...counted,
        waitingRequests: sum((instance) => instance.waitingRequests),
        runningRequests: sum((instance) => instance.running.length),
        kvBlocksUsed: sum((instance) => instance.kv.usedBlocks),
        busyJoules: 0,
        prefillJoules: 0,
        idleJoules: 0,
        hostJoules: 0,
        facilityJoules: 0,
        onNs: 0,
        idleNs: 0,
      });
    });
    this.#startNs = endNs;
  }
}

import type { SimulationPlan } from '../../src/sim/simulate.ts';
import type { TimelineRow } from '../support/collect.ts';
import { type LentColumns, lentColumns } from './reference-background.ts';
import { noCounts } from './reference-counters.ts';
import type { ReferenceCounters } from './reference-counters.ts';
import { energyColumns, energySince, noEnergy, noEnergyColumns } from './reference-energy.ts';
import type { EnergyColumns, PoolEnergy } from './reference-energy.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import type { SettingInEffect } from './reference-power.ts';

const COUNTED = Object.keys(noCounts()) as (keyof ReferenceCounters)[];

/** What the pools did, interval by interval. */
export class ReferenceTimeline {
  readonly rows: TimelineRow[] = [];
  readonly #plan: SimulationPlan;
  readonly #instances: readonly ReferenceInstance[];
  /** Per pool, what had been counted at the end of the last interval. */
  readonly #before: ReferenceCounters[];
  readonly #energyBefore: PoolEnergy[];
  #startNs = 0;

  constructor(plan: SimulationPlan, instances: readonly ReferenceInstance[]) {
    this.#plan = plan;
    this.#instances = instances;
    this.#before = plan.pools.map(() => noCounts());
    this.#energyBefore = plan.pools.map(() => noEnergy);
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
        ...this.#energyOf(pool, endNs, counted.busyNs),
        ...this.#settingsOf(instances, endNs),
        waitingRequests: sum((instance) => instance.waitingRequests),
        runningRequests: sum((instance) => instance.running.length),
        kvBlocksUsed: sum((instance) => instance.kv.usedBlocks),
        onNs: sum((instance) => instance.onNsWithin(this.#startNs, endNs)),
        readyInstances: instances.filter(({ life }) => life === 'ready').length,
        ...this.#lentOf(pool, instances, endNs),
      });
    });
    this.#startNs = endNs;
  }

  #lentOf(pool: number, instances: readonly ReferenceInstance[], endNs: number): LentColumns {
    const lent = lentColumns(this.#plan.pools[pool]!, instances, this.#startNs, endNs);
    return this.#plan.record?.energy === true ? lent : { ...lent, backgroundJoules: 0 };
  }

  /** Means over the interval of what was in effect, piece by piece, then instance by instance. */
  #settingsOf(instances: readonly ReferenceInstance[], endNs: number): Pick<TimelineRow, 'clockShare' | 'capWatts'> {
    if (this.#plan.power === undefined) return { clockShare: 0, capWatts: 0 };
    const mean = (figure: (setting: SettingInEffect) => number) => {
      const sums = instances.map(({ settings }) => {
        const since = settings.slice(settings.findLastIndex(({ fromNs }) => fromNs <= this.#startNs));
        return since.reduce((sum, setting, k) => {
          const fromNs = Math.max(setting.fromNs, this.#startNs);
          const untilNs = Math.min(since[k + 1]?.fromNs ?? endNs, endNs);
          return untilNs > fromNs ? sum + figure(setting) * (untilNs - fromNs) : sum;
        }, 0);
      });
      return sums.reduce((sum, each) => sum + each, 0) / (instances.length * (endNs - this.#startNs));
    };
    return { clockShare: mean(({ clock }) => clock), capWatts: mean(({ capWatts }) => capWatts) };
  }

  #energyOf(pool: number, endNs: number, busyNs: number): EnergyColumns {
    const plan = this.#plan.pools[pool]!;
    if (!this.#plan.record?.energy) return noEnergyColumns;
    const instances = this.#instances.filter((instance) => instance.pool === pool);
    const now = {
      busyQuanta: instances.reduce((quanta, { energy }) => quanta + energy.busyQuanta, 0n),
      prefillQuanta: instances.reduce((quanta, { energy }) => quanta + energy.prefillQuanta, 0n),
      onNs: instances.reduce((onNs, instance) => onNs + instance.onNsWithin(0, endNs), 0),
      idleNs: instances.reduce((idleNs, instance) => idleNs + instance.idleNsAt(endNs), 0),
      sleepNs: instances.reduce((sleepNs, instance) => sleepNs + instance.rest.sleepNsAt(endNs), 0),
    };
    const interval = energySince(this.#energyBefore[pool]!, now);
    this.#energyBefore[pool] = now;
    return energyColumns(plan, interval, busyNs);
  }
}

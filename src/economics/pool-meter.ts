import type { MoneyPlan } from '../sim/money-plan.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { RowSink } from '../sim/ports.ts';
import type { TimelineColumns } from '../sim/records.ts';
import { meanOver } from '../sim/series.ts';
import type { Ns } from '../sim/units.ts';
import { NS_PER_HOUR, NS_PER_S } from '../sim/units.ts';
import type { ByPhase, LentTime } from './accounts.ts';

/** What energy suppliers and this program take the mean draw of, to find the peak. */
export const METERING_NS = 900 * NS_PER_S;
export const JOULES_PER_KWH = 3.6e6;

/** What one pool did in the measured window, as the meters of its site have it. */
export interface MeteredPool {
  /** Switched on, summed over its instances. */
  readonly onNs: number;
  readonly busyNs: number;
  readonly prefillNs: number;
  /** At the meter of the site, cooling and conversion included. */
  readonly joules: ByPhase;
  readonly grams: ByPhase;
  /** Of background work; none if left out. */
  readonly lent?: LentTime | undefined;
  /** All of it at the price of the moment. */
  readonly energyUsd: number;
  /** The rent of what was on and lent, where it changes; none otherwise. */
  readonly movingRentUsd?: number | undefined;
  /** By quarter of an hour of the window. */
  readonly quarterJoules: readonly number[];
}

type MeteredPlan = Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'pools' | 'regions' | 'record'>;

/**
 * Adds up time and energy over the measured window; give it to the simulation as a sink of the timeline. Within an
 * interval power counts as even, so its price is the mean of the interval, exact for prices constant between moments.
 */
export class PoolMeter implements RowSink<TimelineColumns> {
  readonly #plan: MeteredPlan;
  readonly #money: MoneyPlan;
  readonly #pools: readonly Tally[];

  constructor(plan: MeteredPlan, money: MoneyPlan) {
    this.#plan = plan;
    this.#money = money;
    const quarters = Math.ceil((plan.horizonNs - plan.warmUpNs) / METERING_NS);
    this.#pools = plan.pools.map(() => new Tally(quarters));
  }

  /** One per pool of the plan. */
  get pools(): readonly MeteredPool[] {
    return this.#pools;
  }

  /** False when the energy follows from the typical draw of the profiles, because the run has recorded none. */
  get simulatesPower(): boolean {
    return this.#plan.record.energy;
  }

  flush(columns: TimelineColumns, rows: number): void {
    const { warmUpNs, horizonNs } = this.#plan;
    for (let row = 0; row < rows; row++) {
      if (columns.startNs[row]! >= warmUpNs && columns.endNs[row]! <= horizonNs) this.#count(columns, row);
    }
  }

  #count(columns: TimelineColumns, row: number): void {
    const pool = columns.pool[row]!;
    const tally = this.#pools[pool]!;
    const [startNs, endNs] = [columns.startNs[row]!, columns.endNs[row]!];
    const { region } = this.#plan.pools[pool]!;
    const { usdPerKWh, gramsPerKWh } = this.#money.regions[region]!;
    const joules = this.#joules(columns, row);
    const lentJoules = this.#lentJoules(columns, row);
    const total = joules.prefill + joules.decode + joules.idle + lentJoules;
    const gramsPerJoule = gramsPerKWh === undefined ? 0 : meanOver(gramsPerKWh, startNs, endNs) / JOULES_PER_KWH;
    tally.onNs += columns.onNs[row]!;
    tally.busyNs += columns.busyNs[row]!;
    tally.prefillNs += columns.prefillNs[row]!;
    for (const phase of ['prefill', 'decode', 'idle'] as const) {
      tally.joules[phase] += joules[phase];
      tally.grams[phase] += joules[phase] * gramsPerJoule;
    }
    if (this.#plan.pools[pool]!.scaling?.background !== undefined) {
      tally.addLent(columns, row, lentJoules, lentJoules * gramsPerJoule);
    }
    const rent = this.#money.pools[pool]!.procurement;
    if (rent.kind !== 'own' && rent.usdOverTime !== undefined) {
      const hours =
        ((columns.onNs[row]! + columns.lentNs[row]!) * this.#plan.pools[pool]!.acceleratorsPerInstance) / NS_PER_HOUR;
      tally.movingRentUsd = (tally.movingRentUsd ?? 0) + hours * meanOver(rent.usdOverTime, startNs, endNs);
    }
    tally.energyUsd += (total * meanOver(usdPerKWh, startNs, endNs)) / JOULES_PER_KWH;
    this.#meter(tally, startNs, endNs, total);
  }

  /**
   * Cooling and conversion are added in proportion to what they serve; servers and network belong to prompts, decoding
   * and waiting as time does.
   */
  #joules(columns: TimelineColumns, row: number): ByPhase {
    const pool = this.#plan.pools[columns.pool[row]!]!;
    const onNs = columns.onNs[row]!;
    const [busyNs, prefillNs] = [columns.busyNs[row]!, columns.prefillNs[row]!];
    const [busy, prefill, idle] = [columns.busyJoules[row]!, columns.prefillJoules[row]!, columns.idleJoules[row]!];
    const host = columns.hostJoules[row]!;
    const served = busy + idle + host;
    if (!this.simulatesPower) return byTime(this.#typicalJoules(columns.pool[row]!, onNs), onNs, busyNs, prefillNs);
    const factor = served === 0 ? 0 : 1 + columns.facilityJoules[row]! / served;
    // Servers at work draw more than waiting ones.
    const { hostBusyWatts } = pool.power;
    const extra = (busyNs / NS_PER_S) * pool.acceleratorsPerInstance * hostBusyWatts;
    const extraPrefill = busyNs === 0 ? 0 : extra * (prefillNs / busyNs);
    const hosts = byTime(host - extra, onNs, busyNs, prefillNs);
    return {
      prefill: (prefill + hosts.prefill + extraPrefill) * factor,
      decode: (busy - prefill + hosts.decode + extra - extraPrefill) * factor,
      idle: (idle + hosts.idle) * factor,
    };
  }

  #lentJoules(columns: TimelineColumns, row: number): number {
    return this.simulatesPower
      ? columns.backgroundJoules[row]!
      : this.#typicalJoules(columns.pool[row]!, columns.lentNs[row]!);
  }

  #typicalJoules(index: number, onNs: Ns): number {
    const { acceleratorsPerInstance, region } = this.#plan.pools[index]!;
    const watts = this.#money.pools[index]!.typicalItWatts * this.#plan.regions[region]!.pue;
    return acceleratorsPerInstance * watts * (onNs / NS_PER_S);
  }

  /** An interval may lie in several quarters. */
  #meter(tally: Tally, startNs: Ns, endNs: Ns, joules: number): void {
    const originNs = this.#plan.warmUpNs;
    let nowNs = startNs;
    while (nowNs < endNs) {
      const quarter = Math.floor((nowNs - originNs) / METERING_NS);
      const untilNs = Math.min(endNs, originNs + (quarter + 1) * METERING_NS);
      tally.quarterJoules[quarter]! += joules * ((untilNs - nowNs) / (endNs - startNs));
      nowNs = untilNs;
    }
  }
}

class Tally implements MeteredPool {
  onNs = 0;
  busyNs = 0;
  prefillNs = 0;
  readonly joules = { prefill: 0, decode: 0, idle: 0 };
  readonly grams = { prefill: 0, decode: 0, idle: 0 };
  energyUsd = 0;
  movingRentUsd: number | undefined = undefined;
  readonly quarterJoules: number[];
  #lent: LentTime | undefined;

  constructor(quarters: number) {
    this.quarterJoules = Array.from({ length: quarters }, () => 0);
  }

  get lent(): LentTime | undefined {
    return this.#lent;
  }

  addLent({ lentNs, usefulNs, recalls }: TimelineColumns, row: number, joules: number, grams: number): void {
    const before = this.#lent ?? { ns: 0, usefulNs: 0, recalls: 0, joules: 0, grams: 0 };
    this.#lent = {
      ns: before.ns + lentNs[row]!,
      usefulNs: before.usefulNs + usefulNs[row]!,
      recalls: before.recalls + recalls[row]!,
      joules: before.joules + joules,
      grams: before.grams + grams,
    };
  }
}

function byTime(joules: number, allNs: number, busyNs: number, prefillNs: number): ByPhase {
  // A step counts where it ends: an interval can hold more busy time than it is long.
  const wholeNs = Math.max(allNs, busyNs);
  if (wholeNs === 0) return { prefill: 0, decode: 0, idle: joules };
  const prefill = joules * (prefillNs / wholeNs);
  const decode = joules * ((busyNs - prefillNs) / wholeNs);
  return { prefill, decode, idle: joules - prefill - decode };
}

import { assert } from './assert.ts';
import type { PowerPlan } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { TimelineColumns } from './records.ts';
import type { SimulationPlan } from './run-parts.ts';
import { NS_PER_S } from './units.ts';

/** Part of what a facility adds that is there whatever the load: transformers, pumps, fans at their slowest. */
const CONSTANT_FACILITY_SHARE = 0.3;

/** Of what it is built for. The rest, `pue - 1` minus this, it adds in proportion to the draw. */
export function constantFacilityShare(pue: number): number {
  return CONSTANT_FACILITY_SHARE * (pue - 1);
}

/** What a pool draws beside the steps of its accelerators, and what its site adds to all of it. */
export class PoolPower {
  readonly #power: PowerPlan;
  /** Of one instance. */
  readonly #accelerators: number;
  readonly #backgroundWatts: number;

  /** @param backgroundWatts draw of one accelerator that is lent */
  constructor(power: PowerPlan, accelerators: number, backgroundWatts: number) {
    this.#power = power;
    this.#accelerators = accelerators;
    this.#backgroundWatts = backgroundWatts;
  }

  /** The energy of the interval of a row, whose time switched on and lent is set already. Every sum is rounded as docs/engine.md says. */
  write(columns: TimelineColumns, row: number, counters: PoolCounters): void {
    const { idleWatts, offWatts, hostIdleWatts, networkWatts, hostBusyWatts, ratedWatts, pue } = this.#power;
    const n = this.#accelerators;
    const onNs = columns.onNs[row]!;
    const busyJoules = counters.busyEnergy.joules;
    const { idleNs, sleepNs } = counters;
    const idleJoules = ((idleNs - sleepNs) * n * idleWatts + sleepNs * n * offWatts) / NS_PER_S;
    const hostJoules = ((onNs * (hostIdleWatts + networkWatts) + counters.busyNs * hostBusyWatts) * n) / NS_PER_S;
    const constant = constantFacilityShare(pue);
    const proportional = pue - 1 - constant;
    columns.busyJoules[row] = busyJoules;
    columns.prefillJoules[row] = counters.prefillEnergy.joules;
    columns.idleJoules[row] = idleJoules;
    columns.hostJoules[row] = hostJoules;
    columns.facilityJoules[row] =
      proportional * (busyJoules + idleJoules + hostJoules) + (constant * onNs * n * ratedWatts) / NS_PER_S;
    columns.idleNs[row] = idleNs;
    columns.sleepNs[row] = sleepNs;
    const lentS = (columns.lentNs[row]! * n) / NS_PER_S;
    const watts = this.#backgroundWatts + hostIdleWatts + hostBusyWatts + networkWatts;
    columns.backgroundJoules[row] = lentS * (watts * (1 + proportional) + constant * ratedWatts);
  }
}

/** One per pool; none where energy is not recorded. */
export function poolPowers({ record, pools }: SimulationPlan): PoolPower[] {
  if (record?.energy !== true) return [];
  return pools.map(({ power, acceleratorsPerInstance = 1, scaling }) => {
    assert(power !== undefined, 'energy is recorded of pools that say what they draw');
    return new PoolPower(power, acceleratorsPerInstance, scaling?.background?.drawWatts ?? 0);
  });
}

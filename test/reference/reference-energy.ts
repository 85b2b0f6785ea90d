import type { SimulationPlan } from '../../src/sim/simulate.ts';
import type { TimelineRow } from '../support/collect.ts';
import type { Step } from './reference-step.ts';

/** What the steps of one instance have cost so far. */
export interface ReferenceEnergy {
  busyQuanta: bigint;
  prefillQuanta: bigint;
}

/** Whole quanta and ns of one pool: since the start of the run, or of an interval. */
export interface PoolEnergy extends ReferenceEnergy {
  readonly onNs: number;
  readonly idleNs: number;
  readonly sleepNs: number;
}

export const noEnergy = { busyQuanta: 0n, prefillQuanta: 0n, onNs: 0, idleNs: 0, sleepNs: 0 };

export type EnergyColumns = Pick<
  TimelineRow,
  'busyJoules' | 'prefillJoules' | 'idleJoules' | 'hostJoules' | 'facilityJoules' | 'onNs' | 'idleNs' | 'sleepNs'
>;

/** Of a pool whose energy is not recorded. */
export const noEnergyColumns: EnergyColumns = {
  busyJoules: 0,
  prefillJoules: 0,
  idleJoules: 0,
  hostJoules: 0,
  facilityJoules: 0,
  onNs: 0,
  idleNs: 0,
  sleepNs: 0,
};

export function countEnergy(energy: ReferenceEnergy, { batch, quanta, decodeOnly }: Step): void {
  energy.busyQuanta += quanta;
  if (batch.prefillTokens === 0) return;
  const added = quanta - decodeOnly.quanta;
  if (added > 0n) energy.prefillQuanta += added;
}

export function energySince(before: PoolEnergy, now: PoolEnergy): PoolEnergy {
  return {
    busyQuanta: now.busyQuanta - before.busyQuanta,
    prefillQuanta: now.prefillQuanta - before.prefillQuanta,
    onNs: now.onNs - before.onNs,
    idleNs: now.idleNs - before.idleNs,
    sleepNs: now.sleepNs - before.sleepNs,
  };
}

/** One interval of a pool. */
export function energyColumns(
  { acceleratorsPerInstance = 1, power }: SimulationPlan['pools'][number],
  { busyQuanta, prefillQuanta, onNs, idleNs, sleepNs }: PoolEnergy,
  busyNs: number,
): EnergyColumns {
  if (power === undefined) throw new Error('a pool without watts');
  const { idleWatts, offWatts, hostIdleWatts, hostBusyWatts, networkWatts, ratedWatts, pue } = power;
  const n = acceleratorsPerInstance;
  const busyJoules = joules(busyQuanta);
  const idleJoules = ((idleNs - sleepNs) * n * idleWatts + sleepNs * n * offWatts) / 1e9;
  const hostJoules = ((onNs * (hostIdleWatts + networkWatts) + busyNs * hostBusyWatts) * n) / 1e9;
  const b = 0.3 * (pue - 1);
  const a = pue - 1 - b;
  const facilityJoules = a * (busyJoules + idleJoules + hostJoules) + (b * onNs * n * ratedWatts) / 1e9;
  const prefillJoules = joules(prefillQuanta);
  return { busyJoules, prefillJoules, idleJoules, hostJoules, facilityJoules, onNs, idleNs, sleepNs };
}

/** A conversion of a BigInt rounds once, to the nearest double; 2⁻²⁶ of it is exact. */
function joules(quanta: bigint): number {
  return Number(quanta) / 2 ** 26;
}

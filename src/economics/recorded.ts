import type { RequestColumns, TimelineColumns } from '../sim/records.ts';

const ENERGY = ['busyJoules', 'prefillJoules', 'idleJoules', 'hostJoules', 'facilityJoules', 'onNs'] as const;
const SHARES = ['prefillTicks', 'decodeTicks'] as const;

export type RecordedEnergy = Readonly<Record<(typeof ENERGY)[number], Float64Array>>;
export type RecordedShares = Readonly<Record<(typeof SHARES)[number], Float64Array>>;

const NO_ENERGY = new Float64Array(4_096);
const NO_SHARES = new Float64Array(16_384);

/** What a run recorded of energy; zeros where it did not. */
export function energyOf(columns: TimelineColumns & Partial<RecordedEnergy>): RecordedEnergy {
  return Object.fromEntries(ENERGY.map((name) => [name, columns[name] ?? NO_ENERGY])) as RecordedEnergy;
}

/** What a run recorded of resource time; zeros where it did not. */
export function sharesOf(columns: RequestColumns & Partial<RecordedShares>): RecordedShares {
  return Object.fromEntries(SHARES.map((name) => [name, columns[name] ?? NO_SHARES])) as RecordedShares;
}

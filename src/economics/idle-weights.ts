import type { IdleRule } from '../sim/money-plan.ts';

/**
 * Who is charged for the idle time of a pool.
 *
 * - `pro-rata`: everybody in proportion to the busy time they caused.
 * - `peak-responsible`: in proportion to the busy time they caused in the busiest quarter of an hour of the pool, as
 *   electricity tariffs charge for demand: who makes the peak made the capacity necessary.
 * - `reserved`: in proportion to the shares of the capacity that they have reserved, used or not.
 */
export interface IdleWeights {
  readonly rule: IdleRule;
  /** By pool and workload: resource time in the busiest quarter of an hour, ns. */
  readonly peakNs: readonly (readonly number[])[];
  /** By pool and workload: reserved shares; 0 for workloads that the pool cannot serve. */
  readonly reserved: readonly (readonly number[])[];
}

interface WeighedRow {
  readonly workload: number;
  readonly weight: number;
}

/**
 * By workload the part of a pool's idle time that it is charged for; the parts add up to 1. Undefined where nobody of
 * the pool can be charged.
 */
export function idleWeights(
  { rule, peakNs, reserved }: IdleWeights,
  pool: number,
  rows: readonly WeighedRow[],
): ReadonlyMap<number, number> | undefined {
  switch (rule) {
    case 'pro-rata':
      return proRata(rows);
    case 'peak-responsible':
      return normalised(peakNs[pool]!) ?? proRata(rows);
    case 'reserved':
      return normalised(reserved[pool]!) ?? proRata(rows);
  }
}

function proRata(rows: readonly WeighedRow[]): ReadonlyMap<number, number> | undefined {
  const whole = rows.reduce((sum, { weight }) => sum + weight, 0);
  if (!(whole > 0)) return undefined;
  const shares = new Map<number, number>();
  for (const { workload, weight } of rows) shares.set(workload, (shares.get(workload) ?? 0) + weight / whole);
  return shares;
}

function normalised(weights: readonly number[]): ReadonlyMap<number, number> | undefined {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(whole > 0)) return undefined;
  return new Map(weights.flatMap((weight, workload) => (weight === 0 ? [] : [[workload, weight / whole] as const])));
}

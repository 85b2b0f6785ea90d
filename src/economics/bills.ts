import { comesAndGoes } from '../sim/eviction-plan.ts';
import type { MoneyPlan, OwnPlan } from '../sim/money-plan.ts';
import type { PoolPlan, RunPlan } from '../sim/plan.ts';
import type { Ns } from '../sim/units.ts';
import { NS_PER_HOUR, NS_PER_S } from '../sim/units.ts';
import type { FilledCommitments } from './commitments.ts';
import { ownedUsdPerHour } from './ownership.ts';
import type { MeteredPool } from './pool-meter.ts';
import { METERING_NS } from './pool-meter.ts';

export const BILL_PARTS = ['rent', 'it', 'building', 'maintenance', 'staff', 'energy', 'demand'] as const;

/**
 * What a pool costs over the measured window, USD. Rent contains everything; who owns pays for server, network and
 * storage (`it`), building, maintenance, staff, electricity, and the highest draw of the month (`demand`).
 */
export type PoolBill = Readonly<Record<(typeof BILL_PARTS)[number], number>>;

/** Mean month. */
export const HOURS_PER_MONTH = 730;
const NO_BILL: PoolBill = { rent: 0, it: 0, building: 0, maintenance: 0, staff: 0, energy: 0, demand: 0 };

type BilledPlan = Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'pools'>;

/** Mean instances that a pool pays for over the window, on or lent: all of them where none comes or goes. */
export function onInstances(
  pool: Pick<PoolPlan, 'instances' | 'scaling' | 'eviction'>,
  { onNs, lent }: Pick<MeteredPool, 'onNs' | 'lent'>,
  windowNs: Ns,
): number {
  return comesAndGoes(pool) ? (onNs + (lent?.ns ?? 0)) / windowNs : pool.instances;
}

/** One per pool. What is owned is paid for all of the window, and what is rented while it is switched on, busy or not. */
export function poolBills(
  plan: BilledPlan,
  money: MoneyPlan,
  metered: readonly MeteredPool[],
  commitments: FilledCommitments,
): PoolBill[] {
  const windowNs = plan.horizonNs - plan.warmUpNs;
  const hours = windowNs / NS_PER_HOUR;
  const demand = demandUsd(plan, money, metered);
  return plan.pools.map((pool, index) => {
    const { instances, acceleratorsPerInstance } = pool;
    const { procurement } = money.pools[index]!;
    if (procurement.kind === 'own') {
      const parts = ownedParts(procurement, money, instances * acceleratorsPerInstance, hours);
      return { ...NO_BILL, ...parts, energy: metered[index]!.energyUsd, demand: demand[index]! };
    }
    const { movingRentUsd } = metered[index]!;
    if (movingRentUsd !== undefined) return { ...NO_BILL, rent: movingRentUsd };
    const accelerators = onInstances(pool, metered[index]!, windowNs) * acceleratorsPerInstance;
    const byTheHour = accelerators * hours - commitments.coveredHours[index]!;
    const rent = byTheHour * procurement.usdPerAcceleratorHour + commitments.coveredUsd[index]!;
    return { ...NO_BILL, rent };
  });
}

export function billTotal(bill: PoolBill): number {
  return BILL_PARTS.reduce((sum, part) => sum + bill[part], 0);
}

function ownedParts(own: OwnPlan, { costBasis }: MoneyPlan, accelerators: number, hours: number): Partial<PoolBill> {
  const acceleratorHours = accelerators * hours;
  const { it, building, maintenance, staff } = ownedUsdPerHour(own, costBasis);
  return {
    it: it * acceleratorHours,
    building: building * acceleratorHours,
    maintenance: maintenance * acceleratorHours,
    staff: staff * acceleratorHours + own.fixedUsdPerMonth * (hours / HOURS_PER_MONTH),
  };
}

/**
 * The window's part of the demand charge: the highest mean draw of a quarter of an hour of all that is owned in a region,
 * shared by the pools as they drew then.
 */
function demandUsd(plan: BilledPlan, money: MoneyPlan, metered: readonly MeteredPool[]): number[] {
  const windowNs = plan.horizonNs - plan.warmUpNs;
  const months = windowNs / NS_PER_HOUR / HOURS_PER_MONTH;
  const usd = plan.pools.map(() => 0);
  for (const [region, { demandUsdPerKWMonth }] of money.regions.entries()) {
    const owned = [...plan.pools.keys()].filter((index) => {
      return plan.pools[index]!.region === region && money.pools[index]!.procurement.kind === 'own';
    });
    const quarters = owned.length === 0 ? 0 : metered[owned[0]!]!.quarterJoules.length;
    let peakKW = 0;
    for (let quarter = 0; quarter < quarters; quarter++) {
      const lengthS = Math.min(METERING_NS, windowNs - quarter * METERING_NS) / NS_PER_S;
      const kW = owned.map((index) => metered[index]!.quarterJoules[quarter]! / lengthS / 1_000);
      const allKW = kW.reduce((sum, each) => sum + each, 0);
      if (allKW <= peakKW) continue;
      peakKW = allKW;
      for (const [position, index] of owned.entries()) usd[index] = kW[position]! * demandUsdPerKWMonth * months;
    }
  }
  return usd;
}

import type { PoolPlan, RunPlan } from '../sim/plan.ts';
import { NS_PER_HOUR, type Ns } from '../sim/units.ts';

/**
 * Rent of a pool's accelerators, busy or idle.
 *
 * @param onNs time switched on, summed over its instances
 * @param usdPerAcceleratorHour the price then, if it is not that of the plan
 */
export function poolRentUsd(
  {
    acceleratorsPerInstance,
    rentUsdPerAcceleratorHour,
  }: Pick<PoolPlan, 'acceleratorsPerInstance' | 'rentUsdPerAcceleratorHour'>,
  onNs: Ns,
  usdPerAcceleratorHour = rentUsdPerAcceleratorHour,
): number {
  return acceleratorsPerInstance * usdPerAcceleratorHour * (onNs / NS_PER_HOUR);
}

/** What was paid in the mean per accelerator and hour, USD, where the rent changes; undefined where it does not. */
export function paidRate(
  { money, pools }: Pick<RunPlan, 'money' | 'pools'>,
  index: number,
  onNs: Ns,
  billsUsd: readonly number[],
): number | undefined {
  const procurement = money?.pools[index]!.procurement;
  const isMoving = procurement !== undefined && procurement.kind !== 'own' && procurement.usdOverTime !== undefined;
  const billUsd = billsUsd[index];
  if (!isMoving || billUsd === undefined || onNs === 0) return undefined;
  return (billUsd * NS_PER_HOUR) / (pools[index]!.acceleratorsPerInstance * onNs);
}

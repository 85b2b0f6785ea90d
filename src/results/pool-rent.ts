import type { PoolPlan } from '../sim/plan.ts';
import { NS_PER_HOUR, type Ns } from '../sim/units.ts';

/** Rent of a pool's accelerators, busy or idle. @param onNs time switched on, summed over its instances */
export function poolRentUsd(
  {
    acceleratorsPerInstance,
    rentUsdPerAcceleratorHour,
  }: Pick<PoolPlan, 'acceleratorsPerInstance' | 'rentUsdPerAcceleratorHour'>,
  onNs: Ns,
): number {
  return acceleratorsPerInstance * rentUsdPerAcceleratorHour * (onNs / NS_PER_HOUR);
}

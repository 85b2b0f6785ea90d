import type { PoolPlan } from '../sim/plan.ts';
import { NS_PER_HOUR } from '../sim/units.ts';

/** Rent of every accelerator of a pool, busy or idle. */
export function poolRentUsd(
  pool: Pick<PoolPlan, 'instances' | 'acceleratorsPerInstance' | 'rentUsdPerAcceleratorHour'>,
  durationNs: number,
): number {
  const accelerators = pool.instances * pool.acceleratorsPerInstance;
  return accelerators * pool.rentUsdPerAcceleratorHour * (durationNs / NS_PER_HOUR);
}

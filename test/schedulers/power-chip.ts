import { loadAccelerator } from '../../src/hardware-profiles/index.ts';
import type { PowerPlan } from '../../src/sim/plan.ts';
import { powerParameters } from '../../src/sim/power-model.ts';
import { RooflineCost } from '../../src/sim/roofline.ts';
import { costOf } from '../sim/roofline-cases.ts';

/** Of an instance. */
export const ACCELERATORS = 4;

export const chip = powerParameters(loadAccelerator('h100-sxm').power, {
  tensorParallel: ACCELERATORS,
});

/** Little around the accelerators, so that slowing them matters. */
export const chipWatts: PowerPlan = {
  accelerator: chip,
  idleWatts: 112,
  offWatts: 75,
  hostIdleWatts: 50,
  hostBusyWatts: 30,
  networkWatts: 10,
  ratedWatts: 900,
  pue: 1.2,
};

/** Llama 3.1 70B on four H100. */
export function chipCost(): RooflineCost {
  const cost = costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: ACCELERATORS });
  return new RooflineCost(cost, { accelerator: chip, accelerators: ACCELERATORS, energy: true });
}

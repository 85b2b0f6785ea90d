import { z } from 'zod';
import type { PowerPlan } from '../sim/plan.ts';
import { powerParameters } from '../sim/power-model.ts';
import type { Choices } from './deployment.ts';

/** What a scenario can switch off of what is recorded: it costs a few percent of the speed. */
export function recordSchema() {
  return z
    .strictObject({
      energy: z
        .boolean()
        .default(true)
        .describe('energy of steps and of idle time, per pool and interval (default: true)'),
      shares: z.boolean().default(true).describe('resource time of every request (default: true)'),
    })
    .prefault({})
    .describe('what is recorded besides times and counts; nothing else depends on it');
}

/** What the accelerators of a pool draw, and what is around them; the PUE is its region's. */
export function powerOf({ profiles, serving }: Choices): Omit<PowerPlan, 'pue'> {
  const { power } = profiles.accelerator;
  return {
    accelerator: powerParameters(power, { tensorParallel: serving.tensorParallel }),
    idleWatts: power.idleWithContextWatts,
    offWatts: power.idleWatts,
    hostIdleWatts: power.hostIdleWatts,
    hostBusyWatts: power.hostBusyWatts,
    networkWatts: power.networkWatts,
    ratedWatts: power.serverWattsMax + power.networkWatts,
  };
}

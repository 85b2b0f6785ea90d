import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';

const options = z.strictObject({
  clock: z.number().gt(0).max(1).describe('of every accelerator, as a share of its highest clock, in (0, 1]'),
  lowPriorityClock: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('of the accelerators of low-priority pools (default: the same)'),
});

export const fixedClock: Module<PowerPolicy, z.infer<typeof options>> = {
  name: 'fixed-clock',
  summary: 'accelerators are locked to a clock from the start, whatever they draw',
  options,
  create: ({ clock, lowPriorityClock = clock }) => ({
    decide(site, settings) {
      for (let instance = 0; instance < site.instanceCount; instance++) {
        settings.setClock(instance, site.isLowPriority(instance) ? lowPriorityClock : clock);
      }
    },
  }),
};

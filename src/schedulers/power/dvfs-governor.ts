import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { NS_PER_MS } from '../../sim/units.ts';

const options = z.strictObject({
  stepMs: z.number().positive().describe('what a step may last: the objective of the time per output token, ms'),
  clockStep: z.number().gt(0).max(0.5).default(0.05).describe('clocks change by so much, as a share of the highest'),
});

/**
 * Looks at each instance alone. A step is taken to last as much longer as its clock is lower: that is so of computing, and of
 * decoding, which waits for memory, it is the worst case.
 */
export const dvfsGovernor: Module<PowerPolicy, z.infer<typeof options>> = {
  name: 'dvfs-governor',
  summary: 'each instance at the lowest clock at which its steps keep a limit; at the highest while requests wait',
  options,
  create: ({ stepMs, clockStep }) => ({
    decide(site, settings) {
      const limitNs = stepMs * NS_PER_MS;
      for (let instance = 0; instance < site.instanceCount; instance++) {
        const clock = site.clock(instance);
        const stepNs = site.stepNs(instance);
        const lower = Math.max(site.leastClock(instance), clock - clockStep);
        if (site.waitingRequests(instance) > 0) settings.setClock(instance, 1);
        else if (stepNs > limitNs) settings.setClock(instance, Math.min(1, clock + clockStep));
        else if (stepNs * (clock / lower) <= limitNs) settings.setClock(instance, lower);
      }
    },
  }),
};

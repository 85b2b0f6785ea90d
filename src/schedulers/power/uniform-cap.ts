import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';

const options = z.strictObject({}).describe('uniform-cap has no options');

/** Needs no telemetry: if no accelerator passes its share, all together stay within the budget. */
export const uniformCap: Module<PowerPolicy, z.infer<typeof options>> = {
  name: 'uniform-cap',
  summary: 'every accelerator is capped at an equal share of what its domains leave when servers and network draw most',
  options,
  create: () => ({
    decide(site, settings) {
      const caps = Array.from({ length: site.instanceCount }, () => Infinity);
      for (let domain = 0; domain < site.domainCount; domain++) {
        let accelerators = 0;
        for (let k = 0; k < site.domainSize(domain); k++) {
          accelerators += site.accelerators(site.domainInstance(domain, k));
        }
        const share = Math.max(0, site.budgetWatts(domain) - site.domainAroundWatts(domain)) / accelerators;
        for (let k = 0; k < site.domainSize(domain); k++) {
          const instance = site.domainInstance(domain, k);
          caps[instance] = Math.min(caps[instance]!, share);
        }
      }
      caps.forEach((watts, instance) => settings.setCap(instance, watts));
    },
  }),
};

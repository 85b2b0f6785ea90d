import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy, SiteView } from '../../sim/ports.ts';

const share = (byDefault: number, description: string) =>
  z.number().gt(0).max(1).default(byDefault).describe(description);

/** Clocks of POLCA, which locks accelerators of 1410 MHz to 1275, 1110 and 1305 MHz. */
const options = z.strictObject({
  firstShare: share(0.8, 'above this share of the budget low-priority pools are slowed …'),
  secondShare: share(0.89, '… and above this one further, and then the others, too'),
  releaseShare: share(0.75, 'below this share nobody is slowed'),
  firstClock: share(0.9, 'of low-priority pools above the first threshold, as a share of the highest clock'),
  secondClock: share(0.79, 'of low-priority pools above the second threshold'),
  highPriorityClock: share(0.93, 'of the others, if the second threshold is passed once more'),
});

type Options = z.infer<typeof options>;

/** Patel et al., POLCA: Power Oversubscription in LLM Cloud Providers (2023). */
export const twoThreshold: Module<PowerPolicy, Options> = {
  name: 'two-threshold',
  summary: 'above one share of the budget low-priority pools are slowed, above another further, and then everybody',
  options,
  create(given) {
    /** By domain: 0 nobody, 1 and 2 low-priority pools, 3 all. */
    const stages: number[] = [];
    return {
      decide(site, settings) {
        const clocks = Array.from({ length: site.instanceCount }, () => 1);
        for (let domain = 0; domain < site.domainCount; domain++) {
          const stage = nextStage(given, stages[domain] ?? 0, site.domainDrawWatts(domain) / site.budgetWatts(domain));
          stages[domain] = stage;
          for (let k = 0; k < site.domainSize(domain); k++) {
            const instance = site.domainInstance(domain, k);
            clocks[instance] = Math.min(clocks[instance]!, clockOf(given, stage, site, instance));
          }
        }
        clocks.forEach((clock, instance) => settings.setClock(instance, clock));
      },
    };
  },
};

function nextStage({ firstShare, secondShare, releaseShare }: Options, stage: number, drawShare: number): number {
  if (drawShare > secondShare) return Math.min(3, Math.max(2, stage + 1));
  if (drawShare > firstShare) return Math.max(1, stage);
  return drawShare < releaseShare ? 0 : stage;
}

function clockOf(
  { firstClock, secondClock, highPriorityClock }: Options,
  stage: number,
  site: SiteView,
  instance: number,
) {
  if (!site.isLowPriority(instance)) return stage === 3 ? highPriorityClock : 1;
  return [1, firstClock, secondClock, secondClock][stage]!;
}

import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy, SiteView } from '../../sim/ports.ts';
import { NS_PER_MS, type Ns } from '../../sim/units.ts';
import { drawShares, releasesBelow, RELEASES_ABOVE, SmoothedDraw } from './smoothed-draw.ts';

const options = z
  .strictObject({
    ...drawShares,
    settleMs: z
      .number()
      .min(0)
      .default(5_000)
      .describe('after a change nothing is changed for so long: who was let in goes on drawing, ms'),
  })
  .refine(releasesBelow, RELEASES_ABOVE);

type Options = z.infer<typeof options>;

/**
 * One class after the other, those with the highest `priority` number first; workloads of one priority are one class. Of a
 * domain only the workloads whose model it holds are turned away.
 */
export const shed: Module<PowerPolicy, Options> = {
  name: 'shed',
  summary: 'requests of the lowest class are turned away while a domain is over its target, then those of the next',
  options,
  create({ targetShare, releaseShare, settleMs }) {
    const draw = new SmoothedDraw();
    /** By domain: how many classes it turns away, and since when. */
    const levels: number[] = [];
    const changedNs: Ns[] = [];
    return {
      decide(site, settings, nowNs) {
        const turnedAway = new Set<number>();
        for (let domain = 0; domain < site.domainCount; domain++) {
          const classes = classesOf(site, domain);
          const share = draw.shareOf(site, domain);
          const level = levels[domain] ?? 0;
          const wanted = share > targetShare ? level + 1 : share < releaseShare ? level - 1 : level;
          const next = Math.min(classes.length, Math.max(0, wanted));
          const waitsUntilNs = (changedNs[domain] ?? -Infinity) + site.delayNs + settleMs * NS_PER_MS;
          if (next !== level && nowNs > waitsUntilNs) {
            levels[domain] = next;
            changedNs[domain] = nowNs;
          }
          for (const workload of classes.slice(0, levels[domain] ?? 0).flat()) turnedAway.add(workload);
        }
        for (let workload = 0; workload < site.workloadCount; workload++) {
          settings.setTurnedAway(workload, turnedAway.has(workload));
        }
      },
    };
  },
};

/** Workloads that a domain serves, by priority, the lowest class first. */
function classesOf(site: SiteView, domain: number): number[][] {
  const members = Array.from({ length: site.domainSize(domain) }, (_, k) => site.domainInstance(domain, k));
  const workloads = Array.from({ length: site.workloadCount }, (_, workload) => workload);
  const served = workloads.filter((workload) => members.some((instance) => site.serves(instance, workload)));
  const priorities = [...new Set(served.map((workload) => site.priority(workload)))].sort((a, b) => b - a);
  return priorities.map((priority) => served.filter((workload) => site.priority(workload) === priority));
}

import { z } from 'zod';
import type { PowerPolicy, SiteView } from '../../sim/ports.ts';
import type { InstanceIndex, Ns } from '../../sim/units.ts';
import { drawShares, releasesBelow, RELEASES_ABOVE, SmoothedDraw } from './smoothed-draw.ts';

/** Of every policy that slows some before others. */
export const throttleOptions = z
  .strictObject({
    ...drawShares,
    clockStep: z
      .number()
      .gt(0)
      .max(1)
      .default(0.02)
      .describe('clocks change by at least so much at a time, as a share of the highest'),
  })
  .refine(releasesBelow, RELEASES_ABOVE);

/** Whether an instance is slowed before the others, and sped up after them. */
type IsFirst = (site: SiteView, instance: InstanceIndex) => boolean;

/**
 * Lowers the clocks of a domain in steps as large as its overshoot until it is within its budget: of those who come first down
 * to their lowest clock, then of the others. It raises them again in the opposite order. After a change it waits until
 * telemetry can show what came of it.
 */
export function throttle(options: z.infer<typeof throttleOptions>, isFirst: IsFirst): PowerPolicy {
  /** By domain and instance: the clock that this domain asks for. */
  const clocks: number[][] = [];
  const changedNs: Ns[] = [];
  const draw = new SmoothedDraw();
  return {
    decide(site, settings, nowNs) {
      for (let domain = 0; domain < site.domainCount; domain++) {
        const asked = (clocks[domain] ??= Array.from({ length: site.instanceCount }, () => 1));
        const share = draw.shareOf(site, domain);
        if (nowNs - (changedNs[domain] ?? -Infinity) <= site.delayNs) continue;
        if (change(options, isFirst, site, domain, asked, share)) changedNs[domain] = nowNs;
      }
      for (let instance = 0; instance < site.instanceCount; instance++) {
        settings.setClock(instance, Math.min(1, ...clocks.map((asked) => asked[instance]!)));
      }
    },
  };
}

function change(
  { targetShare, releaseShare, clockStep }: z.infer<typeof throttleOptions>,
  isFirst: IsFirst,
  site: SiteView,
  domain: number,
  clocks: number[],
  share: number,
): boolean {
  if (share <= targetShare && share >= releaseShare) return false;
  const isOver = share > targetShare;
  const by = isOver ? -Math.max(clockStep, share - targetShare) : clockStep;
  const members = Array.from({ length: site.domainSize(domain) }, (_, k) => site.domainInstance(domain, k));
  const before = [...clocks];
  const move = (first: boolean): boolean => {
    for (const instance of members) {
      if (isFirst(site, instance) !== first) continue;
      clocks[instance] = Math.min(1, Math.max(site.leastClock(instance), clocks[instance]! + by));
    }
    return members.some((instance) => clocks[instance] !== before[instance]);
  };
  return move(isOver) || move(!isOver);
}

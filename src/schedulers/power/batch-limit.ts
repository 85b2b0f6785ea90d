import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { PowerPolicy, SiteView } from '../../sim/ports.ts';
import type { InstanceIndex, Ns } from '../../sim/units.ts';
import { drawShares, releasesBelow, RELEASES_ABOVE, SmoothedDraw } from './smoothed-draw.ts';

const options = z
  .strictObject({
    ...drawShares,
    step: z
      .number()
      .gt(0)
      .max(0.5)
      .default(0.1)
      .describe('limits change by at least so much at a time, as a share of the batch'),
    minRequests: z.int().min(1).default(1).describe('a batch is never limited to fewer requests'),
  })
  .refine(releasesBelow, RELEASES_ABOVE);

type Options = z.infer<typeof options>;

/**
 * Smaller batches draw less: decoding fewer sequences uses less of the compute and reads less KV. Who runs goes on at full
 * speed, who comes waits longer.
 */
export const batchLimit: Module<PowerPolicy, Options> = {
  name: 'batch-limit',
  summary: 'batches of a domain are kept small while it is over its target, those of low-priority pools first',
  options,
  create(given) {
    const draw = new SmoothedDraw();
    /** By domain and instance: the limit that this domain asks for. */
    const limits: number[][] = [];
    const changedNs: Ns[] = [];
    return {
      decide(site, settings, nowNs) {
        for (let domain = 0; domain < site.domainCount; domain++) {
          const asked = (limits[domain] ??= Array.from({ length: site.instanceCount }, () => Infinity));
          const share = draw.shareOf(site, domain);
          if (nowNs - (changedNs[domain] ?? -Infinity) <= site.delayNs) continue;
          if (change(given, site, domain, asked, share)) changedNs[domain] = nowNs;
        }
        for (let instance = 0; instance < site.instanceCount; instance++) {
          settings.setMaxRunning(instance, Math.min(...limits.map((asked) => asked[instance]!)));
        }
      },
    };
  },
};

function change(given: Options, site: SiteView, domain: number, limits: number[], share: number): boolean {
  const { targetShare, releaseShare, step } = given;
  const isOver = share > targetShare;
  if (!isOver && share >= releaseShare) return false;
  const members = Array.from({ length: site.domainSize(domain) }, (_, k) => site.domainInstance(domain, k));
  const by = Math.min(0.5, Math.max(step, share - targetShare));
  const next = (instance: InstanceIndex) =>
    isOver ? lower(given, site, instance, limits[instance]!, by) : higher(given, site, instance, limits[instance]!);
  /** Those who are limited first are let go last. */
  for (const isLow of isOver ? [true, false] : [false, true]) {
    const moved = members.filter(
      (instance) => site.isLowPriority(instance) === isLow && next(instance) !== limits[instance],
    );
    for (const instance of moved) limits[instance] = next(instance);
    if (moved.length > 0) return true;
  }
  return false;
}

/** Not while more run than may: they leave when they are done. */
function lower({ minRequests }: Options, site: SiteView, instance: InstanceIndex, limit: number, by: number): number {
  const running = site.runningRequests(instance);
  if (running > limit || running === 0) return limit;
  return Math.min(limit, Math.max(minRequests, Math.floor(running * (1 - by))));
}

function higher({ step }: Options, site: SiteView, instance: InstanceIndex, limit: number): number {
  const next = limit + Math.max(1, Math.ceil(step * limit));
  return next >= site.maxNumSeqs(instance) ? Infinity : next;
}

import type { BackgroundPlan } from '../sim/background-plan.ts';
import { NS_PER_S } from '../sim/units.ts';
import type { BackgroundInput } from './background-input.ts';
import { unknownName } from './did-you-mean.ts';
import type { Draft, Entry } from './draft.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { Path } from './problem.ts';

/** The job that has what a pool releases. @param tdpWatts of one accelerator */
export function backgroundPlan(
  background: readonly Entry<BackgroundInput>[],
  pool: string,
  tdpWatts: number,
): BackgroundPlan | undefined {
  const job = background.find(({ value }) => poolsOf(value).includes(pool))?.value;
  if (job === undefined) return undefined;
  return {
    name: job.name,
    restoreNs: Math.round(job.restoreS * NS_PER_S),
    checkpointEveryNs: Math.max(1, Math.round(job.checkpointEveryS * NS_PER_S)),
    checkpointNs: Math.round(job.checkpointS * NS_PER_S),
    onRecall: job.onRecall,
    drawWatts: job.drawShare * tdpWatts,
    valueUsdPerAcceleratorHour: job.valueUsdPerAcceleratorHour,
  };
}

/** What a pool waits for at most when it wants an instance back that is lent. */
export function longestRecallNs({ onRecall, checkpointNs }: BackgroundPlan): number {
  return onRecall === 'save' ? checkpointNs : 0;
}

/** Background work in pools that are not there, have nothing to lend, or have lent it already. */
export function backgroundFindings({ background, pools, names }: Draft): Finding[] {
  const known = names.filter(({ noun }) => noun === 'pool').map(({ name }) => name);
  const tenantOf = new Map<string, string>();
  return background.flatMap(({ path, value }) => {
    return poolsOf(value).flatMap((pool, index): Finding[] => {
      const at: Path = [...path, 'pool', ...(typeof value.pool === 'string' ? [] : [index])];
      if (!known.includes(pool)) return [finding(at, unknownName('pool', pool, known))];
      const tenant = tenantOf.get(pool);
      tenantOf.set(pool, value.name);
      if (tenant !== undefined) {
        const sentence = `pool "${pool}" has background work already, that of "${tenant}"`;
        return [finding(at, `${sentence} — a pool has one, which takes all that is released`)];
      }
      const written = pools.find((entry) => entry.value.name === pool)?.value;
      if (written === undefined || written.scaling !== undefined) return [];
      const sentence = `pool "${pool}" has no scaling, so it never releases an instance`;
      const remedy = 'give it one, such as scaling: { kind: target-load, outstandingPerInstance: 16, maxInstances: 8 }';
      return [finding(at, `${sentence} — ${remedy}`)];
    });
  });
}

/** Scenarios need somebody who asks. */
export function askingFindings({ workloads, background, names }: Draft): Finding[] {
  const written = names.filter(({ noun }) => noun === 'workload').length;
  if (workloads.length > 0 || background.length === 0 || background.length < written) return [];
  const sentence = 'there is background work, and nobody who asks for anything';
  return [finding(['workloads'], `${sentence} — add a workload that does, such as { kind: chat, requestsPerS: 1 }`)];
}

function poolsOf({ pool }: BackgroundInput): readonly string[] {
  return typeof pool === 'string' ? [pool] : pool;
}

import { DecodeSteps } from './decode-steps.ts';
import type { InstanceListener, InstancePlan } from './instance-listener.ts';
import { Instance } from './instance.ts';
import { KvBlocks } from './kv-blocks.ts';
import { KvTier } from './kv-tier.ts';
import { KvTiers } from './kv-tiers.ts';
import type { RecordPlan } from './plan.ts';
import { PolicyQueues } from './policy-queues.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { QueuedRequestView } from './ports.ts';
import type { PromptPaths } from './prompt-paths.ts';
import type { RequestTable } from './request-table.ts';
import type { ResourceTime } from './resource-time.ts';
import type { RunParts } from './run-parts.ts';

interface FleetPlan {
  readonly seed: number;
  readonly record?: RecordPlan;
  readonly power?: unknown;
  readonly pools: readonly (InstancePlan & { readonly instances: number })[];
}

/** All instances of a plan, pool by pool. */
export function makeInstances(
  plan: FleetPlan,
  { stepCosts, batching = [], power }: Pick<RunParts, 'stepCosts' | 'batching' | 'power'>,
  requests: RequestTable,
  view: QueuedRequestView,
  paths: PromptPaths,
  counters: readonly PoolCounters[],
  listener: InstanceListener,
  resourceTime: ResourceTime | undefined,
): Instance[] {
  const instances: Instance[] = [];
  plan.pools.forEach((pool, index) => {
    const hasEnergy = plan.record?.energy === true || plan.power !== undefined;
    const { engine, role = 'mixed', localPrefillTokens = 0, kvLink } = pool;
    const guesses = engine.speculation !== undefined && role !== 'prefill';
    const decodeSteps = guesses ? new DecodeSteps(engine.speculation, plan.seed) : undefined;
    const shared = (engine.kvTiers ?? []).map((tier) => new KvTier(tier, paths, engine.blockTokens));
    for (let count = 0; count < pool.instances; count++) {
      const stores = shared.map((tier) =>
        tier.plan.scope === 'pool' ? tier : new KvTier(tier.plan, paths, engine.blockTokens),
      );
      const tiers =
        stores.length === 0 ? undefined : new KvTiers(stores, engine.blockTokens, stepCosts[index]!, counters[index]!);
      const kv = new KvBlocks(engine, role, requests, paths, tiers);
      const policy = batching[index]?.();
      const queues = policy && new PolicyQueues(policy, requests, view);
      const { sleep } = power ?? {};
      // Not a copy of the pool with more in it: V8 makes a new shape for each of those, which takes longer than all the rest.
      const own: InstancePlan = {
        engine,
        role,
        kvLink,
        localPrefillTokens,
        decodeSteps,
        tiers,
        resourceTime,
        queues,
        hasEnergy,
        sleep,
      };
      instances.push(
        new Instance(instances.length, index, own, requests, kv, stepCosts[index]!, counters[index]!, listener),
      );
    }
  });
  return instances;
}

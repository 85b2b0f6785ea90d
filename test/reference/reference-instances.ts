import { DecodeSteps } from '../../src/sim/decode-steps.ts';
import type { QueuedRequestView } from '../../src/sim/ports.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { ReferenceInstance } from './reference-instance.ts';
import { ReferenceQueues } from './reference-queues.ts';
import { ReferenceStore } from './reference-store.ts';

/** All instances of a plan, pool by pool. */
export function instancesOf(plan: SimulationPlan, parts: RunParts, view: QueuedRequestView): ReferenceInstance[] {
  const instances: ReferenceInstance[] = [];
  const recordsShares = plan.record?.shares ?? false;
  plan.pools.forEach(({ instances: count, role = 'mixed', engine }, pool) => {
    const { kvTiers = [], speculation } = engine;
    const decodeSteps = speculation && new DecodeSteps(speculation, plan.seed);
    const shared = kvTiers.map((tier) => new ReferenceStore(tier));
    for (let i = 0; i < count; i++) {
      const stores = kvTiers.map((tier, k) => (tier.scope === 'pool' ? shared[k]! : new ReferenceStore(tier)));
      const index = instances.length;
      const cost = parts.stepCosts[pool]!;
      const policy = parts.batching?.[pool]?.();
      const queues = policy && new ReferenceQueues(policy, view);
      const own = {
        index,
        pool,
        role,
        engine,
        cost,
        stores,
        decodeSteps,
        recordsShares,
        queues,
        sleep: parts.power?.sleep,
      };
      instances.push(new ReferenceInstance(own));
    }
  });
  return instances;
}

/** Is its first waiting request there, and was there no room for it? Only asked where no step is in progress. */
export function isRefused({ waiting, queues }: ReferenceInstance, nowNs: number): boolean {
  return (queues?.length ?? 0) > 0 || (waiting.length > 0 && waiting[0]!.queuedNs <= nowNs);
}

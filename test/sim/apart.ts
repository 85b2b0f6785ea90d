import type { EnginePlan, KvLinkPlan } from '../../src/sim/plan.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { roomyEngine } from '../support/plans.ts';

export interface Apart {
  readonly horizonNs: number;
  readonly timelineIntervalNs?: number;
  readonly prefill?: Partial<EnginePlan>;
  readonly decode?: Partial<EnginePlan>;
  readonly prefillInstances?: number;
  readonly decodeInstances?: number;
  readonly link?: Partial<KvLinkPlan>;
  readonly workloads?: number;
}

/** One model, one pool that prefills (pool 0) and one that decodes (pool 1). A token takes its link one ns. */
export function apart(plan: Apart): SimulationPlan {
  const { horizonNs, timelineIntervalNs = horizonNs, prefillInstances = 1, decodeInstances = 1, workloads = 1 } = plan;
  const kvLink = { kvBytesPerToken: 1, gbPerS: 1, latencyNs: 0, ...plan.link };
  return {
    seed: 1,
    horizonNs,
    warmUpNs: 0,
    timelineIntervalNs,
    models: ['model'],
    pools: [
      { model: 0, role: 'prefill', instances: prefillInstances, engine: { ...roomyEngine, ...plan.prefill }, kvLink },
      { model: 0, role: 'decode', instances: decodeInstances, engine: { ...roomyEngine, ...plan.decode } },
    ],
    workloads: Array.from({ length: workloads }, () => ({ model: 0 })),
  };
}

import type { RunPlan } from '../sim/plan.ts';

type Served = Pick<RunPlan, 'models' | 'pools' | 'workloads' | 'admission'>;

/** The pools that the requests of some workloads rest on: those of every model that may answer them. */
export function poolsOfWorkloads(plan: Served, workloads: readonly number[]): number[] {
  const models = new Set(workloads.flatMap((workload) => modelsOf(plan, workload)));
  return [...plan.pools.keys()].filter((pool) => models.has(plan.pools[pool]!.model));
}

function modelsOf({ models, workloads, admission }: Served, workload: number): readonly number[] {
  const { model, modelRouting } = workloads[workload]!;
  const names = modelRouting?.options['models'];
  if (admission?.kind === 'degrade') return [...models.keys()];
  return Array.isArray(names) ? names.map((name: string) => models.indexOf(name)) : [model];
}

import { join } from 'node:path';
import type { PoolPlan, RunPlan } from '../sim/plan.ts';
import { NS_PER_S } from '../sim/units.ts';
import { COST_COLUMNS, fileNameOf } from './columns.ts';
import { classOfWorkloads } from './slo.ts';
import { TableFile } from './table-file.ts';
import type { FileIdentity, WrittenTable } from './table-file.ts';

interface Amounts {
  readonly usd: number;
  readonly joules: number;
  readonly grams: number;
}

/** What one kind of token of one workload cost in one pool; src/economics has how. */
export interface AttributedCost {
  /** Index of the plan, or −1. */
  readonly pool: number;
  /** Index of the plan, or −1. */
  readonly workload: number;
  readonly kind: string;
  readonly requests: number;
  readonly tokens: number;
  readonly resourceNs: number;
  readonly direct: Amounts;
  readonly loaded: Amounts;
}

const NONE = '';

/** Who has what scaling releases. */
function tenantOf({ scaling }: PoolPlan): string {
  return scaling?.background?.name ?? NONE;
}

/** Write cost.arrow into a folder that has none; answers what it has become. */
export function writeCosts(
  dir: string,
  plan: RunPlan,
  costs: readonly AttributedCost[],
  identity: FileIdentity,
): WrittenTable {
  const classOfWorkload = classOfWorkloads(plan);
  const names = {
    region: [NONE, ...plan.regions.map((region) => region.name)],
    pool: [NONE, ...plan.pools.map((pool) => pool.name)],
    accelerator: [NONE, ...plan.pools.map((pool) => pool.accelerator)],
    workload: [NONE, ...plan.workloads.map((workload) => workload.name), ...plan.pools.map(tenantOf)],
    class: [NONE, ...plan.slos.map((slo) => slo.class)],
    kind: costs.map(({ kind }) => kind),
  };
  const file = new TableFile(join(dir, fileNameOf('cost')), COST_COLUMNS, names, Math.max(1, costs.length), identity);
  const { buffers } = file;
  for (const [row, cost] of costs.entries()) {
    const pool = plan.pools[cost.pool];
    buffers.region.set(row, pool === undefined ? NONE : plan.regions[pool.region]!.name);
    buffers.pool.set(row, pool?.name ?? NONE);
    buffers.accelerator.set(row, pool?.accelerator ?? NONE);
    const tenant = pool !== undefined && cost.kind === 'background' ? tenantOf(pool) : NONE;
    buffers.workload.set(row, plan.workloads[cost.workload]?.name ?? tenant);
    buffers.class.set(row, plan.slos[classOfWorkload[cost.workload] ?? -1]?.class ?? NONE);
    buffers.kind.set(row, cost.kind);
    buffers.requests.set(row, cost.requests);
    buffers.tokens.set(row, cost.tokens);
    buffers.resource_s.set(row, cost.resourceNs / NS_PER_S);
    buffers.usd.set(row, cost.direct.usd);
    buffers.loaded_usd.set(row, cost.loaded.usd);
    buffers.joules.set(row, cost.direct.joules);
    buffers.loaded_joules.set(row, cost.loaded.joules);
    buffers.carbon_g.set(row, cost.direct.grams);
    buffers.loaded_carbon_g.set(row, cost.loaded.grams);
  }
  file.writeBatch(costs.length);
  return file.close();
}

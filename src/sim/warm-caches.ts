import type { Demand } from './demand.ts';
import type { Dispatch } from './dispatch.ts';
import type { Instance } from './instance.ts';
import type { RequestTable } from './request-table.ts';
import type { SimulationPlan } from './run-parts.ts';

/**
 * Put what sessions had computed before the run into the caches of the instances that the router chooses. While it finds
 * places for them, they count as outstanding.
 */
export function warmCaches(
  { workloads }: Pick<SimulationPlan, 'workloads'>,
  demand: Demand,
  requests: RequestTable,
  dispatch: Dispatch,
  instances: readonly Instance[],
): void {
  const { fleet } = dispatch;
  for (const context of demand.warmContexts()) {
    const { request, usedNs } = context;
    const tokens = requests.promptTokens[request]!;
    const { model } = workloads[requests.workload[request]!]!;
    requests.model[request] = model;
    if (fleet.select(model, tokens, 1) > 0) {
      const index = dispatch.route(request, 0);
      instances[index]!.kv.warm(request, tokens, usedNs);
      fleet.outstanding[index]!++;
    }
    demand.forget(context);
  }
  fleet.outstanding.fill(0);
}

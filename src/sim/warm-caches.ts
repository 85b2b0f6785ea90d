import type { Demand } from './demand.ts';
import type { Dispatch } from './dispatch.ts';
import type { Instance } from './instance.ts';
import type { RequestTable, RequestTableView } from './request-table.ts';

/**
 * Put what sessions had computed before the run into the caches of the instances that the router chooses. While it finds
 * places for them, they count as outstanding.
 */
export function warmCaches(
  demand: Demand,
  requests: RequestTable,
  view: RequestTableView,
  dispatch: Dispatch,
  instances: readonly Instance[],
): void {
  const { fleet } = dispatch;
  for (const context of demand.warmContexts()) {
    const { request, usedNs } = context;
    const tokens = requests.promptTokens[request]!;
    if (fleet.select(view.model(request), tokens, 1) > 0) {
      const index = dispatch.route(request, 0);
      instances[index]!.kv.warm(request, tokens, usedNs);
      fleet.outstanding[index]!++;
    }
    demand.forget(context);
  }
  fleet.outstanding.fill(0);
}

import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { FleetView, RoutingPolicy } from '../../sim/ports.ts';
import { type InstanceIndex, NO_INSTANCE, type RequestIndex } from '../../sim/units.ts';
import { balanceFields, isOverloaded } from './balance-options.ts';
import { PathHistory } from './path-history.ts';
import { prefixFields } from './prefix-options.ts';

const options = z.strictObject({
  ...prefixFields,
  minHitShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('a hit of a smaller share of the prompt counts as none, dimensionless'),
  ...balanceFields,
});
type Options = z.infer<typeof options>;

/** The defaults of the balance and of the smallest hit are those of SGLang's cache-aware router. */
export const prefixAware: Module<RoutingPolicy, Options> = {
  name: 'prefix-aware',
  summary:
    'the instance that holds most of the prompt, unless that is overloaded; then, and without a hit, the one with the fewest outstanding requests',
  options,
  create(chosen) {
    if (chosen.hits === 'exact') {
      return {
        route(request, requests, fleet) {
          const leastTokens = chosen.minHitShare * requests.promptTokens(request);
          return choose(request, fleet, leastTokens, chosen, undefined);
        },
      };
    }
    const history = new PathHistory(chosen.historyStreams);
    return {
      route(request, requests, fleet) {
        history.lookUp(request, requests, fleet.eligible(fleet.eligibleCount - 1));
        const leastTokens = chosen.minHitShare * requests.promptTokens(request);
        const instance = choose(request, fleet, leastTokens, chosen, history);
        history.forget();
        history.remember(request, requests, instance);
        return instance;
      },
    };
  },
};

/** Ties go to the fewest outstanding requests, then to the lowest index. */
function choose(
  request: RequestIndex,
  fleet: FleetView,
  leastTokens: number,
  chosen: Options,
  history: PathHistory | undefined,
): InstanceIndex {
  let idlest = NO_INSTANCE;
  let fewest = Infinity;
  let warmest = NO_INSTANCE;
  let most = 0;
  let fewestOfWarmest = Infinity;
  for (let k = 0; k < fleet.eligibleCount; k++) {
    const instance = fleet.eligible(k);
    const outstanding = fleet.outstandingRequests(instance);
    if (outstanding < fewest) {
      idlest = instance;
      fewest = outstanding;
    }
    const tokens = history === undefined ? fleet.cachedTokens(instance, request) : history.hitTokens[instance]!;
    if (tokens > most || (tokens === most && tokens > 0 && outstanding < fewestOfWarmest)) {
      warmest = instance;
      most = tokens;
      fewestOfWarmest = outstanding;
    }
  }
  const isWarm = warmest !== NO_INSTANCE && most >= leastTokens;
  return isWarm && !isOverloaded(fewestOfWarmest, fewest, chosen) ? warmest : idlest;
}

import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { NO_INSTANCE } from '../../sim/units.ts';
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
    const history = new PathHistory(chosen.historyStreams);
    const isExact = chosen.hits === 'exact';
    return {
      route(request, requests, fleet) {
        const leastTokens = Math.max(1, chosen.minHitShare * requests.promptTokens(request));
        const warmest = history.warmest(request, requests, fleet, leastTokens, isExact);
        const idlest = fleet.leastOutstanding();
        const isWarm =
          warmest !== NO_INSTANCE &&
          !isOverloaded(fleet.outstandingRequests(warmest), fleet.outstandingRequests(idlest), chosen);
        const instance = isWarm ? warmest : idlest;
        history.remember(request, requests, instance);
        return instance;
      },
    };
  },
};

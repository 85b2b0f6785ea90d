import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { PathHistory } from './path-history.ts';
import { prefixFields } from './prefix-options.ts';
import { telemetryFields, telemetryOf } from './telemetry-options.ts';

const weight = (byDefault: number) => z.number().min(0).max(1e6).default(byDefault);

const options = z.strictObject({
  outstanding: weight(1).describe('points against an instance for each outstanding request, points'),
  waiting: weight(0).describe('points against it for each request that it reported as waiting, points'),
  kv: weight(16).describe('points against it for a KV cache that it reported as full, and in proportion, points'),
  prefixHit: weight(16).describe('points for it if it holds the whole prompt, and in proportion, points'),
  price: weight(0).describe('points against it for each USD of rent per hour, points'),
  ...prefixFields,
  ...telemetryFields,
});

export const weighted: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'weighted',
  summary:
    'the instance with the fewest points for load, queue, KV use, price and missing prefix; on a tie the lowest index',
  options,
  create(chosen) {
    const { outstanding, waiting, kv, prefixHit, price, hits, historyStreams } = chosen;
    const isExact = hits === 'exact';
    const history = prefixHit > 0 ? new PathHistory(historyStreams) : undefined;
    return {
      ...(waiting > 0 || kv > 0 ? { telemetry: telemetryOf(chosen) } : {}),
      route(request, requests, fleet) {
        const perToken = prefixHit / requests.promptTokens(request);
        history?.lookUp(request, requests, fleet);
        const seenTokens = history?.hitTokens;
        const count = fleet.eligibleCount;
        let best = fleet.eligible(0);
        let fewest = Infinity;
        for (let k = 0; k < count; k++) {
          const instance = fleet.eligible(k);
          let points = outstanding * fleet.outstandingRequests(instance);
          if (waiting > 0) points += waiting * fleet.reportedWaitingRequests(instance);
          if (kv > 0) points += kv * fleet.reportedKvUse(instance);
          if (price > 0) points += price * fleet.rentUsdPerHour(instance);
          if (seenTokens !== undefined) {
            const seen = seenTokens[instance]!;
            points -= perToken * (isExact && seen > 0 ? fleet.cachedTokens(instance, request) : seen);
          }
          if (points < fewest) {
            best = instance;
            fewest = points;
          }
        }
        history?.remember(request, requests, best);
        return best;
      },
    };
  },
};

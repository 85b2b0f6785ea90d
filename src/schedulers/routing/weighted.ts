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
        if (isExact) history?.askCaches(request, fleet);
        const hitTokens = history?.hitTokens;
        const { eligible, stretchEnd, outstandingRequests, reportedWaitingRequests, reportedKvUse } = fleet.columns;
        const [ofOutstanding, ofWaiting, ofKv] = [outstanding, waiting, kv];
        const count = fleet.eligibleCount;
        let best = eligible[0]!;
        let fewest = Infinity;
        for (let k = 0; k < count;) {
          const first = eligible[k]!;
          const end = stretchEnd[k]!;
          const ofPool = price > 0 ? price * fleet.rentUsdPerHour(first) : 0;
          for (let instance = first; instance < end; instance++) {
            let points = ofOutstanding * outstandingRequests[instance]!;
            if (ofWaiting > 0) points += ofWaiting * reportedWaitingRequests[instance]!;
            if (ofKv > 0) points += ofKv * reportedKvUse[instance]!;
            points += ofPool;
            if (hitTokens !== undefined) points -= perToken * hitTokens[instance]!;
            if (points < fewest) {
              best = instance;
              fewest = points;
            }
          }
          k += end - first;
        }
        history?.remember(request, requests, best);
        return best;
      },
    };
  },
};

import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { telemetryFields, telemetryOf } from './telemetry-options.ts';

const options = z.strictObject(telemetryFields);

/** What is reported is old: between two snapshots every request goes to the same instance, unless others tie with it. */
export const leastKv: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'least-kv',
  summary:
    'the instance that reported the smallest share of its KV blocks in use; on a tie the fewest outstanding requests, then the lowest index',
  options,
  create(ages) {
    return {
      telemetry: telemetryOf(ages),
      route(_request, _requests, fleet) {
        const { eligible, stretchEnd, outstandingRequests, reportedKvUse } = fleet.columns;
        const count = fleet.eligibleCount;
        let best = eligible[0]!;
        let least = Infinity;
        let fewest = Infinity;
        for (let k = 0; k < count;) {
          const first = eligible[k]!;
          const end = stretchEnd[k]!;
          for (let instance = first; instance < end; instance++) {
            const kvUse = reportedKvUse[instance]!;
            if (kvUse > least) continue;
            const outstanding = outstandingRequests[instance]!;
            if (kvUse === least && outstanding >= fewest) continue;
            best = instance;
            least = kvUse;
            fewest = outstanding;
          }
          k += end - first;
        }
        return best;
      },
    };
  },
};

import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';

const options = z.strictObject({}).describe('least-outstanding has no options');

export const leastOutstanding: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'least-outstanding',
  summary: 'the instance with the fewest requests sent there and not yet finished; on a tie the lowest index',
  options,
  create() {
    return {
      route(_request, _requests, fleet) {
        let best = fleet.eligible(0);
        let fewest = fleet.outstandingRequests(best);
        for (let k = 1; k < fleet.eligibleCount; k++) {
          const instance = fleet.eligible(k);
          const outstanding = fleet.outstandingRequests(instance);
          if (outstanding < fewest) {
            best = instance;
            fewest = outstanding;
          }
        }
        return best;
      },
    };
  },
};

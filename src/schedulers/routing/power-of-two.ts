import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';

const options = z.strictObject({}).describe('power-of-two has no options');

/** Two random choices avoid almost all of the queueing of one, and the herding of a full look at old figures. */
export const powerOfTwo: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'power-of-two',
  summary:
    'of two different instances drawn at random, the one with fewer outstanding requests; on a tie the first drawn',
  options,
  create(_options, { streams }) {
    const rng = streams.stream('routing');
    return {
      route(_request, _requests, fleet) {
        const count = fleet.eligibleCount;
        if (count === 1) return fleet.eligible(0);
        const first = Math.floor(rng.uniform() * count);
        // The second is drawn from the others: those above the first are moved down by one to close the gap.
        const other = Math.floor(rng.uniform() * (count - 1));
        const one = fleet.eligible(first);
        const two = fleet.eligible(other < first ? other : other + 1);
        return fleet.outstandingRequests(two) < fleet.outstandingRequests(one) ? two : one;
      },
    };
  },
};

import { z } from 'zod';
import { assert } from '../../sim/assert.ts';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { NO_SEGMENT, NO_SESSION } from '../../sim/units.ts';
import { HashRing } from './hash-ring.ts';
import { sessionKey } from './session-key.ts';

const options = z.strictObject({
  epsilon: z
    .number()
    .positive()
    .max(100)
    .default(0.25)
    .describe(
      'no instance gets more than 1 + so many times the mean of outstanding requests, rounded up, dimensionless',
    ),
  virtualNodes: z
    .int()
    .min(1)
    .max(1_024)
    .default(64)
    .describe('places of each instance on the ring: more spread the sessions more evenly; a number of places'),
});

/** Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads, SODA 2018. */
export const boundedLoad: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'bounded-load',
  summary:
    'consistent hashing of sessions (else of the first stream of the prompt) with bounded loads: the first instance on the ring that has room',
  options,
  create({ epsilon, virtualNodes }) {
    const ring = new HashRing(virtualNodes);
    let others = 0;
    return {
      route(request, requests, fleet) {
        const bound = Math.ceil(((1 + epsilon) * (fleet.totalOutstanding() + 1)) / fleet.eligibleCount);
        let key = sessionKey(request, requests, fleet);
        if (key === NO_SESSION) {
          const segment = requests.firstSegment(request);
          // What nobody can come back to may go anywhere.
          key = segment === NO_SEGMENT ? others++ : requests.stream(segment);
        }
        const instance = ring.firstWithRoom(key, fleet, bound);
        assert(fleet.outstandingRequests(instance) < bound, 'consistent hashing has passed its bound');
        return instance;
      },
    };
  },
};

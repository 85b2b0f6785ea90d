import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { leastOutstandingOf } from './choices.ts';

const options = z.strictObject({}).describe('power-of-two has no options');

/** Two random choices avoid almost all of the queueing of one, and the herding of a full look at old figures. */
export const powerOfTwo: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'power-of-two',
  summary:
    'of two different instances drawn at random, the one with fewer outstanding requests; on a tie the first drawn',
  options,
  create(_options, { streams }) {
    return leastOutstandingOf(2, streams.stream('routing'));
  },
};

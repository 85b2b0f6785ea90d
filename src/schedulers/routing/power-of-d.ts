import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { leastOutstandingOf } from './choices.ts';

const options = z.strictObject({
  d: z.int().min(1).max(64).default(2).describe('instances drawn for each request: 1 is random; a number of instances'),
});

export const powerOfD: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'power-of-d',
  summary: 'of d different instances drawn at random, the one with the fewest outstanding requests; on a tie the first',
  options,
  create({ d }, { streams }) {
    return leastOutstandingOf(d, streams.stream('routing'));
  },
};

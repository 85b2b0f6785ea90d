import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';

const options = z.strictObject({}).describe('random has no options');

export const random: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'random',
  summary: 'any instance, each with the same chance',
  options,
  create(_options, { streams }) {
    const rng = streams.stream('routing');
    return {
      route(_request, _requests, fleet) {
        return fleet.eligible(Math.floor(rng.uniform() * fleet.eligibleCount));
      },
    };
  },
};

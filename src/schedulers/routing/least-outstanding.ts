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
        return fleet.leastOutstanding();
      },
    };
  },
};

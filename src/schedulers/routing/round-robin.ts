import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { FleetView, RoutingPolicy } from '../../sim/ports.ts';
import type { InstanceIndex } from '../../sim/units.ts';
import { NO_INSTANCE } from '../../sim/units.ts';

const options = z.strictObject({}).describe('round-robin has no options');

export const roundRobin: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'round-robin',
  summary: 'the instances of a model in turn, whatever their load',
  options,
  create() {
    const lastOfModel: InstanceIndex[] = [];
    return {
      route(request, requests, fleet) {
        const model = requests.model(request);
        const instance = firstEligibleAfter(lastOfModel[model] ?? NO_INSTANCE, fleet);
        lastOfModel[model] = instance;
        return instance;
      },
    };
  },
};

/**
 * The next in the circle. Found by index and not by a running count, because long requests have fewer eligible
 * instances than short ones, and a count would then skip some.
 */
function firstEligibleAfter(last: InstanceIndex, fleet: FleetView): InstanceIndex {
  let low = 0;
  let high = fleet.eligibleCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fleet.eligible(middle) > last) high = middle;
    else low = middle + 1;
  }
  return fleet.eligible(low === fleet.eligibleCount ? 0 : low);
}

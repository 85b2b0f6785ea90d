import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { busyHours, cheapestThatKeeps } from './cheapest.ts';
import { requestFields } from './request-options.ts';

const options = z.strictObject(requestFields);

export const costAware: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'cost-aware',
  summary:
    'the pool on which a request costs least rent, of those whose predicted TTFT keeps the objective; there the instance with the earliest first token',
  options,
  create({ ttftMs, outputTokens, batchSeqs }) {
    return cheapestThatKeeps(
      ttftMs,
      (fleet, instance, promptTokens) =>
        fleet.rentUsdPerHour(instance) * busyHours(fleet, instance, promptTokens, outputTokens, batchSeqs),
    );
  },
};

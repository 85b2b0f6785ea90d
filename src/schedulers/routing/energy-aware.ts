import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { cheapestThatKeeps } from './cheapest.ts';
import { requestFields } from './request-options.ts';

const options = z.strictObject(requestFields);

/** Of what accelerators draw in steps only: an idle instance draws its share whoever gets the request. */
export const energyAware: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'energy-aware',
  summary:
    'the pool on which the steps of a request take least energy, of those whose predicted TTFT keeps the objective; there the instance with the earliest first token',
  options,
  create({ ttftMs, outputTokens, batchSeqs }) {
    return cheapestThatKeeps(ttftMs, (fleet, instance, promptTokens) => {
      const shared = Math.min(batchSeqs, fleet.maxNumSeqs(instance));
      const perOutputToken = fleet.decodeStepJoules(instance, shared) / shared;
      return promptTokens * fleet.prefillJoulesPerToken(instance) + outputTokens * perOutputToken;
    });
  },
};

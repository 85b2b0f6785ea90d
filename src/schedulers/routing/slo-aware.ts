import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { predictedTpotMs, predictedTtftMs } from './predictions.ts';

const options = z.strictObject({
  ttftMs: z.number().positive().max(1e7).default(500).describe('objective of TTFT, ms'),
  tpotMs: z.number().positive().max(1e6).default(50).describe('objective of TPOT, ms'),
});

export const sloAware: Module<RoutingPolicy, z.infer<typeof options>> = {
  name: 'slo-aware',
  summary:
    'the instance whose predicted TTFT and TPOT are furthest below their objectives, by the worse of the two; on a tie the fewest outstanding requests',
  options,
  create({ ttftMs, tpotMs }) {
    return {
      route(request, requests, fleet) {
        const promptTokens = requests.promptTokens(request);
        let best = fleet.eligible(0);
        let least = Infinity;
        let fewest = Infinity;
        for (let k = 0; k < fleet.eligibleCount; k++) {
          const instance = fleet.eligible(k);
          const ttft = predictedTtftMs(fleet, instance, promptTokens) / ttftMs;
          const tpot = predictedTpotMs(fleet, instance) / tpotMs;
          const share = ttft > tpot ? ttft : tpot;
          const outstanding = fleet.outstandingRequests(instance);
          if (share > least || (share === least && outstanding >= fewest)) continue;
          best = instance;
          least = share;
          fewest = outstanding;
        }
        return best;
      },
    };
  },
};

import { z } from 'zod';
import type { Module } from '../../sim/module.ts';
import type { RoutingPolicy } from '../../sim/ports.ts';
import { NS_PER_MS } from '../../sim/units.ts';
import { Predictions } from './predictions.ts';

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
    const predictions = new Predictions();
    const perTtft = 1 / (ttftMs * NS_PER_MS);
    const perTpot = 1 / (tpotMs * NS_PER_MS);
    return {
      route(request, requests, fleet) {
        const promptTokens = requests.promptTokens(request);
        let best = fleet.eligible(0);
        let least = Infinity;
        let fewest = Infinity;
        const count = fleet.eligibleCount;
        let pool = fleet.pool(best);
        let prediction = predictions.of(fleet, best);
        let { maxNumSeqs, nsPerPromptToken, stepNs } = prediction;
        for (let k = 0; k < count; k++) {
          const instance = fleet.eligible(k);
          if (fleet.pool(instance) !== pool) {
            pool = fleet.pool(instance);
            prediction = predictions.of(fleet, instance);
            ({ maxNumSeqs, nsPerPromptToken, stepNs } = prediction);
          }
          const outstanding = fleet.outstandingRequests(instance);
          const others = Math.min(outstanding, maxNumSeqs);
          const tpotNs = stepNs[others]!;
          const tokens = fleet.outstandingPromptTokens(instance) + promptTokens;
          const ttftNs = tokens * nsPerPromptToken + tpotNs;
          const share = Math.max(ttftNs * perTtft, tpotNs * perTpot);
          if (share > least || (share === least && outstanding >= fewest)) continue;
          if (Number.isNaN(share)) {
            prediction.estimateStep(fleet, instance, others);
            k--;
            continue;
          }
          best = instance;
          least = share;
          fewest = outstanding;
        }
        return best;
      },
    };
  },
};

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
        const { eligible, stretchEnd, outstandingRequests, outstandingPromptTokens } = fleet.columns;
        const promptTokens = requests.promptTokens(request);
        const count = fleet.eligibleCount;
        let best = eligible[0]!;
        let least = Infinity;
        let fewest = Infinity;
        for (let k = 0; k < count;) {
          const first = eligible[k]!;
          const end = stretchEnd[k]!;
          const prediction = predictions.of(fleet, first);
          const { maxNumSeqs, nsPerPromptToken, stepNs } = prediction;
          for (let instance = first; instance < end; instance++) {
            const outstanding = outstandingRequests[instance]!;
            const tpotNs = stepNs[outstanding < maxNumSeqs ? outstanding : maxNumSeqs]!;
            const ttftNs = (outstandingPromptTokens[instance]! + promptTokens) * nsPerPromptToken + tpotNs;
            const ttftShare = ttftNs * perTtft;
            if (ttftShare > least) continue;
            const tpotShare = tpotNs * perTpot;
            const share = ttftShare > tpotShare ? ttftShare : tpotShare;
            if (share > least || (share === least && outstanding >= fewest)) continue;
            if (Number.isNaN(share)) {
              prediction.estimateStep(fleet, instance, outstanding);
              instance--;
              continue;
            }
            best = instance;
            least = share;
            fewest = outstanding;
          }
          k += end - first;
        }
        return best;
      },
    };
  },
};

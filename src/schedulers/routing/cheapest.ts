import type { FleetView, RoutingPolicy } from '../../sim/ports.ts';
import { type InstanceIndex, NS_PER_HOUR, NS_PER_MS, NS_PER_S } from '../../sim/units.ts';
import { Predictions } from './predictions.ts';

/**
 * Of the instances whose predicted TTFT keeps the objective, the ones on which a request costs least, and of these the one
 * with the earliest predicted first token; if none keeps it, the earliest of all, and the fewest outstanding requests.
 *
 * @param costOf what a prompt of so many tokens and its answer cost on an instance; the same for all of a pool
 */
export function cheapestThatKeeps(
  ttftMs: number,
  costOf: (fleet: FleetView, instance: InstanceIndex, promptTokens: number) => number,
): RoutingPolicy {
  const predictions = new Predictions();
  const limitNs = ttftMs * NS_PER_MS;
  return {
    route(request, requests, fleet) {
      const { eligible, stretchEnd, outstandingRequests, outstandingPromptTokens } = fleet.columns;
      const promptTokens = requests.promptTokens(request);
      const count = fleet.eligibleCount;
      let best = eligible[0]!;
      let bestCost = Infinity;
      let earliest = Infinity;
      let fewest = Infinity;
      for (let k = 0; k < count;) {
        const first = eligible[k]!;
        const end = stretchEnd[k]!;
        const prediction = predictions.of(fleet, first);
        const { maxNumSeqs, nsPerPromptToken, stepNs } = prediction;
        const poolCost = costOf(fleet, first, promptTokens);
        for (let instance = first; instance < end; instance++) {
          const outstanding = outstandingRequests[instance]!;
          const tpotNs = stepNs[outstanding < maxNumSeqs ? outstanding : maxNumSeqs]!;
          const ttftNs = (outstandingPromptTokens[instance]! + promptTokens) * nsPerPromptToken + tpotNs;
          const keeps = ttftNs <= limitNs;
          if (!keeps && Number.isNaN(ttftNs)) {
            prediction.estimateStep(fleet, instance, outstanding);
            instance--;
            continue;
          }
          const cost = keeps ? poolCost : Infinity;
          if (cost > bestCost || (cost === bestCost && ttftNs > earliest)) continue;
          if (cost === bestCost && ttftNs === earliest && outstanding >= fewest) continue;
          best = instance;
          bestCost = cost;
          earliest = ttftNs;
          fewest = outstanding;
        }
        k += end - first;
      }
      return best;
    },
  };
}

/** Hours that a request keeps an instance busy, its share of a batch of `seqs` counted. */
export function busyHours(
  fleet: FleetView,
  instance: InstanceIndex,
  promptTokens: number,
  outputTokens: number,
  seqs: number,
): number {
  const shared = Math.min(seqs, fleet.maxNumSeqs(instance));
  const decodeNs = (outputTokens * fleet.decodeStepNs(instance, shared)) / shared;
  return (promptTokens * (NS_PER_S / fleet.prefillTokensPerS(instance)) + decodeNs) / NS_PER_HOUR;
}

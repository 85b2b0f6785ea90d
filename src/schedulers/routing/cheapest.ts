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
      const promptTokens = requests.promptTokens(request);
      let best = fleet.eligible(0);
      let bestCost = Infinity;
      let earliest = Infinity;
      let fewest = Infinity;
      const count = fleet.eligibleCount;
      let pool = fleet.pool(best);
      let prediction = predictions.of(fleet, best);
      let { maxNumSeqs, nsPerPromptToken, stepNs } = prediction;
      let poolCost = costOf(fleet, best, promptTokens);
      for (let k = 0; k < count; k++) {
        const instance = fleet.eligible(k);
        if (fleet.pool(instance) !== pool) {
          pool = fleet.pool(instance);
          prediction = predictions.of(fleet, instance);
          ({ maxNumSeqs, nsPerPromptToken, stepNs } = prediction);
          poolCost = costOf(fleet, instance, promptTokens);
        }
        const outstanding = fleet.outstandingRequests(instance);
        const others = Math.min(outstanding, maxNumSeqs);
        const tpotNs = stepNs[others]!;
        const tokens = fleet.outstandingPromptTokens(instance) + promptTokens;
        const ttftNs = tokens * nsPerPromptToken + tpotNs;
        if (Number.isNaN(ttftNs)) {
          prediction.estimateStep(fleet, instance, others);
          k--;
          continue;
        }
        const cost = ttftNs <= limitNs ? poolCost : Infinity;
        if (cost > bestCost || (cost === bestCost && ttftNs > earliest)) continue;
        if (cost === bestCost && ttftNs === earliest && outstanding >= fewest) continue;
        best = instance;
        bestCost = cost;
        earliest = ttftNs;
        fewest = outstanding;
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

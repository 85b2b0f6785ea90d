import type { FleetView, RoutingPolicy } from '../../sim/ports.ts';
import type { InstanceIndex } from '../../sim/units.ts';
import { predictedTtftMs } from './predictions.ts';

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
  return {
    route(request, requests, fleet) {
      const promptTokens = requests.promptTokens(request);
      let best = fleet.eligible(0);
      let bestCost = Infinity;
      let earliest = Infinity;
      let fewest = Infinity;
      let pool = -1;
      let poolCost = 0;
      for (let k = 0; k < fleet.eligibleCount; k++) {
        const instance = fleet.eligible(k);
        if (fleet.pool(instance) !== pool) {
          pool = fleet.pool(instance);
          poolCost = costOf(fleet, instance, promptTokens);
        }
        const ttft = predictedTtftMs(fleet, instance, promptTokens);
        const cost = ttft <= ttftMs ? poolCost : Infinity;
        const outstanding = fleet.outstandingRequests(instance);
        if (cost > bestCost || (cost === bestCost && ttft > earliest)) continue;
        if (cost === bestCost && ttft === earliest && outstanding >= fewest) continue;
        best = instance;
        bestCost = cost;
        earliest = ttft;
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
  const decodeS = (outputTokens * fleet.decodeStepNs(instance, shared)) / shared / 1e9;
  return (promptTokens / fleet.prefillTokensPerS(instance) + decodeS) / 3_600;
}

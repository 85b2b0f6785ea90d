import type { FleetView } from '../../sim/ports.ts';
import { type InstanceIndex, NS_PER_MS } from '../../sim/units.ts';

const MS_PER_S = 1_000;

/**
 * TTFT as a router can foresee it: the prompts that it has sent there and that have no first token yet, and this one, at the
 * speed of prefill, and one decode step of whoever runs. It knows nothing of caches, so it errs on the late side;
 * without a free place in the batch there is no saying.
 */
export function predictedTtftMs(fleet: FleetView, instance: InstanceIndex, promptTokens: number): number {
  const outstanding = fleet.outstandingRequests(instance);
  if (outstanding >= fleet.maxNumSeqs(instance)) return Infinity;
  const tokens = fleet.outstandingPromptTokens(instance) + promptTokens;
  const stepNs = outstanding === 0 ? 0 : fleet.decodeStepNs(instance, outstanding);
  return (tokens / fleet.prefillTokensPerS(instance)) * MS_PER_S + stepNs / NS_PER_MS;
}

/** TPOT if it joins: a step of the batch with it. */
export function predictedTpotMs(fleet: FleetView, instance: InstanceIndex): number {
  return fleet.decodeStepNs(instance, fleet.outstandingRequests(instance) + 1) / NS_PER_MS;
}

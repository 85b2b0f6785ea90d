import type { SimulationPlan } from '../../src/sim/simulate.ts';
import type { ReferenceInstance } from './reference-instance.ts';
import type { ReferenceRequest } from './reference-request.ts';

/** Which instances can begin with a request? Of these, perhaps only the ones that are ready. */
export function ableToBegin(
  plan: SimulationPlan,
  instances: readonly ReferenceInstance[],
  request: ReferenceRequest,
  onlyReady: boolean,
): readonly ReferenceInstance[] {
  const decoding = ableToDecode(plan, instances, request, onlyReady);
  const local = decoding.filter(({ pool }) => request.promptTokens <= (plan.pools[pool]!.localPrefillTokens ?? 0));
  if (local.length > 0) return local;
  return able(plan, instances, request, ({ role, life }) => {
    const begins = role === 'mixed' || (role === 'prefill' && decoding.length > 0);
    return begins && (life === 'ready' || !onlyReady);
  });
}

/** … and which can go on with it after its prompt? */
export function ableToDecode(
  plan: SimulationPlan,
  instances: readonly ReferenceInstance[],
  request: ReferenceRequest,
  onlyReady: boolean,
): readonly ReferenceInstance[] {
  return able(plan, instances, request, ({ role, life }) => role === 'decode' && (life === 'ready' || !onlyReady));
}

function able(
  plan: SimulationPlan,
  instances: readonly ReferenceInstance[],
  { model, promptTokens, outputTokens }: ReferenceRequest,
  does: (instance: ReferenceInstance) => boolean,
): readonly ReferenceInstance[] {
  return instances.filter(
    (instance) =>
      plan.pools[instance.pool]!.model === model && does(instance) && instance.canEverFit(promptTokens, outputTokens),
  );
}

import type { EnginePlan, ModulePlan } from '../sim/plan.ts';
import type { Catalogue } from './catalogue-types.ts';
import type { Choices } from './deployment.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { oneKind, withKind } from './kind-schema.ts';

export interface BatchingInput {
  readonly kind: string;
  readonly [option: string]: unknown;
}

export function batchingSchema(catalogue: Catalogue) {
  const members = catalogue.batching.map((kind) => withKind(kind, {}));
  return oneKind('batching policy', members).transform((input) => input as BatchingInput);
}

/**
 * The policy of a pool, or why its engine cannot do it; none for first come, first served without more.
 * @param everywhere what the scenario says for pools that say nothing
 */
export function batchingOf(
  choices: Choices,
  everywhere: BatchingInput | undefined,
  engine: EnginePlan,
  catalogue: Catalogue,
): { readonly batching?: ModulePlan } | Finding {
  const chosen = choices.batching ?? everywhere;
  if (chosen === undefined) return {};
  const { kind, ...options } = chosen;
  const policy = catalogue.batching.find(({ name }) => name === kind)!;
  const conflict = policy.conflict?.(options, engine);
  if (conflict !== undefined) {
    return finding(choices.batching === undefined ? ['batching'] : choices.at('batching'), conflict);
  }
  const isUsual =
    kind === catalogue.defaults.batching && JSON.stringify(options) === JSON.stringify(policy.options.parse({}));
  return isUsual ? {} : { batching: { kind, options } };
}

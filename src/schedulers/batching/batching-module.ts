import type { BatchingContext, Module } from '../../sim/module.ts';
import type { EnginePlan } from '../../sim/plan.ts';
import type { BatchingPolicy } from '../../sim/ports.ts';

/** A batching policy that a scenario can name; `create` makes the policy of one instance. */
export interface BatchingModule<Options = unknown> extends Module<BatchingPolicy, Options, BatchingContext> {
  /** Why such an engine cannot do what the options ask, in a sentence; left out, any engine can. */
  conflict?(options: Options, engine: EnginePlan): string | undefined;
}

import type { ModulePlan } from './plan.ts';
import type { Ns } from './units.ts';

/** How many instances of a pool are switched on, and how long that takes. */
export interface ScalingPlan extends ModulePlan {
  readonly minInstances: number;
  /** Switched on together, those included that only finish what they have. */
  readonly maxInstances: number;
  /** Ready at the start of the run. */
  readonly startInstances: number;
  /** How often the policy is asked. */
  readonly intervalNs: Ns;
  /** From the order to a machine that can load the model. */
  readonly provisionNs: Ns;
  /** Until the weights are in memory and the engine has started. */
  readonly loadNs: Ns;
}

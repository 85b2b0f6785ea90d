import type { BackgroundPlan } from './background-plan.ts';
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
  /** From the order to a machine that can load the model. With background work it is what that needs to let go of it. */
  readonly provisionNs: Ns;
  /** Until the weights are in memory and the engine has started. */
  readonly loadNs: Ns;
  /** Who has the instances that scaling has released; without it they are off. */
  readonly background?: BackgroundPlan;
}

import type { Module, ScalingContext } from '../../sim/module.ts';
import type { ScalingPolicy } from '../../sim/ports.ts';
import { fixed } from './fixed.ts';
import { predictive } from './predictive.ts';
import { schedule } from './schedule.ts';
import { targetLoad } from './target-load.ts';
import { targetQueue } from './target-queue.ts';

/** Every scaling policy a pool can name. */
export const scalingPolicies: readonly Module<ScalingPolicy, unknown, ScalingContext>[] = [
  fixed, //
  predictive,
  schedule,
  targetLoad,
  targetQueue,
];

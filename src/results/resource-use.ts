import type { PoolPlan } from '../sim/plan.ts';
import { achievedFlops, achievedHbmBytes } from '../sim/roofline.ts';
import type { WorkCounters } from '../sim/roofline.ts';
import { NS_PER_S } from '../sim/units.ts';

/** The counters of a timeline row that say how much work was done. */
export const WORK_COUNTERS = [
  'steps',
  'decodeSeqSteps',
  'prefillTokens',
  'kvTokenSteps',
  'prefillPairs',
  'prefillContextTokens',
] as const satisfies readonly (keyof WorkCounters)[];

/** What all accelerators of a pool did over some time, and what they could have done. */
export interface ResourceUse {
  readonly flops: number;
  readonly peakFlops: number;
  readonly hbmBytes: number;
  readonly peakHbmBytes: number;
}

/**
 * @param work of all instances of the pool; each accelerator of an instance does an equal part
 * @param onNs time switched on, summed over the instances
 */
export function resourceUse(
  pool: Pick<PoolPlan, 'acceleratorsPerInstance' | 'stepCost'>,
  work: WorkCounters,
  onNs: number,
): ResourceUse {
  const { stepCost, acceleratorsPerInstance } = pool;
  const acceleratorS = acceleratorsPerInstance * (onNs / NS_PER_S);
  return {
    flops: achievedFlops(stepCost, work) * acceleratorsPerInstance,
    peakFlops: stepCost.peakFlopsPerS * acceleratorS,
    hbmBytes: achievedHbmBytes(stepCost, work) * acceleratorsPerInstance,
    peakHbmBytes: stepCost.peakHbmBytesPerS * acceleratorS,
  };
}

/** A part of nothing is 0. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

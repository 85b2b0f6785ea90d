import { z } from 'zod';
import { NS_PER_S, type Ns } from '../../sim/units.ts';

/** Options of policies that follow what they see. */
export const followingShape = {
  tolerance: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('nothing changes while the figure is so near its target, as a share of it (Kubernetes: 0.1)'),
  scaleDownAfterS: z
    .number()
    .min(0)
    .default(300)
    .describe('no fewer instances than were wanted at any time of so long a past, s (Kubernetes: 300)'),
};

/**
 * Instances for a figure that should be `perInstance` at each: the rule of the Kubernetes Horizontal Pod Autoscaler,
 * ceil(instances × figure / target), where the figure is a mean over the instances.
 *
 * @param total of the figure over all instances
 * @param instances there now, ready or on their way
 */
export function wantedFor(total: number, perInstance: number, instances: number, tolerance: number): number {
  const ratio = total / (perInstance * instances);
  if (Math.abs(ratio - 1) <= tolerance) return instances;
  return Math.ceil(total / perInstance);
}

/** Goes up at once, and down to the most that was wanted lately. */
export class SlowDescent {
  readonly #windowNs: Ns;
  readonly #wanted: { readonly timeNs: Ns; readonly instances: number }[];

  /** @param startInstances what was wanted at the start */
  constructor(windowS: number, startInstances: number) {
    this.#windowNs = windowS * NS_PER_S;
    this.#wanted = [{ timeNs: 0, instances: startInstances }];
  }

  settle(instances: number, nowNs: Ns): number {
    const wanted = this.#wanted;
    // What is older than the window, or was less than what is wanted now, never decides again.
    while (wanted.length > 0 && wanted.at(-1)!.instances <= instances) wanted.pop();
    wanted.push({ timeNs: nowNs, instances });
    while (wanted[0]!.timeNs < nowNs - this.#windowNs) wanted.shift();
    return wanted[0]!.instances;
  }
}

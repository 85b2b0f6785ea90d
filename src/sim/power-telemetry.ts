import type { Instance } from './instance.ts';
import type { PowerPlan } from './plan.ts';
import type { Ns } from './units.ts';

/** An instance and what its pool says of its power. */
export interface PoweredInstance {
  readonly instance: Instance;
  readonly power: PowerPlan;
  readonly accelerators: number;
  /** Draw of one accelerator while it is off and lent to background work; left out, nobody has it then. */
  readonly lentWatts?: number | undefined;
}

/**
 * What all instances draw at one moment: each its step that is in progress just before it, by its energy over its duration.
 * It is read off the segments' closed forms, so looking changes nothing.
 */
export class PowerSnapshot {
  timeNs: Ns = 0;
  /** Per instance, of its accelerators. */
  readonly drawWatts: Float64Array;
  /** … and of what is around them. */
  readonly aroundWatts: Float64Array;
  /** Duration of the step; 0 where there is none. */
  readonly stepNs: Float64Array;
  readonly waitingRequests: Float64Array;
  readonly runningRequests: Float64Array;
  /** Per domain; whoever knows the domains fills it in. */
  readonly domainWatts: Float64Array;

  constructor(instances: number, domains: number) {
    this.drawWatts = new Float64Array(instances);
    this.aroundWatts = new Float64Array(instances);
    this.stepNs = new Float64Array(instances);
    this.waitingRequests = new Float64Array(instances);
    this.runningRequests = new Float64Array(instances);
    this.domainWatts = new Float64Array(domains);
  }

  /** Batches that are formed at this moment are not formed yet. */
  take(instances: readonly PoweredInstance[], nowNs: Ns): void {
    this.timeNs = nowNs;
    for (let index = 0; index < instances.length; index++) {
      const { instance, power, accelerators, lentWatts } = instances[index]!;
      const { isIdle } = instance;
      const { isOn } = instance.idleTime;
      const isLent = !isOn && lentWatts !== undefined;
      const unused = isOn && !instance.idleTime.isAsleepBefore(nowNs) ? power.idleWatts : power.offWatts;
      const restWatts = isLent ? lentWatts : unused;
      this.drawWatts[index] = isIdle ? accelerators * restWatts : instance.run.drawWattsAt(nowNs);
      this.stepNs[index] = isIdle ? 0 : instance.run.stepNsAt(nowNs);
      this.aroundWatts[index] = aroundInstance(power, accelerators, !isIdle || isLent);
      this.waitingRequests[index] = instance.waitingRequests;
      this.runningRequests[index] = instance.batch.running.size;
    }
  }
}

/** Servers and network of an instance, while its accelerators are busy or not. */
export function aroundInstance(power: PowerPlan, accelerators: number, isBusy: boolean): number {
  const { hostIdleWatts, hostBusyWatts, networkWatts } = power;
  return accelerators * (hostIdleWatts + networkWatts + (isBusy ? hostBusyWatts : 0));
}

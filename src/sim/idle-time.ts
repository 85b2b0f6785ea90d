import type { PoolCounters } from './pool-counters.ts';
import type { Ns } from './units.ts';

/** How long one instance is switched on without a step in progress, credited to its pool where energy is recorded. */
export class IdleTime {
  readonly #counters: PoolCounters;
  readonly #isRecorded: boolean;
  /** Whether the instance is switched on. */
  isOn = true;
  /** Between segments: since when, or since the latest observation. */
  #fromNs: Ns = 0;

  constructor(counters: PoolCounters, isRecorded: boolean) {
    this.#counters = counters;
    this.#isRecorded = isRecorded;
  }

  /** From now on time without a step is idle time. */
  switchOn(nowNs: Ns): void {
    this.isOn = true;
    this.#fromNs = nowNs;
  }

  /** The instance has nothing to do, and costs nothing any more. */
  switchOff(nowNs: Ns): void {
    this.creditUntil(nowNs);
    this.isOn = false;
  }

  /** A segment has ended. */
  begin(nowNs: Ns): void {
    this.#fromNs = nowNs;
  }

  /** A segment begins, or somebody looks while none is in progress. */
  creditUntil(nowNs: Ns): void {
    if (this.#isRecorded && this.isOn) this.#counters.idleNs += nowNs - this.#fromNs;
    this.#fromNs = nowNs;
  }
}

import type { PoolCounters } from './pool-counters.ts';
import type { SleepRequest } from './ports.ts';
import type { Ns } from './units.ts';

/**
 * How long one instance is switched on without a step in progress, how much of that its accelerators sleep, and when it is
 * looked at next. Time is credited to its pool where energy is recorded.
 */
export class IdleTime {
  /** Whether the instance is switched on. */
  isOn = true;
  /** While it is idle: when it must next be looked at, because something happens that it waits for, or never. */
  lookNs: Ns = Infinity;
  readonly #counters: PoolCounters;
  readonly #isRecorded: boolean;
  readonly #afterNs: Ns;
  readonly #wakeNs: Ns;
  /** Between segments: since when, or since the latest observation. */
  #fromNs: Ns = 0;
  /** When it falls asleep unless it is looked at before. */
  #sleepFromNs: Ns;
  /** While it starts it does not sleep, even if what it had before is looked at once more. */
  #isStarting = false;

  constructor(counters: PoolCounters, isRecorded: boolean, sleep?: SleepRequest) {
    this.#counters = counters;
    this.#isRecorded = isRecorded;
    this.#afterNs = sleep?.afterNs ?? Infinity;
    this.#wakeNs = sleep?.wakeNs ?? 0;
    this.#sleepFromNs = this.#afterNs;
  }

  /** From now on time without a step is idle time. */
  switchOn(nowNs: Ns): void {
    this.isOn = true;
    this.#isStarting = true;
    this.#fromNs = nowNs;
    this.#sleepFromNs = Infinity;
  }

  /** It has started. */
  ready(nowNs: Ns): void {
    this.#isStarting = false;
    this.#sleepFromNs = nowNs + this.#afterNs;
  }

  /** The instance has nothing to do, and costs nothing any more. */
  switchOff(nowNs: Ns): void {
    this.creditUntil(nowNs);
    this.isOn = false;
  }

  /** A segment has ended; after the last one of a run nobody looks any more. */
  begin(nowNs: Ns): void {
    this.#fromNs = nowNs;
    this.#sleepFromNs = nowNs + this.#afterNs;
    this.lookNs = Infinity;
  }

  /** It has been looked at, and there was nothing to do until then. */
  rest(nowNs: Ns, untilNs: Ns): void {
    this.creditUntil(nowNs);
    this.#sleepFromNs = this.#isStarting ? Infinity : nowNs + this.#afterNs;
    this.lookNs = Infinity;
    this.waitFor(untilNs);
  }

  /** Something happens then that an idle instance is looked at for, or woken. Answers whether that is sooner than what was known. */
  waitFor(timeNs: Ns): boolean {
    const lookNs = timeNs > this.#sleepFromNs ? timeNs + this.#wakeNs : timeNs;
    if (lookNs >= this.lookNs) return false;
    this.lookNs = lookNs;
    return true;
  }

  /** Whether an idle instance slept just before a moment. */
  isAsleepBefore(nowNs: Ns): boolean {
    return this.#sleepFromNs < nowNs && nowNs <= this.lookNs - this.#wakeNs;
  }

  /** A segment begins, or somebody looks while none is in progress. */
  creditUntil(nowNs: Ns): void {
    if (this.#isRecorded && this.isOn) {
      const { lookNs } = this;
      const asleepNs = Math.min(nowNs, lookNs - this.#wakeNs) - Math.max(this.#fromNs, this.#sleepFromNs);
      this.#counters.idleNs += nowNs - this.#fromNs;
      if (asleepNs > 0) this.#counters.sleepNs += asleepNs;
    }
    this.#fromNs = nowNs;
  }
}

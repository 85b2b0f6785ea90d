import type { SleepRequest } from '../../src/sim/ports.ts';

/** The time in which an instance has nothing to do: when it is looked at again, and how long its accelerators sleep. */
export class ReferenceRest {
  /** When it will be looked at, if it rests until then. */
  looksNs: number | undefined;
  readonly #afterNs: number;
  readonly #wakeNs: number;
  #sleptNs = 0;
  /** Since when it rests; undefined while it works, starts or is off. */
  #sinceNs: number | undefined = 0;

  constructor(sleep: SleepRequest | undefined) {
    this.#afterNs = sleep?.afterNs ?? Infinity;
    this.#wakeNs = sleep?.wakeNs ?? 0;
  }

  begin(nowNs: number): void {
    this.#sinceNs = nowNs;
  }

  /** It is looked at, or switched off. */
  end(nowNs: number): void {
    this.#sleptNs += this.#sleepNsUntil(nowNs);
    this.#sinceNs = undefined;
    this.looksNs = undefined;
  }

  /** When it is looked at because something happens then. */
  lookNsFor(timeNs: number): number {
    return timeNs > this.#fallsAsleepNs ? timeNs + this.#wakeNs : timeNs;
  }

  isAsleepBefore(nowNs: number): boolean {
    return this.#fallsAsleepNs < nowNs && nowNs <= this.#wakesUpNs;
  }

  /** Since the start of the run. */
  sleepNsAt(nowNs: number): number {
    return this.#sleptNs + this.#sleepNsUntil(nowNs);
  }

  #sleepNsUntil(nowNs: number): number {
    const untilNs = Math.min(nowNs, this.#wakesUpNs);
    return untilNs > this.#fallsAsleepNs ? untilNs - this.#fallsAsleepNs : 0;
  }

  get #fallsAsleepNs(): number {
    return this.#sinceNs === undefined ? Infinity : this.#sinceNs + this.#afterNs;
  }

  get #wakesUpNs(): number {
    return this.looksNs === undefined ? Infinity : this.looksNs - this.#wakeNs;
  }
}

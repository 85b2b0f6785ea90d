import { MAX_SEGMENT_QUANTA, QUANTA_PER_JOULE, type Quanta } from './units.ts';

/** An exact sum of quanta of any size: whole joules are put aside before a double could no longer count. */
export class QuantaSum {
  #joules = 0;
  #quanta: Quanta = 0;

  /** @param quanta at most MAX_SEGMENT_QUANTA either way */
  add(quanta: Quanta): void {
    this.#quanta += quanta;
    if (Math.abs(this.#quanta) >= MAX_SEGMENT_QUANTA) this.#putAside();
  }

  /** Rounded once: both parts are exact. */
  get joules(): number {
    return this.#joules + this.#quanta / QUANTA_PER_JOULE;
  }

  reset(): void {
    this.#joules = 0;
    this.#quanta = 0;
  }

  #putAside(): void {
    const joules = Math.floor(this.#quanta / QUANTA_PER_JOULE);
    this.#joules += joules;
    this.#quanta -= joules * QUANTA_PER_JOULE;
  }
}

import { Streams } from '../../src/sim/streams.ts';

/** Times in system of an M/M/1 queue with services of mean 1, customer by customer, by Lindley's recursion. */
export class Mm1 {
  readonly #uniform: () => number;
  readonly #meanGap: number;
  #wait: number;

  /** @param wait what the first customer finds before it */
  constructor(load: number, seed: number, wait = 0) {
    const rng = new Streams(seed).stream('mm1');
    this.#uniform = () => rng.uniform();
    this.#meanGap = 1 / load;
    this.#wait = wait;
  }

  /** True when the customer that `next` will answer finds nobody. */
  get idle(): boolean {
    return this.#wait === 0;
  }

  next(): number {
    const timeInSystem = this.#wait - Math.log(1 - this.#uniform());
    const gap = -this.#meanGap * Math.log(1 - this.#uniform());
    this.#wait = Math.max(0, timeInSystem - gap);
    return timeInSystem;
  }
}

/** The mean time in system, 1 / (1 − ρ) services: Kleinrock, Queueing Systems, vol. 1, eq. 3.26. */
export const mm1Mean = (load: number) => 1 / (1 - load);

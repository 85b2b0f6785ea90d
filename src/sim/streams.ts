import seedrandom from 'seedrandom';

/** One source of randomness with one purpose. */
export interface Rng {
  /** Uniform in [0, 1) with 53 bits. */
  uniform(): number;
}

/**
 * Named random streams of one run. A stream depends on the run's seed and its own name and on nothing else: two
 * policies meet the same arrivals, and a new consumer of randomness disturbs nobody.
 */
export class Streams {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  stream(name: string): Rng {
    const generator = seedrandom.alea(`${this.#seed}/${name}`);
    return { uniform: () => generator.double() };
  }
}

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
    return new Alea(`${this.#seed}/${name}`);
  }
}

const MULTIPLIER = 2_091_639;
const TWO_21 = 2_097_152;
const PER_TWO_32 = 1 / 4_294_967_296;
const PER_TWO_53 = PER_TWO_32 / TWO_21;

/**
 * J. Baagøe's Alea, a multiply-with-carry generator in doubles, seeded by the library. Its `double()` gives the same
 * numbers, but keeps its state where every draw has to allocate.
 */
class Alea implements Rng {
  #s0 = 0;
  #s1 = 0;
  #s2 = 0;
  #carry = 0;

  constructor(seed: string) {
    const { s0, s1, s2, c } = seedrandom.alea(seed, { state: true }).state();
    this.#s0 = s0;
    this.#s1 = s1;
    this.#s2 = s2;
    this.#carry = c;
  }

  uniform(): number {
    const first = MULTIPLIER * this.#s0 + this.#carry * PER_TWO_32;
    const carry = first | 0;
    const high = first - carry;
    const second = MULTIPLIER * this.#s1 + carry * PER_TWO_32;
    this.#carry = second | 0;
    const low = second - this.#carry;
    this.#s0 = this.#s2;
    this.#s1 = high;
    this.#s2 = low;
    return high + ((low * TWO_21) | 0) * PER_TWO_53;
  }
}

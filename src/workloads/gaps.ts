import { counterUniform, exponential, gamma } from '../sim/distributions.ts';
import { PendingArrivals } from '../sim/pending-arrivals.ts';
import type { Rng } from '../sim/streams.ts';

/** Gaps between the arrivals of a stationary process, in mean gaps; the first is from time 0. */
export interface Gaps {
  next(): number;
}

/** Far from the draws of the rejection, whose number is not known. */
const RESIDUAL_DRAW = 1_000_000;

export class ExponentialGaps implements Gaps {
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  next(): number {
    return exponential(this.#rng.uniform(), 1);
  }
}

/**
 * Gamma gaps. Time 0 lies in a gap as often as the gap is long, and anywhere in it: a gap weighted by its length is gamma
 * of shape + 1.
 */
export class GammaGaps implements Gaps {
  readonly #shape: number;
  readonly #seed: number;
  #count = 0;

  constructor(shape: number, seed: number) {
    this.#shape = shape;
    this.#seed = seed;
  }

  next(): number {
    const count = this.#count++;
    if (count > 0) return gamma(this.#shape, this.#seed, count) / this.#shape;
    return (counterUniform(this.#seed, 0, RESIDUAL_DRAW) * gamma(this.#shape + 1, this.#seed, count)) / this.#shape;
  }
}

/**
 * Weibull gaps: E to the power 1/shape of an exponential E. Weighted by its length, the first has for E a gamma of shape
 * 1 + 1/shape.
 */
export class WeibullGaps implements Gaps {
  readonly #shape: number;
  readonly #mean: number;
  readonly #seed: number;
  #count = 0;

  constructor(shape: number, seed: number) {
    this.#shape = shape;
    this.#mean = Math.exp(logGamma(1 + 1 / shape));
    this.#seed = seed;
  }

  next(): number {
    const count = this.#count++;
    if (count > 0) return this.#power(exponential(counterUniform(this.#seed, count, 0), 1)) / this.#mean;
    const within = counterUniform(this.#seed, 0, RESIDUAL_DRAW);
    return (within * this.#power(gamma(1 + 1 / this.#shape, this.#seed, 0))) / this.#mean;
  }

  #power(base: number): number {
    return Math.exp(Math.log(base) / this.#shape);
  }
}

/** Several clients at once, each with gaps of its own and its share of all arrivals. */
export class SuperposedGaps implements Gaps {
  readonly #clients: readonly Gaps[];
  readonly #shares: readonly number[];
  readonly #due = new PendingArrivals();
  #now = 0;

  /** @param shares of all arrivals, by client; they add up to 1 */
  constructor(clients: readonly Gaps[], shares: readonly number[]) {
    this.#clients = clients;
    this.#shares = shares;
    clients.forEach((client, index) => this.#due.push(client.next() / shares[index]!, index));
  }

  next(): number {
    const before = this.#now;
    this.#now = this.#due.timeNs;
    const client = this.#due.pop();
    this.#due.push(this.#now + this.#clients[client]!.next() / this.#shares[client]!, client);
    return this.#now - before;
  }
}

/** Shape of gamma gaps with this standard deviation / mean. */
export function gammaShape(cv: number): number {
  return 1 / (cv * cv);
}

/** Shape of Weibull gaps with this standard deviation / mean: cv² + 1 = Γ(1 + 2/k) / Γ(1 + 1/k)², which falls with k. */
export function weibullShape(cv: number): number {
  const target = Math.log(1 + cv * cv);
  let low = 0.05;
  let high = 200;
  for (let halving = 0; halving < 60; halving++) {
    const shape = Math.sqrt(low * high);
    if (logGamma(1 + 2 / shape) - 2 * logGamma(1 + 1 / shape) > target) low = shape;
    else high = shape;
  }
  return Math.sqrt(low * high);
}

/** ln Γ(x) for x ≥ 1: Stirling's series (Abramowitz and Stegun 6.1.41) after Γ(x + 1) = x Γ(x) has made x large. */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 0;
  for (; shifted < 10; shifted++) product += Math.log(shifted);
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - product;
}

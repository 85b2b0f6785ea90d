/** Share of the k-th of `count` things, k from 1, that are used ∝ 1 / k to the power `exponent`. */
export function zipfShares(count: number, exponent: number): number[] {
  const weights = Array.from({ length: count }, (_, k) => Math.exp(-exponent * Math.log(k + 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** One of `count` things, the k-th ∝ 1 / k to the power `exponent`. */
export class ZipfChoice {
  /** Of all choices: up to and including the k-th. */
  readonly #upTo: Float64Array;

  constructor(count: number, exponent: number) {
    let sum = 0;
    this.#upTo = Float64Array.from(zipfShares(count, exponent), (share) => (sum += share));
  }

  /** From 0. @param uniform in (0, 1) */
  of(uniform: number): number {
    const upTo = this.#upTo;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (uniform < upTo[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

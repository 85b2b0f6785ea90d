/**
 * Pearson's χ² of numbers in [0, 1) over equal bins, in standard deviations from its mean (χ² has mean bins − 1 and
 * variance 2 (bins − 1)).
 */
export function chiSquareZ(uniforms: readonly number[], bins: number): number {
  const counts = new Float64Array(bins);
  for (const uniform of uniforms) counts[Math.floor(uniform * bins)]! += 1;
  const expected = uniforms.length / bins;
  let chiSquare = 0;
  for (const count of counts) chiSquare += ((count - expected) * (count - expected)) / expected;
  return (chiSquare - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

/** χ² of pairs over a square grid: large when the second depends on the first in any way that the grid can see. */
export function pairChiSquareZ(first: readonly number[], second: readonly number[], side: number): number {
  const cells = first.map((u, i) => (Math.floor(u * side) + second[i]!) / side);
  return chiSquareZ(cells, side * side);
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const meanA = a.reduce((sum, x) => sum + x, 0) / a.length;
  const meanB = b.reduce((sum, x) => sum + x, 0) / b.length;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! - meanA;
    const y = b[i]! - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Kolmogorov and Smirnov's distance between a sample and a distribution function, times √n; above 2 once in 1,500. */
export function kolmogorovSmirnov(sample: readonly number[], distribution: (x: number) => number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  let distance = 0;
  sorted.forEach((x, i) => {
    const share = distribution(x);
    distance = Math.max(distance, share - i / sorted.length, (i + 1) / sorted.length - share);
  });
  return distance * Math.sqrt(sorted.length);
}

/** One linear equation: Σ slopes (θ − at) = value, within a noise. */
export interface Equation {
  readonly slopes: readonly number[];
  readonly value: number;
  readonly noise: number;
}

/**
 * θ that fits equations linearised at `at` best, when each θ is normal around 0 beforehand: minimises
 * Σ ((s·(θ − at) − value) / noise)² + Σ (θ / prior)². With the standard deviations of θ that are left.
 */
export function leastSquares(
  equations: readonly Equation[],
  at: readonly number[],
  prior: readonly number[],
): { readonly solution: number[]; readonly spreads: number[] } {
  const size = at.length;
  const matrix = prior.map((spread, k) => prior.map((_, j) => (j === k ? 1 / (spread * spread) : 0)));
  const right = at.map((value, k) => -value / (prior[k]! * prior[k]!));
  for (const { slopes, value, noise } of equations) {
    const weight = 1 / (noise * noise);
    for (let k = 0; k < size; k++) {
      right[k]! += weight * slopes[k]! * value;
      for (let j = 0; j < size; j++) matrix[k]![j]! += weight * slopes[k]! * slopes[j]!;
    }
  }
  const inverse = inverted(matrix);
  const step = inverse.map((row) => row.reduce((sum, value, k) => sum + value * right[k]!, 0));
  return {
    solution: at.map((value, k) => value + step[k]!),
    spreads: inverse.map((row, k) => Math.sqrt(row[k]!)),
  };
}

/** Gauss and Jordan; positive definite matrices need no exchange of rows. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, k) => [...row, ...row.map((_, j) => (j === k ? 1 : 0))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const scale = rows[pivot]![pivot]!;
    rows[pivot] = rows[pivot]!.map((value) => value / scale);
    for (let k = 0; k < size; k++) {
      if (k === pivot) continue;
      const factor = rows[k]![pivot]!;
      rows[k] = rows[k]!.map((value, j) => value - factor * rows[pivot]![j]!);
    }
  }
  return rows.map((row) => row.slice(size));
}

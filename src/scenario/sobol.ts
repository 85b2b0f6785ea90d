/**
 * The Sobol' sequence with the direction numbers of S. Joe and F. Y. Kuo, Constructing Sobol sequences with better
 * two-dimensional projections, SIAM J. Sci. Comput. 30 (2008), file new-joe-kuo-6: to every dimension after the first
 * the coefficients of a primitive polynomial as one number, then the first direction numbers m.
 */
const POLYNOMIALS: readonly (readonly [coefficients: number, ...m: number[]])[] = [
  [0, 1],
  [1, 1, 3],
  [1, 1, 3, 1],
  [2, 1, 1, 1],
  [1, 1, 1, 3, 3],
  [4, 1, 3, 5, 13],
  [2, 1, 1, 5, 5, 17],
  [4, 1, 1, 5, 5, 5],
  [7, 1, 1, 7, 11, 19],
  [11, 1, 1, 5, 1, 1],
  [13, 1, 1, 1, 3, 11],
  [14, 1, 3, 5, 5, 31],
  [1, 1, 3, 3, 9, 7, 49],
  [13, 1, 1, 1, 15, 21, 21],
  [16, 1, 3, 1, 13, 27, 49],
  [19, 1, 1, 1, 15, 7, 5],
  [22, 1, 3, 1, 15, 13, 25],
  [25, 1, 1, 5, 5, 19, 61],
  [1, 1, 3, 7, 11, 23, 15, 103],
  [4, 1, 3, 7, 13, 13, 15, 69],
];
const BITS = 32;

/** One more than the table has: the first dimension needs no polynomial. */
export const MOST_SOBOL_DIMENSIONS = POLYNOMIALS.length + 1;

/**
 * Coordinates of point `index` (from 0), each in [0, 1), as whole numbers of 2⁻³². The first 2^k points have one
 * in each of the 2^k equal parts of every coordinate.
 * @throws when there are more dimensions than the table has
 */
export function sobolPoint(index: number, dimensions: number): number[] {
  if (dimensions > MOST_SOBOL_DIMENSIONS) throw new Error(`${dimensions} dimensions, of which there are fewer`);
  return Array.from({ length: dimensions }, (_, dimension) => {
    const directions = DIRECTIONS[dimension]!;
    let bits = 0;
    for (let bit = 0, rest = index; rest > 0; bit++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) bits ^= directions[bit]!;
    }
    return bits >>> 0;
  });
}

const DIRECTIONS: readonly Uint32Array[] = [
  Uint32Array.from({ length: BITS }, (_, bit) => 1 << (BITS - 1 - bit)),
  ...POLYNOMIALS.map(directionsOf),
];

/** v(i) = a(1) v(i−1) ⊕ … ⊕ a(s−1) v(i−s+1) ⊕ v(i−s) ⊕ v(i−s)/2^s, from v(i) = m(i) 2^(32−i). */
function directionsOf([coefficients, ...m]: readonly [number, ...number[]]): Uint32Array {
  const degree = m.length;
  const directions = new Uint32Array(BITS);
  for (let i = 0; i < BITS; i++) {
    if (i < degree) {
      directions[i] = m[i]! << (BITS - 1 - i);
      continue;
    }
    let direction = directions[i - degree]! ^ (directions[i - degree]! >>> degree);
    for (let k = 1; k < degree; k++) {
      if (((coefficients >> (degree - 1 - k)) & 1) === 1) direction ^= directions[i - k]!;
    }
    directions[i] = direction;
  }
  return directions;
}

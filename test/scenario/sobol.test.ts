import { describe, expect, test } from 'vitest';
import { MOST_SOBOL_DIMENSIONS, sobolPoint } from '../../src/scenario/sobol.ts';

const TWO_32 = 2 ** 32;
const point = (index: number, dimensions: number) => sobolPoint(index, dimensions).map((bits) => bits / TWO_32);

describe('Sobol’ points', () => {
  // In the order of the index's own bits; I. M. Sobol', USSR Comput. Math. Math. Phys. 7 (1967) has the first two columns.
  test('begin as published', () => {
    expect(Array.from({ length: 4 }, (_, index) => point(index, 2))).toEqual([
      [0, 0],
      [0.5, 0.5],
      [0.25, 0.75],
      [0.75, 0.25],
    ]);
  });

  test('of the first 2^k have one in every 2^k-th part of every coordinate', () => {
    for (const size of [2, 64, 1_024]) {
      const points = Array.from({ length: size }, (_, index) => point(index, MOST_SOBOL_DIMENSIONS));
      for (let dimension = 0; dimension < MOST_SOBOL_DIMENSIONS; dimension++) {
        const strata = points.map((coordinates) => Math.floor(size * coordinates[dimension]!));
        expect(new Set(strata).size).toBe(size);
      }
    }
  });

  // Property A of Sobol'; Joe and Kuo's numbers have it in the first 1,111 dimensions.
  test.each([2, 5, 10, 16])('of the first 2^%i have one in every orthant of as many dimensions', (dimensions) => {
    const orthants = new Set<number>();
    for (let index = 0; index < 2 ** dimensions; index++) {
      orthants.add(sobolPoint(index, dimensions).reduce((bits, coordinate) => 2 * bits + (coordinate >>> 31), 0));
    }
    expect(orthants.size).toBe(2 ** dimensions);
  });

  // Table of t values for two dimensions: the numbers were chosen for good pairs, so no pair of the first few may be poor.
  test('of the first 256 leave no sixteenth by sixteenth square with more than eight, in any pair of dimensions', () => {
    const points = Array.from({ length: 256 }, (_, index) => point(index, MOST_SOBOL_DIMENSIONS));
    for (let a = 0; a < MOST_SOBOL_DIMENSIONS; a++) {
      for (let b = a + 1; b < MOST_SOBOL_DIMENSIONS; b++) {
        const squares = new Map<number, number>();
        for (const coordinates of points) {
          const square = 16 * Math.floor(16 * coordinates[a]!) + Math.floor(16 * coordinates[b]!);
          squares.set(square, (squares.get(square) ?? 0) + 1);
        }
        expect(Math.max(...squares.values())).toBeLessThanOrEqual(8);
      }
    }
  });

  test('of more dimensions than the table has are refused', () => {
    expect(() => sobolPoint(0, MOST_SOBOL_DIMENSIONS + 1)).toThrow('22 dimensions');
  });
});

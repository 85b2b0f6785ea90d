import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sweepPoints } from '../../src/scenario/sweep-design.ts';
import { sweepSchema } from '../../src/scenario/variant-schema.ts';

function valuesOf(sweep: unknown): unknown[][] {
  return sweepPoints(sweepSchema().parse(sweep)).map((point) => point.map(({ value }) => value));
}

describe('a grid', () => {
  test('has every combination, and the last axis changes fastest', () => {
    expect(valuesOf({ a: [1, 2], b: ['x', 'y'] })).toEqual([
      [1, 'x'],
      [1, 'y'],
      [2, 'x'],
      [2, 'y'],
    ]);
  });

  test('cuts ranges by step or count, both ends included, with the numbers one would write', () => {
    expect(valuesOf({ a: { from: 0.1, to: 0.5, step: 0.1 } }).flat()).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(valuesOf({ a: { from: 1, to: 2, step: 0.4 } }).flat()).toEqual([1, 1.4, 1.8]);
    expect(valuesOf({ a: { from: 4, to: 12, count: 5, whole: true } }).flat()).toEqual([4, 6, 8, 10, 12]);
    expect(valuesOf({ a: { from: 1, to: 1000, count: 4, scale: 'log' } }).flat()).toEqual([1, 10, 100, 1000]);
  });
});

test('a list takes one value of every axis at a time', () => {
  expect(valuesOf({ kind: 'list', a: [1, 2, 3], b: { from: 10, to: 30, step: 10 } })).toEqual([
    [1, 10],
    [2, 20],
    [3, 30],
  ]);
});

describe.each(['latin-hypercube', 'sobol'])('a %s sample', (kind) => {
  const points = 64;

  test('has one point in every 64th part of every range', () => {
    fc.assert(
      fc.property(fc.nat(1_000), (seed) => {
        const sample = valuesOf({ kind, points, seed, a: { from: 0, to: 64 }, b: { from: -1, to: 1 } });
        expect(new Set(sample.map(([a]) => Math.floor(a as number))).size).toBe(points);
        expect(new Set(sample.map(([, b]) => Math.floor(32 * ((b as number) + 1)))).size).toBe(points);
      }),
      { numRuns: 30 },
    );
  });

  test('gives whole numbers and the entries of lists equal shares, and stays within the ends', () => {
    const sample = valuesOf({ kind, points, a: { from: 1, to: 4, whole: true }, b: ['x', 'y'] });
    const count = (axis: number, value: unknown) => sample.filter((point) => point[axis] === value).length;

    expect([1, 2, 3, 4].map((value) => count(0, value))).toEqual([16, 16, 16, 16]);
    expect([count(1, 'x'), count(1, 'y')]).toEqual([32, 32]);
  });

  test('gives every octave of a logarithmic range an equal share', () => {
    const values = valuesOf({ kind, points, a: { from: 1, to: 16, scale: 'log' } }).flat() as number[];

    expect([1, 2, 4, 8].map((low) => values.filter((v) => v >= low && v < 2 * low).length)).toEqual([16, 16, 16, 16]);
  });

  test('is another one with another seed, and an axis keeps its values when another is added', () => {
    const a = { from: 0, to: 1 };
    const alone = valuesOf({ kind, points, a }).map(([value]) => value);

    expect(valuesOf({ kind, points, seed: 2, a }).map(([value]) => value)).not.toEqual(alone);
    expect(valuesOf({ kind, points, a, b: a }).map(([value]) => value)).toEqual(alone);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combineSeeds, halfWidth95, twoSidedT } from '../../src/results/statistics.ts';
import type { SummaryEntry } from '../../src/results/summary.ts';

describe("Student's t", () => {
  // Published tables: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  test.each([
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 3, 3.182],
    [0.95, 4, 2.776],
    [0.95, 9, 2.262],
    [0.95, 10, 2.228],
    [0.95, 29, 2.045],
    [0.95, 30, 2.042],
    [0.95, 100, 1.984],
    [0.9, 5, 2.015],
    [0.99, 7, 3.499],
    [0.99, 1, 63.657],
  ])('stays within ±t with probability %f at %i degrees of freedom for t = %f', (probability, degrees, table) => {
    expect(Number(twoSidedT(probability, degrees).toFixed(3))).toBe(table);
  });

  test('has closed forms at 1 and 2 degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (p) => {
        expect(twoSidedT(p, 1) / Math.tan((Math.PI * p) / 2)).toBeCloseTo(1, 9);
        expect(twoSidedT(p, 2) / (p * Math.sqrt(2 / (1 - p * p)))).toBeCloseTo(1, 9);
      }),
    );
  });
});

test('the half-width over 1, 2, 3 is t(2) × 1 / √3, and a single run has none', () => {
  expect(halfWidth95([1, 2, 3])).toBeCloseTo(4.3026527 / Math.sqrt(3), 6);
  expect(halfWidth95([5])).toBeUndefined();
  expect(halfWidth95([5, 5])).toBe(0);
});

const entry: SummaryEntry = {
  scope: 'fleet',
  scopeName: 'fleet',
  metric: 'ttft',
  statistic: 'p99',
  value: 1,
  unit: 'ms',
  halfWidth95: undefined,
  grade: 'measured',
};

describe('seeds combined', () => {
  test('are the mean of each figure, in the order of the first, with the worst grade', () => {
    const tpot: SummaryEntry = { ...entry, metric: 'tpot', value: 10 };
    const combined = combineSeeds([
      [entry, tpot],
      [
        { ...entry, value: 2, grade: 'estimated' },
        { ...tpot, value: 30 },
      ],
      [
        { ...entry, value: 3 },
        { ...tpot, value: 20 },
      ],
    ]);

    expect(combined.map(({ metric, value, grade }) => [metric, value, grade])).toEqual([
      ['ttft', 2, 'estimated'],
      ['tpot', 20, 'measured'],
    ]);
    expect(combined[0]!.halfWidth95).toBe(halfWidth95([1, 2, 3]));
  });

  test('of one run are that run', () => {
    expect(combineSeeds([[entry]])).toEqual([entry]);
  });

  test('rest on the seeds that have a figure', () => {
    const combined = combineSeeds([[entry], [{ ...entry, value: 3 }], []]);

    expect(combined).toHaveLength(1);
    expect(combined[0]!.value).toBe(2);
    expect(combined[0]!.halfWidth95).toBe(halfWidth95([1, 3]));
  });

  test('keep scopes of one name but different kinds apart', () => {
    expect(combineSeeds([[entry, { ...entry, scope: 'pool', scopeName: 'fleet' }]])).toHaveLength(2);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SeriesPlan } from '../../src/sim/money-plan.ts';
import { meanOver, valueAt } from '../../src/sim/series.ts';

/** 1 until 10, then 4 until 25, then 2 until 30, and again. */
const daily: SeriesPlan = { atNs: [0, 10, 25], values: [1, 4, 2], periodNs: 30 };
const once: SeriesPlan = { atNs: [0, 10, 25], values: [1, 4, 2] };

test('a value holds from its moment to the next', () => {
  expect([0, 9, 10, 24, 25, 29, 30, 71].map((ns) => valueAt(daily, ns))).toEqual([1, 1, 4, 4, 2, 2, 1, 4]);
  expect([29, 30, 1e15].map((ns) => valueAt(once, ns))).toEqual([2, 2, 2]);
});

test('a mean weighs every value by how long it holds', () => {
  expect(meanOver(daily, 0, 30)).toBeCloseTo((10 * 1 + 15 * 4 + 5 * 2) / 30, 15);
  expect(meanOver(daily, 5, 12)).toBeCloseTo((5 * 1 + 2 * 4) / 7, 15);
  expect(meanOver(daily, 28, 62)).toBeCloseTo((2 * 2 + 80 + 2 * 1) / 34, 15);
  expect(meanOver(once, 28, 62)).toBe(2);
});

test('the mean is that of the values at every moment', () => {
  const anySeries = fc
    .record({
      gaps: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
      values: fc.array(fc.integer({ min: -50, max: 500 }), { minLength: 7, maxLength: 7 }),
      periodic: fc.boolean(),
    })
    .map(({ gaps, values, periodic }): SeriesPlan => {
      const ends = gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0));
      const atNs = [0, ...ends.slice(0, -1)];
      return { atNs, values: values.slice(0, atNs.length), ...(periodic && { periodNs: ends.at(-1)! }) };
    });

  fc.assert(
    fc.property(anySeries, fc.nat(300), fc.integer({ min: 1, max: 100 }), (series, fromNs, lengthNs) => {
      const values = Array.from({ length: lengthNs }, (_, ns) => valueAt(series, fromNs + ns));
      const mean = values.reduce((sum, value) => sum + value, 0) / lengthNs;
      expect(meanOver(series, fromNs, fromNs + lengthNs)).toBeCloseTo(mean, 9);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram, RELATIVE_ERROR, nearestRank } from '../../src/results/histogram.ts';

const durationsNs = fc.array(fc.double({ min: 0, max: 9e15, noNaN: true }), { minLength: 1, maxLength: 300 });
const latenciesNs = fc.array(fc.integer({ min: 1, max: 100_000_000_000 }), { minLength: 1, maxLength: 300 });
const probability = fc.double({ min: 0.001, max: 1, noNaN: true });

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** The definition: the smallest value that at least this share of the values does not exceed. */
function exactQuantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[nearestRank(p, sorted.length) - 1]!;
}

describe('a quantile of the histogram', () => {
  test('is within 0.05 % of the exact one', () => {
    expect(RELATIVE_ERROR).toBeLessThan(0.0005);
    fc.assert(
      fc.property(fc.oneof(latenciesNs, durationsNs), probability, (values, p) => {
        const exact = exactQuantile(values, p);
        const error = Math.abs(histogramOf(values).quantile(p)! - exact);

        // Below a nanosecond there is one bucket.
        expect(error).toBeLessThanOrEqual(exact < 1 ? 1 : RELATIVE_ERROR * exact);
      }),
    );
  });

  test('is exact when all values are one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e15, noNaN: true }), fc.nat(20), (value, more) => {
        const values = Array<number>(more + 1).fill(value);

        expect(histogramOf(values).quantile(0.99)).toBe(value);
      }),
    );
  });

  test('is exactly 0 where the exact one is, whatever else there is', () => {
    fc.assert(
      fc.property(durationsNs, fc.integer({ min: 1, max: 300 }), probability, (values, zeros, p) => {
        const all = [...values, ...Array<number>(zeros).fill(0)];
        const quantile = histogramOf(all).quantile(p)!;

        expect(quantile === 0).toBe(exactQuantile(all, p) === 0);
      }),
    );
  });

  test('is interpolated within a bucket: the median of four values spread over one is in its middle', () => {
    // The bucket from 2^20 is 512 wide; ranks 1 to 4 are placed at 1/8, 3/8, 5/8, 7/8 of it, then held to the extremes.
    const lower = 2 ** 20;
    const histogram = histogramOf([lower, lower + 100, lower + 300, lower + 511]);

    expect(histogram.quantile(0.5)).toBe(lower + (3 / 8) * 512);
    expect(histogram.quantile(1)).toBe(lower + (7 / 8) * 512);
  });

  test('of nothing is undefined, and so is the mean', () => {
    expect(new Histogram().quantile(0.5)).toBeUndefined();
    expect(new Histogram().mean).toBeUndefined();
  });
});

test('the rank of a quantile is the smallest that covers it, rounding errors aside', () => {
  expect(nearestRank(0.07, 100)).toBe(7);
  expect(nearestRank(0.95, 20)).toBe(19);
  expect(nearestRank(0.5, 3)).toBe(2);
  expect(nearestRank(0.0001, 3)).toBe(1);
  expect(nearestRank(1, 3)).toBe(3);
});

test('merging gives what adding everything to one gives', () => {
  fc.assert(
    fc.property(latenciesNs, latenciesNs, probability, (some, others, p) => {
      const merged = histogramOf(some);
      merged.merge(histogramOf(others));
      const whole = histogramOf([...some, ...others]);

      expect(merged.quantile(p)).toBe(whole.quantile(p));
      expect(merged.count).toBe(whole.count);
      expect(merged.mean).toBeCloseTo(whole.mean!, 3);
    }),
    { numRuns: 30 },
  );
});

test('a duration that is negative or no number is refused', () => {
  expect(() => new Histogram().add(-1)).toThrow('a duration cannot be -1 ns');
  expect(() => new Histogram().add(NaN)).toThrow('a duration cannot be NaN ns');
});

describe('the shape of a distribution', () => {
  test('counts what lies between a number and √2 times that, from the first taken part to the last', () => {
    const histogram = new Histogram();
    histogram.addAll(Float64Array.of(0, 4, 5, 5.65, 5.67, 7.9, 8, 16), 8);

    expect(histogram.halfOctaves()).toEqual([
      { from: 4, count: 3 },
      { from: 4 * Math.SQRT2, count: 2 },
      { from: 8, count: 1 },
      { from: 8 * Math.SQRT2, count: 0 },
      { from: 16, count: 1 },
    ]);
  });

  test('has no parts where nothing is 1 or more', () => {
    const histogram = new Histogram();
    histogram.add(0);

    expect(histogram.halfOctaves()).toEqual([]);
  });
});

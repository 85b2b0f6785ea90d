import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mser5 } from '../../src/results/warm-up.ts';
import { Streams } from '../../src/sim/streams.ts';
import { Mm1, mm1Mean } from './mm1.ts';

function noise(length: number, seed = 1): number[] {
  const rng = new Streams(seed).stream('noise');
  return Array.from({ length }, () => rng.uniform());
}

/** The rule as it is written down: every cut tried, each with its own sums. */
function directly(series: readonly number[]): number {
  const means = Array.from(
    { length: Math.floor(series.length / 5) },
    (_, k) => series.slice(5 * k, 5 * k + 5).reduce((sum, value) => sum + value, 0) / 5,
  );
  const errors = means.slice(0, Math.floor(means.length / 2) + 1).map((_, cut) => {
    const kept = means.slice(cut);
    const centre = kept.reduce((sum, value) => sum + value, 0) / kept.length;
    return kept.reduce((sum, value) => sum + (value - centre) * (value - centre), 0) / (kept.length * kept.length);
  });
  return 5 * errors.indexOf(Math.min(...errors));
}

describe('MSER-5', () => {
  test('cuts a start that is off, to the batch', () => {
    const series = noise(500).map((value, i) => (i < 60 ? value + 10 : value));

    expect(mser5(series)).toEqual({ values: 60, settled: true });
  });

  test('is the rule as it is written down', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 50, max: 200 }),
        fc.nat(1_000),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (n, seed, step) => {
          const series = noise(n, seed).map((value, i) => (i < n / 4 ? value + step : value));
          expect(mser5(series).values).toBe(directly(series));
        },
      ),
    );
  });

  test('does not depend on the unit', () => {
    const series = noise(300).map((value, i) => value + 5 / (1 + i));

    expect(mser5(series.map((value) => 1_024 * value)).values).toBe(mser5(series).values);
  });

  test('says that a series that only grows has not settled, nor has one too short to tell', () => {
    expect(mser5(Array.from({ length: 200 }, (_, i) => i)).settled).toBe(false);
    expect(mser5(noise(49)).settled).toBe(false);
  });

  test('takes most of the bias from an M/M/1 queue that starts with 100 services of backlog', () => {
    const load = 0.5;
    const errors = { with: 0, without: 0 };
    for (let seed = 1; seed <= 50; seed++) {
      const queue = new Mm1(load, seed, 100);
      const series = Array.from({ length: 5_000 }, () => queue.next());
      const mean = (from: number) => series.slice(from).reduce((sum, value) => sum + value, 0) / (series.length - from);
      const cut = mser5(series);
      expect(cut.settled).toBe(true);
      errors.without += mean(0) - mm1Mean(load);
      errors.with += mean(cut.values) - mm1Mean(load);
    }

    expect(Math.abs(errors.with)).toBeLessThan(errors.without / 20);
  });
});

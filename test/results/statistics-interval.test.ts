import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { twoSidedP, twoSidedT } from '../../src/results/statistics.ts';
import {
  FEWEST_REPLICATIONS,
  batchMeansInterval,
  holmAdjusted,
  meanInterval,
  pairedDifference,
  ratioInterval,
  replicationsWanted,
} from '../../src/results/statistics-interval.ts';
import type { Interval } from '../../src/results/statistics-interval.ts';
import { Mm1, mm1Mean } from './mm1.ts';

const EXPERIMENTS = 2_000;
const LOAD = 0.5;

/** Share of seeded experiments whose interval holds the true value. */
function coverage(truth: number, experiment: (seed: number) => Interval): number {
  let covered = 0;
  for (let seed = 1; seed <= EXPERIMENTS; seed++) {
    const { value, halfWidth95 } = experiment(seed);
    if (Math.abs(value - truth) <= halfWidth95!) covered++;
  }
  return covered / EXPERIMENTS;
}

function expectHonest(share: number): void {
  expect(share).toBeGreaterThanOrEqual(0.935);
  expect(share).toBeLessThanOrEqual(0.965);
}

function meanOf(customers: number, next: () => number): number {
  let sum = 0;
  for (let i = 0; i < customers; i++) sum += next();
  return sum / customers;
}

describe('intervals cover the true mean of M/M/1 in 93.5 to 96.5 % of 2,000 seeded experiments', () => {
  test('replications, each without its warm-up', () => {
    const share = coverage(mm1Mean(LOAD), (seed) => {
      const means = Array.from({ length: 10 }, (_, replication) => {
        const queue = new Mm1(LOAD, seed * 100 + replication);
        for (let i = 0; i < 100; i++) queue.next();
        return meanOf(1_500, () => queue.next());
      });
      return meanInterval(means);
    });

    expectHonest(share);
  });

  test('batch means of one run', () => {
    const series = new Float64Array(20 * 1_000);
    const share = coverage(mm1Mean(LOAD), (seed) => {
      const queue = new Mm1(LOAD, 1_000_000 + seed);
      for (let i = 0; i < 100; i++) queue.next();
      for (let i = 0; i < series.length; i++) series[i] = queue.next();
      return batchMeansInterval(series);
    });

    expectHonest(share);
  });

  test('ratios of regenerative cycles, which begin with whoever finds nobody', () => {
    const cycles = 3_000;
    const share = coverage(mm1Mean(LOAD), (seed) => {
      const queue = new Mm1(LOAD, 2_000_000 + seed);
      const times: number[] = [];
      const customers: number[] = [];
      for (let cycle = 0; cycle < cycles; cycle++) {
        let time = 0;
        let count = 0;
        do {
          time += queue.next();
          count++;
        } while (!queue.idle);
        times.push(time);
        customers.push(count);
      }
      return ratioInterval(times, customers);
    });

    expectHonest(share);
  });

  test('differences of two loads on the same random numbers', () => {
    const truth = mm1Mean(0.55) - mm1Mean(LOAD);
    const share = coverage(truth, (seed) => {
      const means = (load: number) =>
        Array.from({ length: 10 }, (_, replication) => {
          const queue = new Mm1(load, 3_000_000 + seed * 100 + replication);
          for (let i = 0; i < 100; i++) queue.next();
          return meanOf(1_500, () => queue.next());
        });
      return pairedDifference(means(LOAD), means(0.55)).difference;
    });

    expectHonest(share);
  });
});

test('a naive interval over neighbouring customers covers far too rarely: batches are needed', () => {
  const share = coverage(mm1Mean(LOAD), (seed) => {
    const queue = new Mm1(LOAD, 4_000_000 + seed);
    for (let i = 0; i < 100; i++) queue.next();
    return meanInterval(Array.from({ length: 500 }, () => queue.next()));
  });

  expect(share).toBeLessThan(0.6);
});

describe('batch means', () => {
  test('leave out at the start what does not fill a batch', () => {
    expect(batchMeansInterval([1_000, 1, 3, 5, 7], 2).value).toBe(4);
    expect(batchMeansInterval([1_000, 1, 3, 5, 7], 2)).toEqual(meanInterval([2, 6]));
  });

  test('are refused where there are more batches than values', () => {
    expect(() => batchMeansInterval([1, 2, 3], 4)).toThrow('3 values do not make 4 batches');
  });
});

describe('a ratio', () => {
  test('weighs every unit of the denominator alike', () => {
    expect(ratioInterval([1, 30], [1, 10]).value).toBe(31 / 11);
  });

  test('is exact where numerator and denominator are proportional', () => {
    expect(ratioInterval([2, 4, 10], [1, 2, 5])).toEqual({ value: 2, halfWidth95: 0 });
  });

  test('to nothing is refused', () => {
    expect(() => ratioInterval([1, 2], [1, -1])).toThrow('a ratio to nothing');
  });
});

describe('paired differences', () => {
  test('forget what the pairs have in common', () => {
    const seeds = [100, 250, 40, 900];
    const paired = pairedDifference(
      seeds,
      seeds.map((value) => value + 3),
    );

    expect(paired.difference).toEqual({ value: 3, halfWidth95: 0 });
    expect(
      pairedDifference(
        seeds,
        seeds.map((value) => value / 2),
      ),
    ).toMatchObject({ relative: { value: -0.5, halfWidth95: 0 }, p: 0 });
  });

  test('have the p of a t test: 1, 2, 3 against zero has t = 2 √3 at 2 degrees of freedom', () => {
    // P(|t| > x) = 1 − x / √(2 + x²) at 2 degrees of freedom.
    const t = 2 * Math.sqrt(3);
    expect(pairedDifference([0, 0, 0], [1, 2, 3]).p).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
  });

  test('are relative to the baseline as a ratio: what scales both up in a busy seed cancels', () => {
    const { difference, relative, p } = pairedDifference([10, 40, 25], [5.1, 20, 12.4]);

    expect(relative!.value).toBe((37.5 - 75) / 75);
    expect(relative!.halfWidth95! * 25).toBeLessThan(difference.halfWidth95! / 10);
    expect(p).toBeLessThan(0.002);
  });

  test('exclude zero from their interval exactly when p is below 5 %', () => {
    const values = fc.array(fc.double({ min: -10, max: 12, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(values, (differences) => {
        for (const baseline of [0, 3]) {
          const { difference, relative, p } = pairedDifference(
            differences.map((_, i) => baseline * (i + 1)),
            differences.map((value, i) => baseline * (i + 1) + value),
          );
          const { value, halfWidth95 } = relative ?? difference;
          fc.pre(Math.abs(p! - 0.05) > 1e-9);
          expect(Math.abs(value) > halfWidth95!).toBe(p! < 0.05);
        }
      }),
    );
  });

  test('of one pair have neither interval nor p; of nothing to nothing no relative difference', () => {
    expect(pairedDifference([2], [3])).toEqual({
      pairs: 1,
      difference: { value: 1, halfWidth95: undefined },
      relative: { value: 0.5, halfWidth95: undefined },
      p: undefined,
    });
    expect(pairedDifference([0, 0], [0, 0])).toMatchObject({ relative: undefined, p: 1 });
  });
});

test('the tail of Student’s t is what its quantile leaves out', () => {
  for (const degrees of [1, 2, 5, 9, 40]) {
    for (const confidence of [0.5, 0.9, 0.95, 0.999]) {
      expect(twoSidedP(twoSidedT(confidence, degrees), degrees)).toBeCloseTo(1 - confidence, 10);
    }
  }
});

describe('Holm’s correction', () => {
  test('counts the smallest of m p values m times, the next m − 1 times, and so on', () => {
    expect(holmAdjusted([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  test('lies between no correction and Bonferroni’s, and keeps the order', () => {
    const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(ps, (values) => {
        const adjusted = holmAdjusted(values);
        values.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, values.length * p));
          values.forEach((other, j) => {
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
      }),
    );
  });

  test('keeps the chance of any false difference among 20 figures below 5 %', () => {
    const families = 2_000;
    let wrong = 0;
    for (let seed = 1; seed <= families; seed++) {
      const queue = new Mm1(0.001, 5_000_000 + seed);
      // At almost no load the times are independent services of mean 1; a mean of 20 of them is nearly normal.
      const sample = () => Array.from({ length: 6 }, () => meanOf(20, () => queue.next()));
      const ps = Array.from({ length: 20 }, () => pairedDifference(sample(), sample()).p!);
      if (holmAdjusted(ps).some((p) => p <= 0.05)) wrong++;
    }

    // 5 % and three standard errors of 2,000 families.
    expect(wrong / families).toBeLessThan(0.065);
  });
});

describe('the stopping rule', () => {
  test('wants the fewest first, stops when every interval is narrow enough, and at most doubles', () => {
    expect(replicationsWanted([0.001], 2, 0.02)).toBe(FEWEST_REPLICATIONS);
    expect(replicationsWanted([0.019, 0.02], 7, 0.02)).toBe(7);
    expect(replicationsWanted([0.5], 10, 0.02)).toBe(20);
  });

  test('asks for as many as make the half-width narrow enough if the spread stays', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 60 }), fc.double({ min: 1.01, max: 1.3, noNaN: true }), (now, excess) => {
        const halfWidth = (n: number) => twoSidedT(0.95, n - 1) / Math.sqrt(n);
        const wanted = replicationsWanted([excess * 0.02], now, 0.02);

        expect(halfWidth(wanted) / halfWidth(now)).toBeLessThanOrEqual(1 / excess);
        expect(halfWidth(wanted - 1) / halfWidth(now)).toBeGreaterThan(1 / excess);
      }),
    );
  });

  test('ends with intervals that cover the truth in at least 93 % of 2,000 experiments', () => {
    const share = coverage(1, (seed) => {
      const queue = new Mm1(0.001, 6_000_000 + seed);
      const values: number[] = [];
      for (let wanted = FEWEST_REPLICATIONS; values.length < wanted;) {
        while (values.length < wanted) values.push(meanOf(20, () => queue.next()));
        const { value, halfWidth95 } = meanInterval(values);
        wanted = replicationsWanted([halfWidth95! / value], values.length, 0.06);
      }
      return meanInterval(values);
    });

    expect(share).toBeGreaterThan(0.93);
  });
});

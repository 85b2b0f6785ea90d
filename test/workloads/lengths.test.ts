import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lengthSchema, LengthSampler, MAX_TOKENS } from '../../src/workloads/lengths.ts';
import { meanOf, quantileOf, standardErrorOf } from './support.ts';

function samplesOf(length: unknown, count = 50_000): number[] {
  const sampler = new LengthSampler(lengthSchema.parse(length));
  return Array.from({ length: count }, (_, session) => sampler.draw(17, session, 0));
}

/** What a user is told, in the order in which it is found. */
function problemsOf(length: unknown): string[] {
  return lengthSchema.safeParse(length).error?.issues.map(({ message }) => message) ?? [];
}

describe('a length', () => {
  test('that is a number is always that number', () => {
    for (const tokens of [1, 7, 512, 999_999, MAX_TOKENS]) {
      expect(new Set(samplesOf(tokens, 100))).toEqual(new Set([tokens]));
    }
  });

  test('of mean and cv has that mean and that spread', () => {
    const sample = samplesOf({ mean: 1000, cv: 0.8 });

    expect(Math.abs(meanOf(sample) - 1000)).toBeLessThan(4 * standardErrorOf(sample));
    const cv = (standardErrorOf(sample) * Math.sqrt(sample.length)) / meanOf(sample);
    expect(Math.abs(cv - 0.8)).toBeLessThan(0.02);
  });

  test('of mean and cv 0 is constant', () => {
    expect(new Set(samplesOf({ mean: 300, cv: 0 }, 100))).toEqual(new Set([300]));
  });

  test('of median and sigma has the quantiles of that lognormal', () => {
    const sample = samplesOf({ median: 400, sigma: 1.2 });

    // z of 0.95 is 1.6449.
    expect(quantileOf(sample, 0.5) / 400).toBeCloseTo(1, 1);
    expect(quantileOf(sample, 0.95) / (400 * Math.exp(1.2 * 1.6449))).toBeCloseTo(1, 1);
  });

  test('of a mixture takes each component as often as its weight says', () => {
    const sample = samplesOf({
      mixture: [
        { weight: 3, median: 100, sigma: 0.01 },
        { weight: 1, median: 10_000, sigma: 0.01 },
      ],
    });
    const long = sample.filter((tokens) => tokens > 1000).length / sample.length;

    expect(Math.abs(long - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / sample.length));
  });

  test('of quantiles has these quantiles, and the geometric mean half-way between two', () => {
    const sample = samplesOf({
      quantiles: [
        [0, 10],
        [0.5, 1000],
        [1, 4000],
      ],
    });

    expect(quantileOf(sample, 0.5)).toBeGreaterThan(950);
    expect(quantileOf(sample, 0.5)).toBeLessThan(1050);
    expect(quantileOf(sample, 0.25) / 100).toBeCloseTo(1, 1);
    expect(quantileOf(sample, 0.75) / 2000).toBeCloseTo(1, 1);
  });

  test('stays within min and max, and says so in its mean', () => {
    const length = { median: 100, sigma: 3, min: 20, max: 2000 };
    const sample = samplesOf(length);

    expect(Math.min(...sample)).toBe(20);
    expect(Math.max(...sample)).toBe(2000);
    expect(Math.abs(meanOf(sample) - new LengthSampler(length).mean())).toBeLessThan(4 * standardErrorOf(sample));
  });

  const anyLength = fc.oneof(
    fc.integer({ min: 1, max: MAX_TOKENS }),
    fc.record({
      mean: fc.double({ min: 1, max: MAX_TOKENS, noNaN: true }),
      cv: fc.double({ min: 0, max: 10, noNaN: true }),
    }),
    fc.record({
      median: fc.double({ min: 1, max: MAX_TOKENS, noNaN: true }),
      sigma: fc.double({ min: 0, max: 10, noNaN: true }),
    }),
  );

  test('that the schema accepts gives whole tokens from 1 to the longest allowed, and a mean in between', () => {
    fc.assert(
      fc.property(anyLength, fc.nat(), (length, session) => {
        const sampler = new LengthSampler(lengthSchema.parse(length));
        for (const tokens of [sampler.draw(1, session, 0), sampler.draw(1, session, 1)]) {
          expect(Number.isInteger(tokens) && tokens >= 1 && tokens <= MAX_TOKENS).toBe(true);
        }
        expect(sampler.mean()).toBeGreaterThanOrEqual(0.999);
        expect(sampler.mean()).toBeLessThanOrEqual(MAX_TOKENS * 1.001);
      }),
      { numRuns: 50 },
    );
  });

  test('is refused with what to do instead', () => {
    expect(problemsOf({ mean: 512 })).toEqual(['mean and cv go together']);
    expect(problemsOf({ sigma: 1 })).toEqual(['median and sigma go together']);
    expect(problemsOf({})).toEqual(['give one of: mean and cv, median and sigma, mixture, quantiles']);
    expect(problemsOf({ mean: 512, cv: 1, median: 300, sigma: 1 })).toEqual([
      'give one of: mean and cv, median and sigma, mixture, quantiles',
    ]);
    expect(problemsOf({ mean: 512, cv: 1, min: 900, max: 800 })).toEqual(['min is above max']);
    expect(
      problemsOf({
        quantiles: [
          [0.1, 5],
          [0.1, 4],
          [1, 9],
        ],
      }),
    ).toEqual([
      'quantiles go from share 0 to share 1',
      'shares of quantiles must rise',
      'lengths of quantiles must not fall',
    ]);
  });

  test.each([0, -5, 1.5, '512', null, Number.NaN, Infinity, MAX_TOKENS + 1])('of %s is refused', (length) => {
    expect(lengthSchema.safeParse(length).success).toBe(false);
  });
});

test.each([
  { mean: 256, cv: 1 },
  { median: 55, sigma: 1.1, max: 4_000 },
  // Two narrow peaks, the higher one first: lengths fall where the second begins, at a uniform of 1/2.
  {
    mixture: [
      { weight: 1, median: 900, sigma: 0.01 },
      { weight: 1, median: 30, sigma: 0.5 },
    ],
  },
  {
    quantiles: [
      [0, 10],
      [0.3, 10],
      [0.7, 4_000],
      [1, 4_000],
    ] as [number, number][],
  },
])('a sampler that has drawn thousands of lengths answers what a new one does: %j', (length) => {
  const used = new LengthSampler(length);
  for (let draw = 0; draw < 10_000; draw++) used.draw(7, draw, 0);
  for (let point = 1; point < 20_000; point++) {
    const uniform = point / 20_000;
    expect(used.of(uniform)).toBe(new LengthSampler(length).of(uniform));
  }
});

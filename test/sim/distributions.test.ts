import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  counterKey,
  counterUniform,
  exponential,
  gamma,
  keyedUniform,
  NormalMixture,
  QuantileTable,
  standardNormal,
  streamSeed,
} from '../../src/sim/distributions.ts';
import { Streams } from '../../src/sim/streams.ts';
import { chiSquareZ, correlation, kolmogorovSmirnov, pairChiSquareZ } from './uniformity.ts';

const COUNT = 100_000;

function counters(draw: (k: number) => number, count = COUNT): number[] {
  return Array.from({ length: count }, (_, k) => draw(k));
}

/** What is behind the 27th bit: it comes from another round than the bits before it. */
function lowBits(uniform: number): number {
  return (uniform * 134_217_728) % 1;
}

describe('counter-based uniforms', () => {
  const anySeed = fc.integer({ min: 0, max: 0xffff_ffff });
  const anySession = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

  test('are a pure function strictly inside (0, 1), for every seed, session and draw', () => {
    fc.assert(
      fc.property(anySeed, anySession, fc.nat(1000), (seed, session, draw) => {
        const uniform = counterUniform(seed, session, draw);
        return uniform > 0 && uniform < 1 && uniform === counterUniform(seed, session, draw);
      }),
    );
  });

  test('can be had from the key of their draw, by sessions below 2³²', () => {
    fc.assert(
      fc.property(anySeed, fc.integer({ min: 0, max: 0xffff_ffff }), fc.nat(1000), (seed, session, draw) => {
        return keyedUniform(counterKey(seed, draw), session) === counterUniform(seed, session, draw);
      }),
    );
  });

  test.each([0, 1, 12_345, 0x8000_0000, 0xffff_ffff])('are uniform over the sessions of seed %i', (seed) => {
    const uniforms = counters((session) => counterUniform(seed, session, 0));

    expect(chiSquareZ(uniforms, 1024)).toBeLessThan(4);
    expect(chiSquareZ(uniforms.map(lowBits), 1024)).toBeLessThan(4);
  });

  test('are uniform over the draws of one session and over seeds that are neighbours', () => {
    expect(
      chiSquareZ(
        counters((draw) => counterUniform(9, 77, draw)),
        1024,
      ),
    ).toBeLessThan(4);
    expect(
      chiSquareZ(
        counters((seed) => counterUniform(seed, 77, 0)),
        1024,
      ),
    ).toBeLessThan(4);
  });

  test.each([
    ['the next session', (k: number) => counterUniform(5, k + 1, 0)],
    ['the session 2¹⁶ later', (k: number) => counterUniform(5, k + 65_536, 0)],
    ['the session 2³² later', (k: number) => counterUniform(5, k + 4_294_967_296, 0)],
    ['the next draw', (k: number) => counterUniform(5, k, 1)],
    ['the draw after it', (k: number) => counterUniform(5, k, 2)],
    ['the next seed', (k: number) => counterUniform(6, k, 0)],
    ['the seed with another top bit', (k: number) => counterUniform(5 + 0x8000_0000, k, 0)],
  ])('tell nothing about %s', (_, other) => {
    const here = counters((k) => counterUniform(5, k, 0));
    const there = counters(other);

    expect(Math.abs(correlation(here, there))).toBeLessThan(4 / Math.sqrt(COUNT));
    expect(pairChiSquareZ(here, there, 32)).toBeLessThan(4);
    expect(pairChiSquareZ(here.map(lowBits), there.map(lowBits), 32)).toBeLessThan(4);
  });

  test('half of the leading 32 bits change when one bit of the session does', () => {
    for (let bit = 0; bit < 32; bit++) {
      let flips = 0;
      for (let session = 0; session < 1000; session++) {
        const before = Math.floor(counterUniform(3, session, 0) * 4_294_967_296);
        const after = Math.floor(counterUniform(3, (session ^ (1 << bit)) >>> 0, 0) * 4_294_967_296);
        for (let changed = before ^ after; changed !== 0; changed &= changed - 1) flips++;
      }
      // 32,000 coins have a standard deviation of 89.
      expect(Math.abs(flips - 16_000)).toBeLessThan(5 * 89);
    }
  });

  test('their stream seed is a whole number below 2³²', () => {
    const seeds = counters((seed) => streamSeed(new Streams(seed).stream('lengths')), 1000);

    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 4_294_967_296)).toBe(true);
    expect(new Set(seeds).size).toBe(1000);
  });
});

describe('the normal quantile', () => {
  // Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.5, and NIST's e-Handbook.
  test.each([
    [0.5, 0],
    [0.75, 0.674489750196082],
    [0.9, 1.281551565544601],
    [0.95, 1.644853626951473],
    [0.975, 1.959963984540054],
    [0.99, 2.326347874040841],
    [0.999, 3.090232306167813],
    [0.00001, -4.264890793922825],
    [1e-10, -6.361340902404056],
  ])('at %d is %d', (uniform, z) => {
    expect(standardNormal(uniform)).toBeCloseTo(z, 13);
  });

  test('rises, is odd about one half, and is finite at the very ends', () => {
    const anyDyadic = fc.integer({ min: 1, max: 4_194_303 }).map((k) => k / 4_194_304);
    fc.assert(
      fc.property(anyDyadic, (uniform) => {
        expect(standardNormal(1 - uniform)).toBeCloseTo(-standardNormal(uniform), 12);
        expect(standardNormal(uniform + 2e-7)).toBeGreaterThan(standardNormal(uniform));
      }),
    );
    expect(standardNormal(0)).toBeGreaterThan(-8.3);
    expect(standardNormal(1)).toBeLessThan(8.3);
  });
});

describe('exponential', () => {
  test('inverts its distribution function and is finite for every uniform a stream can give', () => {
    expect(exponential(0, 5)).toBe(-0);
    expect(1 - Math.exp(-exponential(0.7, 5) / 5)).toBeCloseTo(0.7, 14);
    expect(exponential(1 - 1 / 9_007_199_254_740_992, 1)).toBeLessThan(37);
  });
});

describe('gamma', () => {
  const sampleOf = (shape: number) => counters((k) => gamma(shape, 11, k), 20_000);

  test('of shape 1 is the exponential distribution', () => {
    expect(kolmogorovSmirnov(sampleOf(1), (x) => 1 - Math.exp(-x))).toBeLessThan(2);
  });

  test('of shape 2 is the sum of two exponentials', () => {
    expect(kolmogorovSmirnov(sampleOf(2), (x) => 1 - (1 + x) * Math.exp(-x))).toBeLessThan(2);
  });

  test.each([0.1, 0.5, 0.87, 1, 3.5, 40])('of shape %d has that mean and that variance', (shape) => {
    const sample = sampleOf(shape);
    const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
    const variance = sample.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / sample.length;

    // Fourth central moment 3 shape² + 6 shape.
    expect(Math.abs(mean - shape)).toBeLessThan(4 * Math.sqrt(shape / sample.length));
    expect(Math.abs(variance - shape)).toBeLessThan(4 * Math.sqrt((2 * shape * shape + 6 * shape) / sample.length));
  });

  test('a draw does not depend on which were asked before', () => {
    const forwards = counters((k) => gamma(0.5, 11, k), 100);
    const backwards = counters((k) => gamma(0.5, 11, 99 - k), 100);

    expect(backwards.toReversed()).toEqual(forwards);
  });
});

describe('a mixture of normals', () => {
  const mixture = new NormalMixture([
    { weight: 3, mean: -10, sd: 1 },
    { weight: 1, mean: 10, sd: 2 },
  ]);

  test('gives each component its share of the uniforms and the whole component in it', () => {
    expect(mixture.sample(0.375)).toBeCloseTo(-10, 12);
    expect(mixture.sample(0.75 * 0.975)).toBeCloseTo(-10 + 1.959963984540054, 12);
    expect(mixture.sample(0.875)).toBeCloseTo(10, 12);
    expect(mixture.sample(0.75 + 0.25 * 0.975)).toBeCloseTo(10 + 2 * 1.959963984540054, 12);
  });

  test('is finite for every uniform, its boundaries included', () => {
    for (const uniform of [0, 0.75, 1 - 1 / 9_007_199_254_740_992, 1]) {
      expect(Number.isFinite(mixture.sample(uniform))).toBe(true);
    }
  });

  test('knows the mean of a function of itself', () => {
    expect(mixture.meanOf((x) => x)).toBeCloseTo(-5, 9);
    expect(mixture.meanOf((x) => x * x)).toBeCloseTo(0.75 * 101 + 0.25 * 104, 8);
    // Lognormal: exp(mean + sd² / 2).
    expect(mixture.meanOf(Math.exp) / (0.75 * Math.exp(-9.5) + 0.25 * Math.exp(12))).toBeCloseTo(1, 9);
  });
});

describe('a quantile table', () => {
  const table = new QuantileTable([0, 0.5, 1], [10, 20, 60]);

  test('is exact at its points and straight in between', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((uniform) => table.sample(uniform))).toEqual([10, 15, 20, 40, 60]);
  });

  test('knows its mean', () => {
    expect(table.meanOf((x) => x)).toBeCloseTo(0.5 * 15 + 0.5 * 40, 9);
  });
});

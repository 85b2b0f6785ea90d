import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { arrivalsField } from '../../src/workloads/arrival-options.ts';
import { arrivalsOf } from '../../src/workloads/arrivals.ts';
import { logGamma, weibullShape } from '../../src/workloads/gaps.ts';
import { zipfShares } from '../../src/workloads/zipf.ts';
import { weekFactors, WEEK_SHAPES } from '../../src/workloads/week-shapes.ts';
import { kolmogorovSmirnov } from '../sim/uniformity.ts';
import { meanOf, standardErrorOf } from './support.ts';

const SUNDAY = '2026-05-31T00:00Z';

interface Given {
  readonly perS?: number;
  readonly seconds?: number;
  readonly seed?: number;
  readonly start?: string;
}

/** Times in seconds. */
function timesOf(options: object, { perS = 1, seconds = 100_000, seed = 1, start = SUNDAY }: Given = {}): number[] {
  const horizonNs = seconds * NS_PER_S;
  const context = { streams: new Streams(seed), horizonNs, start };
  const arrivals = arrivalsOf(arrivalsField.parse(options), perS, context, 'arrivals');
  const times: number[] = [];
  for (let atNs = arrivals.nextNs(); atNs < horizonNs; atNs = arrivals.nextNs()) times.push(atNs / NS_PER_S);
  return times;
}

const gapsOf = (times: readonly number[]) => times.slice(1).map((time, k) => time - times[k]!);

function cvOf(sample: readonly number[]): number {
  const mean = meanOf(sample);
  return Math.sqrt(meanOf(sample.map((x) => (x - mean) * (x - mean)))) / mean;
}

function countsOf(times: readonly number[], seconds: number, spanS: number): number[] {
  const counts = Array.from({ length: Math.floor(seconds / spanS) }, () => 0);
  for (const time of times) if (time < counts.length * spanS) counts[Math.floor(time / spanS)]! += 1;
  return counts;
}

/** Pearson's χ² of independent Poisson counts, in standard deviations from its mean. */
function poissonZ(counts: readonly number[], expected: readonly number[]): number {
  const chiSquare = counts.reduce((sum, count, k) => sum + (count - expected[k]!) ** 2 / expected[k]!, 0);
  const variance = expected.reduce((sum, mean) => sum + 2 + 1 / mean, 0);
  return (chiSquare - counts.length) / Math.sqrt(variance);
}

describe('gaps between arrivals', () => {
  test.each(['gamma', 'weibull'] as const)('of kind %s have the stated mean and standard deviation', (kind) => {
    for (const cv of [0.3, 1, 2, 4]) {
      const gaps = gapsOf(timesOf({ kind, cv }, { seconds: 400_000 }));

      expect(Math.abs(meanOf(gaps) - 1)).toBeLessThan(4 * standardErrorOf(gaps));
      expect(Math.abs(cvOf(gaps) / cv - 1)).toBeLessThan(0.05);
    }
  });

  test('of kind weibull have its distribution function 1 − exp(−(t Γ(1 + 1/k))^k)', () => {
    const shape = weibullShape(2);
    const scale = Math.exp(-logGamma(1 + 1 / shape));
    const gaps = gapsOf(timesOf({ kind: 'weibull', cv: 2 }, { seconds: 20_000 }));

    expect(kolmogorovSmirnov(gaps, (gap) => 1 - Math.exp(-((gap / scale) ** shape)))).toBeLessThan(2);
  });

  test('of cv 1 are exponential, whatever the kind', () => {
    for (const kind of ['poisson', 'gamma', 'weibull']) {
      const options = kind === 'poisson' ? { kind } : { kind, cv: 1 };
      const gaps = gapsOf(timesOf(options, { seconds: 20_000 }));

      expect(kolmogorovSmirnov(gaps, (gap) => 1 - Math.exp(-gap))).toBeLessThan(2);
    }
  });

  test.each(['gamma', 'weibull'] as const)('of kind %s are stationary from the start: λt arrive until t', (kind) => {
    const counts = Array.from({ length: 4_000 }, (_, seed) => timesOf({ kind, cv: 4 }, { seconds: 3, seed }).length);

    expect(Math.abs(meanOf(counts) - 3)).toBeLessThan(4 * standardErrorOf(counts));
  });
});

test('the logarithm of Γ is that of the factorials, and of √π at one half', () => {
  expect(logGamma(1)).toBeCloseTo(0, 11);
  expect(logGamma(6)).toBeCloseTo(Math.log(120), 11);
  expect(logGamma(1.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI) / 2), 11);
});

// W. Fischer and K. Meier-Hellstern, The Markov-modulated Poisson process (MMPP) cookbook, 1993: variance / mean of the
// counts of an MMPP of two states in intervals of length t.
function dispersion(rates: readonly [number, number], meansS: readonly [number, number], t: number): number {
  const [leave1, leave2] = [1 / meansS[0], 1 / meansS[1]];
  const both = leave1 + leave2;
  const meanRate = (rates[0] * leave2 + rates[1] * leave1) / both;
  const excess = (2 * leave1 * leave2 * (rates[0] - rates[1]) ** 2) / (both * both * both * meanRate);
  return 1 + excess - (excess / (both * t)) * (1 - Math.exp(-both * t));
}

describe('a rate that jumps', () => {
  const seconds = 2_000_000;

  test.each([
    ['on-off', { kind: 'on-off', onS: 10, offS: 30 }, [4, 0], [10, 30]],
    [
      'mmpp',
      {
        kind: 'mmpp',
        states: [
          { rate: 1, meanS: 60 },
          { rate: 5, meanS: 20 },
        ],
      },
      [0.5, 2.5],
      [60, 20],
    ],
  ] as const)('of kind %s keeps the mean rate and has the dispersion of its states', (_, options, rates, means) => {
    const times = timesOf(options, { seconds });
    expect(Math.abs(times.length / seconds - 1)).toBeLessThan(0.02);
    for (const span of [1, 10, 60]) {
      const counts = countsOf(times, seconds, span);
      const measured = cvOf(counts) ** 2 * meanOf(counts);

      expect(Math.abs(measured / dispersion(rates, means, span) - 1), `${span} s`).toBeLessThan(0.05);
    }
  });

  test('is in each of three states for a share ∝ its mean time', () => {
    const states = [
      { rate: 1, meanS: 30 },
      { rate: 0, meanS: 60 },
      { rate: 0, meanS: 10 },
    ];
    const times = timesOf({ kind: 'mmpp', states }, { perS: 10, seconds: 500_000 });
    const busy = countsOf(times, 500_000, 1).filter((count) => count > 20).length / 500_000;

    // On for 30 % of the time, then at 33 requests/s.
    expect(Math.abs(busy - 0.3)).toBeLessThan(0.02);
  });

  test('gives the mean counts of an on-off process from its first second', () => {
    const counts = Array.from({ length: 6_000 }, (_, seed) => timesOf({ kind: 'on-off' }, { seconds: 5, seed }).length);

    expect(Math.abs(meanOf(counts) - 5)).toBeLessThan(4 * standardErrorOf(counts));
  });
});

describe('clients of unequal size', () => {
  test('send as the Zipf law says: the largest of 73 has 0.27, ten have 0.68, as in ServeGen 0.29 and 0.68', () => {
    const shares = zipfShares(73, 1.15);
    const top = (count: number) => shares.slice(0, count).reduce((sum, share) => sum + share, 0);

    expect(Math.abs(top(1) - 0.286)).toBeLessThan(0.03);
    expect(Math.abs(top(5) - 0.525)).toBeLessThan(0.04);
    expect(Math.abs(top(10) - 0.677)).toBeLessThan(0.02);
  });

  test('are together less bursty than alone, and the less, the more they are', () => {
    const cv: [number, number][] = [
      [0, 2],
      [1, 2],
    ];
    const cvs = [1, 10, 1_000].map((clients) =>
      cvOf(gapsOf(timesOf({ kind: 'clients', clients, zipf: 0, cv, weibullShare: 0 }, { seconds: 300_000 }))),
    );
    expect(Math.abs(cvs[0]! / 2 - 1)).toBeLessThan(0.05);
    expect(cvs[1]!).toBeLessThan(0.8 * cvs[0]!);
    expect(cvs[2]!).toBeLessThan(0.9 * cvs[1]!);
  });

  test('have by default gaps of cv 1.1 to 1.9 together, at the median over seeds, where ServeGen has 1.57', () => {
    const cvs = Array.from({ length: 15 }, (_, seed) =>
      cvOf(gapsOf(timesOf({ kind: 'clients' }, { perS: 16, seconds: 5_000, seed: seed + 1 }))),
    ).toSorted((a, b) => a - b);

    expect(cvs[7]!).toBeGreaterThan(1.1);
    expect(cvs[7]!).toBeLessThan(1.9);
  });

  test('keep the mean rate', () => {
    const counts = Array.from(
      { length: 300 },
      (_, seed) => timesOf({ kind: 'clients', clients: 20 }, { seconds: 200, seed }).length,
    );
    expect(Math.abs(meanOf(counts) - 200)).toBeLessThan(4 * standardErrorOf(counts));
  });
});

describe('a rate that changes with time gives Poisson counts around its integral', () => {
  const hours = 14 * 24;
  const hourly = (options: object, start = SUNDAY) =>
    countsOf(
      timesOf({ kind: 'poisson', ...options }, { perS: 0.05, seconds: hours * 3_600, start }),
      hours * 3_600,
      3_600,
    );
  const perHour = 0.05 * 3_600;

  test('over the hours of a week', () => {
    const factors = weekFactors(WEEK_SHAPES['azure-code']);
    const expected = Array.from({ length: hours }, (_, hour) => perHour * factors[hour % 168]!);

    expect(Math.abs(poissonZ(hourly({ week: 'azure-code' }), expected))).toBeLessThan(4);
  });

  test('in the clock that `utcOffsetHours` is ahead of UTC, wherever the run starts', () => {
    const factors = weekFactors(WEEK_SHAPES['azure-code']);
    // Wednesday 08:00 at UTC−4 is 12:00 UTC, and 17:00 where the clock is five hours ahead.
    const expected = Array.from({ length: hours }, (_, hour) => perHour * factors[(3 * 24 + 17 + hour) % 168]!);
    const counts = hourly({ week: 'azure-code', utcOffsetHours: 5 }, '2026-06-03T08:00-04:00');

    expect(Math.abs(poissonZ(counts, expected))).toBeLessThan(4);
  });

  test('on a ramp, in a spike, and under growth', () => {
    const ramped = Array.from({ length: hours }, (_, hour) => {
      const factor = (at: number) => (at <= 24 ? 1 : at >= 124 ? 3 : 1 + (at - 24) / 50);
      return (perHour * (factor(hour) + factor(hour + 1))) / 2;
    });
    const ramp = [
      [24, 1],
      [124, 3],
    ];
    expect(Math.abs(poissonZ(hourly({ ramp }), ramped))).toBeLessThan(4);

    const spiked = ramped.map((mean, hour) => (hour === 40 ? 4 * mean : mean));
    expect(Math.abs(poissonZ(hourly({ ramp, spikes: [{ startH: 40, hours: 1, factor: 4 }] }), spiked))).toBeLessThan(4);

    const grown = Array.from({ length: hours }, (_, hour) => perHour * 1.5 ** (hour / 730.5));
    expect(Math.abs(poissonZ(hourly({ growthPerMonth: 0.5 }), grown))).toBeLessThan(4);
  });

  test('and none where it is zero, to the end if it stays so', () => {
    const silent = timesOf(
      {
        kind: 'gamma',
        cv: 3,
        ramp: [
          [0, 1],
          [1, 0],
        ],
      },
      { perS: 1, seconds: 36_000 },
    );

    expect(Math.max(...silent)).toBeLessThan(3_600);
    expect(Math.abs(silent.length - 1_800)).toBeLessThan(4 * 3 * Math.sqrt(1_800));
  });

  test('while the gaps keep their kind: at a constant factor of 3 they are the same, three times as close', () => {
    const plain = timesOf({ kind: 'weibull', cv: 2 }, { seconds: 3_000 });
    const fast = timesOf({ kind: 'weibull', cv: 2, ramp: [[0, 3]] }, { seconds: 1_000 });

    expect(Math.abs(plain.length - fast.length)).toBeLessThanOrEqual(1);
    fast.slice(0, -1).forEach((time, k) => expect(Math.abs(3 * time - plain[k]!)).toBeLessThan(1e-5));
  });
});

test('arrivals that follow the hours of a week need the start of the run', () => {
  const context = { streams: new Streams(1), horizonNs: 1e18 };

  expect(() => arrivalsOf(arrivalsField.parse({ kind: 'poisson', week: 'azure-chat' }), 1, context, 'a')).toThrow(
    'a rate by hour needs the start of the run',
  );
});

test.each([
  { kind: 'poison' },
  { kind: 'gamma', cv: 0 },
  { kind: 'mmpp', states: [{ rate: 1, meanS: 5 }] },
  {
    kind: 'mmpp',
    states: [
      { rate: 0, meanS: 5 },
      { rate: 0, meanS: 5 },
    ],
  },
  { kind: 'poisson', week: { hourOfDay: [1, 2, 3] } },
  {
    kind: 'poisson',
    ramp: [
      [2, 1],
      [1, 1],
    ],
  },
  {
    kind: 'clients',
    cv: [
      [0.1, 1],
      [1, 2],
    ],
  },
  { kind: 'poisson', cv: 2 },
])('arrivals %j are refused', (options) => {
  expect(arrivalsField.safeParse(options).success).toBe(false);
});

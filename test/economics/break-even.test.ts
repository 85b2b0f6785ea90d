import { describe, expect, test } from 'vitest';
import { breakEvenAgainstCommitted, breakEvenAgainstOnDemand, leastUseShare } from '../../src/economics/break-even.ts';

/** An owned H100 and 50,000 USD a month for people. */
const owning = { ownedUsdPerHour: 1.61, fixedUsdPerMonth: 50_000 };

describe('against rent by the hour', () => {
  test.each([
    [2.35, 0.685, [Infinity, 1_000_000, 110_000, 67_600]],
    [2.95, 0.546, [188_000, 77_000, 47_000, 37_000]],
    [4, 0.403, [38_000, 29_000, 24_000, 21_000]],
    [6.98, 0.231, [11_600, 10_700, 9_800, 9_300]],
    [10.08, 0.16, [6_800, 6_400, 6_100, 5_900]],
  ])('of %f USD, owning pays from a use of %f on, and the hours a month are those published', (rent, least, hours) => {
    expect(leastUseShare({ ...owning, rentUsdPerHour: rent })).toBeCloseTo(least, 2);
    for (const [index, useShare] of [0.6, 0.7, 0.85, 1].entries()) {
      const actual = breakEvenAgainstOnDemand({ ...owning, rentUsdPerHour: rent, useShare });
      const published = hours[index]!;
      // Published to two or three digits.
      if (published === Infinity) expect(actual).toBe(Infinity);
      else expect(Math.abs(actual / published - 1), `${rent}, ${useShare}`).toBeLessThan(0.025);
    }
  });
});

describe('against committed rent', () => {
  test('idle hours are paid on both sides, so owning pays at any use when an hour is cheaper', () => {
    const hours = breakEvenAgainstCommitted({ ...owning, rentUsdPerHour: 2.35, useShare: 0.6 });

    expect(hours).toBeCloseTo((50_000 * 0.6) / (2.35 - 1.61), 6);
    expect(breakEvenAgainstOnDemand({ ...owning, rentUsdPerHour: 2.35, useShare: 0.6 })).toBe(Infinity);
  });

  test('never when an owned hour is dearer', () => {
    expect(breakEvenAgainstCommitted({ ...owning, rentUsdPerHour: 1.3, useShare: 1 })).toBe(Infinity);
  });

  test('both agree when every hour does work', () => {
    const always = { ...owning, rentUsdPerHour: 2.95, useShare: 1 };
    expect(breakEvenAgainstCommitted(always)).toBe(breakEvenAgainstOnDemand(always));
  });
});

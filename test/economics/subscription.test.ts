import { describe, expect, test } from 'vitest';
import { meanTaken, subscriptionOutcome } from '../../src/economics/subscription.ts';

/** 20 USD a month; users want 10 million tokens on average, most of them far less. */
const plan = { usdPerUserMonth: 20, meanMtokPerUserMonth: 10, sigma: 1.5 };

describe('what users take', () => {
  test('without a cap is what they want', () => {
    expect(meanTaken(plan, Infinity)).toBe(10);
  });

  test('with one is the mean of the smaller of the two, as drawn from a fine grid of users', () => {
    const users = 20_000;
    // Hastings' approximation has errors of 10⁻⁷; the grid itself of 10⁻³.
    const wanted = Array.from({ length: users }, (_, user) => grid((user + 0.5) / users));
    const mean = wanted.reduce((sum, tokens) => sum + Math.min(tokens, 15), 0) / users;
    expect(meanTaken(plan, 15)).toBeCloseTo(mean, 2);
  });
});

describe('a flat fee', () => {
  test('that users cost on average leaves nothing, and the heaviest tenth pays it back many times', () => {
    const { margin, decileMarginUsd, losingShare } = subscriptionOutcome(plan, 2);

    expect(margin).toBeCloseTo(0, 6);
    expect(decileMarginUsd.reduce((sum, usd) => sum + usd, 0) / 10).toBeCloseTo(20 * margin, 4);
    expect(decileMarginUsd.slice(0, 7).every((usd) => usd > 0)).toBe(true);
    expect(decileMarginUsd[9]).toBeLessThan(-60);
    // X > m of a lognormal: Φ(−σ/2).
    expect(losingShare).toBeCloseTo(0.2266, 4);
  });

  test('is earned again with the cap that makes users cost what they pay', () => {
    const { breakEvenCapMtok, margin } = subscriptionOutcome(plan, 4);
    expect(margin).toBeCloseTo(-1, 6);

    const capped = subscriptionOutcome({ ...plan, capMtokPerUserMonth: breakEvenCapMtok }, 4);
    expect(capped.margin).toBeCloseTo(0, 6);
    expect(capped.meanMtok).toBeCloseTo(5, 5);
  });

  test('needs no cap where users cost less than they pay', () => {
    expect(subscriptionOutcome(plan, 1)).toMatchObject({ breakEvenCapMtok: Infinity });
    expect(subscriptionOutcome({ ...plan, capMtokPerUserMonth: 20 }, 1).losingShare).toBe(0);
  });
});

/** Quantile of the lognormal by bisection of a series: not the code under test. */
function grid(share: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normal(middle) < share) low = middle;
    else high = middle;
  }
  return 10 * Math.exp(1.5 * low - 1.5 ** 2 / 2);
}

/** Φ by its power series. */
function normal(z: number): number {
  if (Math.abs(z) > 6) return z > 0 ? 1 : 0;
  let term = z;
  let sum = z;
  for (let k = 1; k < 120; k++) {
    term *= (-z * z * (2 * k - 1)) / (2 * k * (2 * k + 1));
    sum += term;
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}

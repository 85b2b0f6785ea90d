import { describe, expect, test } from 'vitest';
import { grossMargin, revenueOf } from '../../src/economics/revenue.ts';
import type { TariffPlan } from '../../src/sim/money-plan.ts';

const opus: TariffPlan = { input: 5, cached: 0.5, cacheWrite: 6.25, output: 25, cacheWriteShare: 0 };
const gpt: TariffPlan = { input: 2.5, cached: 0.25, cacheWrite: 2.5, output: 15, cacheWriteShare: 0 };
const flash: TariffPlan = { input: 0.14, cached: 0.0028, cacheWrite: 0.14, output: 0.28, cacheWriteShare: 0 };

/** A million tokens. */
const mix = (inputShare: number, hitShare: number) => ({
  inputTokens: 1e6 * inputShare * (1 - hitShare),
  cachedTokens: 1e6 * inputShare * hitShare,
  outputTokens: 1e6 * (1 - inputShare),
});
const agent = mix(0.985, 0.94);

describe('a million tokens', () => {
  test.each([
    ['Opus 4.7', opus, 10, 8.31, 1.13],
    ['GPT-5.4', gpt, 5.63, 4.78, 0.6],
    ['DeepSeek V4-Flash', flash, 0.175, 0.124, 0.015],
  ])('at the prices of %s sell for what is published, by mix', (_, tariff, noHits, halfHits, agentic) => {
    const expectNear = (actual: number, published: number) =>
      expect(Math.abs(actual / published - 1)).toBeLessThan(0.01);

    expectNear(revenueOf(mix(0.75, 0), tariff).totalUsd, noHits);
    expectNear(revenueOf(mix(0.75, 0.5), tariff).totalUsd, halfHits);
    expectNear(revenueOf(agent, tariff).totalUsd, agentic);
  });

  test('of an agent bring 26 % for input, 41 % for cached input and 33 % for output', () => {
    const { inputUsd, cachedUsd, outputUsd, totalUsd } = revenueOf(agent, opus);
    expect([inputUsd, cachedUsd, outputUsd].map((usd) => Math.round((100 * usd) / totalUsd))).toEqual([26, 41, 33]);
  });

  test('that are written to the cache cost a quarter more', () => {
    const tokens = { inputTokens: 1e6, cachedTokens: 0, outputTokens: 0 };
    expect(revenueOf(tokens, { ...opus, cacheWriteShare: 1 }).totalUsd).toBe(6.25);
    expect(revenueOf(tokens, { ...opus, cacheWriteShare: 0.2 }).totalUsd).toBeCloseTo(5.25, 12);
  });
});

describe('gross margin', () => {
  test.each([
    [1, 2, 0.5],
    [0.4, 2, 0.8],
    [7.5, 13.07, 0.426],
  ])('of a cost of %f and a price of %f is %f', (cost, price, margin) => {
    expect(grossMargin(cost, price)).toBeCloseTo(margin, 3);
  });

  test('is unknown where nothing was sold', () => {
    expect(grossMargin(1, 0)).toBeUndefined();
  });
});

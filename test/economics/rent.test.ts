import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeRent } from '../../src/economics/rent.ts';
import type { PoolRentUsage } from '../../src/economics/rent.ts';

/** Ten instances over 100 s at 36 USD: busy 60 % of the time, a quarter of that for prefill. */
const pool: PoolRentUsage = {
  rentUsd: 36,
  instanceNs: 1_000e9,
  busyNs: 600e9,
  prefillNs: 150e9,
  promptTokens: 3_000_000,
  outputTokens: 500_000,
};

const anyPool: fc.Arbitrary<PoolRentUsage> = fc
  .record({
    rentUsd: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
    instanceNs: fc.integer({ min: 1, max: 1e15 }),
    busyShare: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1.01, noNaN: true })),
    prefillShare: fc.double({ min: 0, max: 1, noNaN: true }),
    promptTokens: fc.nat(1e9),
    outputTokens: fc.nat(1e9),
  })
  .map(({ busyShare, prefillShare, ...rest }) => {
    const busyNs = rest.instanceNs * busyShare;
    return { ...rest, busyNs, prefillNs: busyNs * prefillShare };
  });

describe('rent is charged by busy time', () => {
  test('the busy part between input and output as the time for them', () => {
    const costs = attributeRent([pool]);

    expect(costs.idleUsd).toBeCloseTo(36 * 0.4, 12);
    expect(costs.busyOnly.inputUsd).toBeCloseTo(36 * 0.6 * 0.25, 12);
    expect(costs.busyOnly.outputUsd).toBeCloseTo(36 * 0.6 * 0.75, 12);
  });

  test('idle time in proportion, so that a million tokens carry the whole rent', () => {
    const { input, output, blended } = attributeRent([pool]).perMillionTokens.fullyLoaded;

    expect(input).toBeCloseTo((36 * 0.25) / 3, 12);
    expect(output).toBeCloseTo((36 * 0.75) / 0.5, 12);
    expect(blended).toBeCloseTo(36 / 3.5, 12);
  });

  test('a pool that did nothing is charged to the tokens of the others', () => {
    const idle = { ...pool, rentUsd: 12, busyNs: 0, prefillNs: 0, promptTokens: 0, outputTokens: 0 };
    const costs = attributeRent([pool, idle]);

    expect(costs.idleUsd).toBeCloseTo(36 * 0.4 + 12, 12);
    expect(costs.fullyLoaded.inputUsd).toBeCloseTo(48 * 0.25, 12);
    expect(costs.fullyLoaded.outputUsd).toBeCloseTo(48 * 0.75, 12);
  });

  test('of a fleet that did nothing is idle rent, and no token has a price', () => {
    const costs = attributeRent([{ ...pool, busyNs: 0, prefillNs: 0, promptTokens: 0, outputTokens: 0 }]);

    expect(costs.idleUsd).toBe(36);
    expect(costs.fullyLoaded).toEqual({ inputUsd: 0, outputUsd: 0 });
    expect(costs.perMillionTokens.fullyLoaded).toEqual({ input: undefined, output: undefined, blended: undefined });
  });
});

describe('no dollar is lost or made', () => {
  const near = (actual: number, expected: number, scale: number) =>
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(scale, 1e-300));

  test('busy and idle parts add up to the rent; fully loaded input and output do too', () => {
    fc.assert(
      fc.property(fc.array(anyPool, { minLength: 1, maxLength: 5 }), (pools) => {
        const { rentUsd, idleUsd, busyOnly, fullyLoaded } = attributeRent(pools);
        const worked = pools.some(({ busyNs, rentUsd: rent }) => busyNs > 0 && rent > 0);

        near(busyOnly.inputUsd + busyOnly.outputUsd + idleUsd, rentUsd, rentUsd);
        near(fullyLoaded.inputUsd + fullyLoaded.outputUsd, worked ? rentUsd : 0, rentUsd);
      }),
    );
  });

  test('prices times tokens are the rent', () => {
    fc.assert(
      fc.property(anyPool, (any) => {
        const usage = {
          ...any,
          busyNs: any.busyNs + 1,
          promptTokens: any.promptTokens + 1,
          outputTokens: any.outputTokens + 1,
        };
        const { input, output, blended } = attributeRent([usage]).perMillionTokens.fullyLoaded;

        near((input! * usage.promptTokens + output! * usage.outputTokens) / 1e6, usage.rentUsd, usage.rentUsd);
        near((blended! * (usage.promptTokens + usage.outputTokens)) / 1e6, usage.rentUsd, usage.rentUsd);
      }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { costAware } from '../../src/schedulers/routing/cost-aware.ts';
import { energyAware } from '../../src/schedulers/routing/energy-aware.ts';
import { leastKv } from '../../src/schedulers/routing/least-kv.ts';
import { powerOfD } from '../../src/schedulers/routing/power-of-d.ts';
import { powerOfTwo } from '../../src/schedulers/routing/power-of-two.ts';
import { random } from '../../src/schedulers/routing/random.ts';
import { sloAware } from '../../src/schedulers/routing/slo-aware.ts';
import type { Module } from '../../src/sim/module.ts';
import type { FleetView, RoutingPolicy } from '../../src/sim/ports.ts';
import { fleetOf, requestsOf } from '../support/fakes.ts';
import { freshContext } from './routing.contract.ts';

const request = requestsOf({ promptTokens: 1_000 });
const DRAWS = 20_000;

function routerOf(policy: Module<RoutingPolicy, unknown>, options: object = {}): RoutingPolicy {
  return policy.create(policy.options.parse(options), freshContext());
}

function answers(router: RoutingPolicy, fleet: FleetView, count: number): number[] {
  return Array.from({ length: count }, () => router.route(0, request, fleet, 0));
}

test('random answers each instance as often as every other, whatever its load', () => {
  const fleet = fleetOf({ outstanding: 90 }, { eligible: false }, {}, { outstanding: 3 }, {});
  const found = answers(routerOf(random), fleet, DRAWS);

  for (const instance of [0, 2, 3, 4]) {
    const count = found.filter((answer) => answer === instance).length;
    expect(Math.abs(count - DRAWS / 4)).toBeLessThan(4 * Math.sqrt(DRAWS * (1 / 4) * (3 / 4)));
  }
});

describe('power-of-d', () => {
  const outstanding = [30, 10, 50, 20, 0, 40, 60];
  const fleet = fleetOf(...outstanding.map((requests) => ({ outstanding: requests })));

  test('with two is power-of-two, draw for draw', () => {
    expect(answers(routerOf(powerOfD, { d: 2 }), fleet, 500)).toEqual(answers(routerOf(powerOfTwo), fleet, 500));
  });

  test('with one is random, draw for draw', () => {
    expect(answers(routerOf(powerOfD, { d: 1 }), fleet, 500)).toEqual(answers(routerOf(random), fleet, 500));
  });

  test('with as many as there are instances, or more, always finds the least loaded', () => {
    expect(new Set(answers(routerOf(powerOfD, { d: 7 }), fleet, 200))).toEqual(new Set([4]));
    expect(new Set(answers(routerOf(powerOfD, { d: 60 }), fleet, 200))).toEqual(new Set([4]));
  });

  test('answers the instance of rank k among n with probability C(n − 1 − k, d − 1) / C(n, d)', () => {
    const found = answers(routerOf(powerOfD, { d: 3 }), fleet, DRAWS);
    for (const [instance, requests] of outstanding.entries()) {
      const worse = outstanding.filter((other) => other > requests).length;
      const share = (worse * (worse - 1)) / 2 / 35;
      const count = found.filter((answer) => answer === instance).length;

      expect(Math.abs(count - DRAWS * share)).toBeLessThanOrEqual(4 * Math.sqrt(DRAWS * share * (1 - share)));
    }
  });
});

describe('least-kv', () => {
  test('answers the instance that reported the least KV in use, though more requests were sent there since', () => {
    const fleet = fleetOf({ reportedKvUse: 0.4 }, { reportedKvUse: 0.1, outstanding: 99 }, { reportedKvUse: 0.3 });

    expect(routerOf(leastKv).route(0, request, fleet, 0)).toBe(1);
  });

  test('answers the fewest outstanding requests where reports are equal', () => {
    const fleet = fleetOf({ outstanding: 2 }, { outstanding: 1 }, { outstanding: 1 });

    expect(routerOf(leastKv).route(0, request, fleet, 0)).toBe(1);
  });

  test('asks for telemetry of the stated age', () => {
    expect(routerOf(leastKv, { telemetryIntervalMs: 10, telemetryDelayMs: 0.5 }).telemetry).toEqual({
      intervalNs: 10_000_000,
      delayNs: 500_000,
    });
  });
});

describe('slo-aware', () => {
  test('prefers a slow pool without a queue to a fast one with prompts before this one', () => {
    const slow = { pool: 0, prefillTokensPerS: 5_000 }; // 1,000 tokens: 200 ms
    const fast = { pool: 1, prefillTokensPerS: 20_000, promptTokens: 4_000, outstanding: 1 }; // 5,000 tokens: 250 ms

    expect(routerOf(sloAware).route(0, request, fleetOf(slow, fast), 0)).toBe(0);
    expect(routerOf(sloAware).route(0, request, fleetOf(slow, { ...fast, promptTokens: 2_000 }), 0)).toBe(1);
  });

  test('minds the worse of the two objectives', () => {
    // TTFT 100 ms + a step of 500; TPOT 48 of 50 ms against 10 of 50.
    const longSteps = { pool: 0, decodeStepNs: 48e6, prefillTokensPerS: 1e6 };
    const longPrefill = { pool: 1, decodeStepNs: 10e6, prefillTokensPerS: 2_500 };
    const fleet = fleetOf(longSteps, longPrefill);

    expect(routerOf(sloAware, { ttftMs: 500, tpotMs: 50 }).route(0, request, fleet, 0)).toBe(1);
    expect(routerOf(sloAware, { ttftMs: 420, tpotMs: 100 }).route(0, request, fleet, 0)).toBe(0);
  });

  test('takes an instance without a free place only if there is no other', () => {
    const full = { outstanding: 8, maxNumSeqs: 8 };
    const slow = { pool: 1, prefillTokensPerS: 100, outstanding: 3 };

    expect(routerOf(sloAware).route(0, request, fleetOf(full, slow), 0)).toBe(1);
    expect(routerOf(sloAware).route(0, request, fleetOf(full, { ...full, outstanding: 9 }), 0)).toBe(0);
  });
});

describe('cost-aware', () => {
  // 1,000 prompt tokens and 256 answer tokens: busy for 0.1 s + 256 × 1.63 × 10 ms / 64 on the first, a quarter on the second.
  const old = { pool: 0, rentUsdPerHour: 1 };
  const fast = { pool: 1, rentUsdPerHour: 5, prefillTokensPerS: 40_000, decodeStepNs: 2.5e6 };

  test('answers the pool on which the request costs less, not the one with the lower rent', () => {
    const router = () => routerOf(costAware);

    expect(router().route(0, request, fleetOf(old, fast), 0)).toBe(0);
    expect(router().route(0, request, fleetOf(old, { ...fast, rentUsdPerHour: 3 }), 0)).toBe(1);
  });

  test('pays for the other pool when the cheap one would miss the objective, and comes back', () => {
    const router = routerOf(costAware, { ttftMs: 500 });
    const queueing = { ...old, promptTokens: 4_500, outstanding: 4 }; // (4,500 + 1,000) / 10,000 s > 500 ms

    expect(router.route(0, request, fleetOf(queueing, fast), 0)).toBe(1);
    expect(router.route(0, request, fleetOf(old, fast), 0)).toBe(0);
  });

  test('answers the earliest first token when nobody keeps the objective', () => {
    const router = routerOf(costAware, { ttftMs: 20 });

    expect(router.route(0, request, fleetOf({ ...old, promptTokens: 300 }, { ...fast, promptTokens: 9_000 }), 0)).toBe(
      0,
    );
  });
});

describe('energy-aware', () => {
  // 1,000 prompt tokens and 256 of the answer, by steps of 64: 100 + 256 × 10 × 1.63 / 64 = 165 J on the first.
  const plain = { pool: 0 };

  test('answers the pool on which the request takes less energy, by prompt and answer together', () => {
    const thriftyPrompts = { pool: 1, prefillJoulesPerToken: 0.05, decodeStepJoules: 20 }; // 180 J
    const thriftyAnswers = { pool: 1, prefillJoulesPerToken: 0.12, decodeStepJoules: 5 }; // 153 J

    expect(routerOf(energyAware).route(0, request, fleetOf(plain, thriftyPrompts), 0)).toBe(0);
    expect(routerOf(energyAware).route(0, request, fleetOf(plain, thriftyAnswers), 0)).toBe(1);
  });

  test('spends more when the thrifty pool would miss the objective', () => {
    const thrifty = { pool: 1, prefillJoulesPerToken: 0.01, promptTokens: 9_000 };

    expect(routerOf(energyAware, { ttftMs: 900 }).route(0, request, fleetOf(plain, thrifty), 0)).toBe(0);
    expect(routerOf(energyAware, { ttftMs: 1_100 }).route(0, request, fleetOf(plain, thrifty), 0)).toBe(1);
  });
});

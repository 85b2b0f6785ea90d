import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedLoad } from '../../src/schedulers/routing/bounded-load.ts';
import { prefixAware } from '../../src/schedulers/routing/prefix-aware.ts';
import { sessionSticky } from '../../src/schedulers/routing/session-sticky.ts';
import { weighted } from '../../src/schedulers/routing/weighted.ts';
import type { Module } from '../../src/sim/module.ts';
import type { RoutingPolicy } from '../../src/sim/ports.ts';
import { fleetOf, requestsOf } from '../support/fakes.ts';
import type { FakeInstance, FakeRequest } from '../support/fakes.ts';
import { freshContext } from './routing.contract.ts';

function routerOf(policy: Module<RoutingPolicy, unknown>, options: object = {}): RoutingPolicy {
  return policy.create(policy.options.parse(options), freshContext());
}

const ask = (router: RoutingPolicy, request: FakeRequest, ...instances: readonly FakeInstance[]) =>
  router.route(0, requestsOf(request), fleetOf(...instances), 0);

describe('session-sticky', () => {
  test('goes back to where the session was, though others are idle', () => {
    const router = routerOf(sessionSticky);

    expect(ask(router, { session: 7 }, { outstanding: 1 }, {}, {})).toBe(1);
    expect(ask(router, { session: 7 }, {}, { outstanding: 60 }, {})).toBe(1);
  });

  test('leaves an overloaded instance for the least loaded, and stays there', () => {
    const router = routerOf(sessionSticky, { balanceRequests: 10, balanceFactor: 2 });
    ask(router, { session: 7 }, {}, { outstanding: 1 });

    expect(ask(router, { session: 7 }, { outstanding: 21 }, { outstanding: 11 })).toBe(0); // 10 more, not more than 10
    expect(ask(router, { session: 7 }, { outstanding: 22 }, { outstanding: 11 })).toBe(0); // twice as many, not more
    expect(ask(router, { session: 7 }, { outstanding: 23 }, { outstanding: 11 })).toBe(1);
    expect(ask(router, { session: 7 }, {}, { outstanding: 5 })).toBe(1);
  });

  test('tells the sessions of two workloads apart', () => {
    const router = routerOf(sessionSticky);
    ask(router, { session: 7, workload: 0 }, {}, {});

    expect(ask(router, { session: 7, workload: 1 }, { outstanding: 1 }, {})).toBe(1);
    expect(ask(router, { session: 7, workload: 0 }, { outstanding: 1 }, {})).toBe(0);
  });

  test('keeps a place for the prompts of a session and another for its answers', () => {
    const router = routerOf(sessionSticky);
    const prefill = [{ role: 'prefill' as const }, { role: 'prefill' as const }];
    const notHere = prefill.map((instance) => ({ ...instance, eligible: false }));
    const decode = (first: number) => [{ role: 'decode' as const, outstanding: first }, { role: 'decode' as const }];
    const away = decode(0).map((instance) => ({ ...instance, eligible: false }));

    expect(ask(router, { session: 7 }, ...prefill, ...away)).toBe(0);
    expect(ask(router, { session: 7 }, ...notHere, ...decode(5))).toBe(3);
    expect(ask(router, { session: 7 }, { ...prefill[0], outstanding: 1 }, prefill[1]!, ...away)).toBe(0);
    expect(ask(router, { session: 7 }, ...notHere, ...decode(0))).toBe(3);
  });

  test('forgets the session that it has not heard of for longest', () => {
    const router = routerOf(sessionSticky, { sessions: 2 });
    for (const session of [1, 2, 1, 3]) ask(router, { session }, {}, { outstanding: 1 });

    expect(ask(router, { session: 1 }, { outstanding: 1 }, {})).toBe(0);
    expect(ask(router, { session: 2 }, { outstanding: 1 }, {})).toBe(1);
  });
});

describe('bounded-load', () => {
  test('never passes its bound: no instance has more than ⌈(1 + ε) × mean⌉ of the requests outstanding', () => {
    const steps = fc.array(fc.record({ session: fc.nat(12), leaves: fc.nat(30) }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(steps, fc.double({ min: 0.01, max: 2, noNaN: true }), fc.nat(8), (history, epsilon, more) => {
        const router = routerOf(boundedLoad, { epsilon, virtualNodes: 8 });
        const outstanding = Array.from({ length: 1 + more }, () => 0);
        for (const { session, leaves } of history) {
          const chosen = ask(router, { session }, ...outstanding.map((requests) => ({ outstanding: requests })));
          outstanding[chosen]! += 1;
          const total = outstanding.reduce((sum, requests) => sum + requests, 0);

          expect(outstanding[chosen]).toBeLessThanOrEqual(Math.ceil(((1 + epsilon) * total) / outstanding.length));
          const leaving = leaves % outstanding.length;
          if (outstanding[leaving]! > 0) outstanding[leaving]! -= 1;
        }
      }),
    );
  });

  test('sends a session to the same instance as long as that has room', () => {
    const router = routerOf(boundedLoad, { epsilon: 1 });
    const idle = Array.from({ length: 9 }, () => ({}));
    const home = ask(router, { session: 5 }, ...idle);
    const full = idle.map((_, index) => ({ outstanding: index === home ? 20 : 1 }));

    expect(ask(router, { session: 5 }, ...idle)).toBe(home);
    expect(ask(router, { session: 5 }, ...full)).not.toBe(home);
    expect(ask(router, { session: 5 }, ...idle)).toBe(home);
  });

  test('moves only the sessions of an instance that is gone', () => {
    const router = routerOf(boundedLoad, { epsilon: 100 });
    const all = Array.from({ length: 10 }, () => ({}));
    const withoutFour = all.map((_, index) => ({ eligible: index !== 4 }));
    const homes = Array.from({ length: 400 }, (_, session) => ask(router, { session }, ...all));
    const after = Array.from({ length: 400 }, (_, session) => ask(router, { session }, ...withoutFour));

    for (const [session, home] of homes.entries()) {
      if (home === 4) expect(after[session]).not.toBe(4);
      else expect(after[session]).toBe(home);
    }
    expect(homes).toContain(4);
  });

  test('spreads sessions: none of ten instances with 64 places each has twice its share', () => {
    const router = routerOf(boundedLoad, { epsilon: 100 });
    const all = Array.from({ length: 10 }, () => ({}));
    const homes = Array.from({ length: 5_000 }, (_, session) => ask(router, { session }, ...all));

    for (let instance = 0; instance < 10; instance++) {
      const count = homes.filter((home) => home === instance).length;
      expect(count).toBeGreaterThan(250);
      expect(count).toBeLessThan(1_000);
    }
  });
});

describe.each(['estimated', 'exact'] as const)('prefix-aware by %s hits', (hits) => {
  const turn = (stream: number, tokens: number): FakeRequest => ({
    promptTokens: tokens,
    path: [
      [0, 64],
      [stream, tokens],
    ],
  });
  const cached = { cachedTokens: 96 };

  test('goes back to where the conversation was, though others have less to do', () => {
    const router = routerOf(prefixAware, { hits });
    ask(router, turn(5, 100), { outstanding: 1 }, {}, {});

    expect(ask(router, turn(5, 200), cached, { ...cached, outstanding: 9 }, cached)).toBe(1);
  });

  test('of those that have seen the same, takes the one with the fewest outstanding requests', () => {
    const router = routerOf(prefixAware, { hits });
    for (let instance = 0; instance < 3; instance++) {
      const others = [0, 1, 2].map((index) => ({ ...cached, outstanding: index === instance ? 0 : 99 }));
      ask(router, { ...turn(9 + instance, 100) }, ...others);
    }
    const next = turn(20, 120);

    expect(ask(router, next, { ...cached, outstanding: 3 }, { ...cached, outstanding: 1 }, { outstanding: 2 })).toBe(1);
  });

  test('leaves an overloaded instance', () => {
    const router = routerOf(prefixAware, { hits, balanceRequests: 4, balanceFactor: 1 });
    ask(router, turn(5, 100), { outstanding: 1 }, {});

    expect(ask(router, turn(5, 110), { outstanding: 1 }, { ...cached, outstanding: 5 })).toBe(1);
    expect(ask(router, turn(5, 120), { outstanding: 1 }, { ...cached, outstanding: 6 })).toBe(0);
  });

  test('counts a hit of less than the least share as none', () => {
    const router = routerOf(prefixAware, { hits, minHitShare: 0.5 });
    ask(router, turn(5, 96), { outstanding: 1 }, {});

    expect(ask(router, turn(5, 193), {}, { ...cached, outstanding: 1 })).toBe(0);
    const other = routerOf(prefixAware, { hits, minHitShare: 0.5 });
    ask(other, turn(5, 96), { outstanding: 1 }, {});

    expect(ask(other, turn(5, 192), {}, { ...cached, outstanding: 1 })).toBe(1);
  });
});

test('prefix-aware by exact hits knows what a cache has lost; by its history it does not', () => {
  const first = { promptTokens: 100, path: [[5, 100] as const] };
  const evicted = [{}, { cachedTokens: 0, outstanding: 1 }];
  const answer = (hits: string) => {
    const router = routerOf(prefixAware, { hits });
    ask(router, first, { outstanding: 1 }, {});
    return ask(router, { promptTokens: 150, path: [[5, 150] as const] }, ...evicted);
  };

  expect(answer('estimated')).toBe(1);
  expect(answer('exact')).toBe(0);
});

test('prefix-aware remembers so many streams an instance and forgets the one used longest ago', () => {
  const router = routerOf(prefixAware, { historyStreams: 2 });
  const prompt = (stream: number) => ({ promptTokens: 100, path: [[stream, 100] as const] });
  for (const stream of [1, 2, 1, 3]) ask(router, prompt(stream), {}, { outstanding: 30 });

  expect(ask(router, prompt(1), { outstanding: 1 }, {})).toBe(0);
  expect(ask(router, prompt(2), { outstanding: 1 }, {})).toBe(1);
});

describe('weighted', () => {
  test('a whole prefix makes up for as many outstanding requests as it has points, no more', () => {
    const router = () => {
      const fresh = routerOf(weighted, { outstanding: 1, prefixHit: 16, kv: 0 });
      ask(fresh, { promptTokens: 100, path: [[5, 100]] }, { outstanding: 1 }, {});
      return fresh;
    };
    const again = { promptTokens: 100, path: [[5, 100] as const] };

    expect(ask(router(), again, {}, { outstanding: 15 })).toBe(1);
    expect(ask(router(), again, {}, { outstanding: 17 })).toBe(0);
  });

  test('adds what was reported and the price', () => {
    const router = routerOf(weighted, { outstanding: 0, waiting: 2, kv: 10, prefixHit: 0, price: 1 });
    const points = [
      { reportedWaiting: 3, reportedKvUse: 0.5, pool: 0, rentUsdPerHour: 1 }, // 12
      { reportedWaiting: 0, reportedKvUse: 0.9, pool: 1, rentUsdPerHour: 2 }, // 11
      { reportedWaiting: 1, reportedKvUse: 0.1, pool: 2, rentUsdPerHour: 9 }, // 12
    ];

    expect(ask(router, {}, ...points)).toBe(1);
  });

  test('asks for telemetry only if it uses it', () => {
    expect(routerOf(weighted, { kv: 0, waiting: 0 }).telemetry).toBeUndefined();
    expect(routerOf(weighted).telemetry).toEqual({ intervalNs: 50e6, delayNs: 5e6 });
  });
});

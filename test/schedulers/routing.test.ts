import { describe, expect, test } from 'vitest';
import { routingPolicies } from '../../src/schedulers/routing/index.ts';
import { leastOutstanding } from '../../src/schedulers/routing/least-outstanding.ts';
import { powerOfTwo } from '../../src/schedulers/routing/power-of-two.ts';
import { roundRobin } from '../../src/schedulers/routing/round-robin.ts';
import type { ModuleContext } from '../../src/sim/module.ts';
import type { FleetView } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { fleetOf, requestsOf } from '../support/fakes.ts';
import { describeRouter, freshContext } from './routing.contract.ts';

for (const policy of routingPolicies) describeRouter(policy);

test('no two routers share a name', () => {
  const names = routingPolicies.map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
});

const request = requestsOf({});
const noRandomness: ModuleContext = { streams: streamsThatDraw([]) };

describe('round-robin', () => {
  test('visits the instances in turn and does not look at their load', () => {
    const router = roundRobin.create({}, noRandomness);
    const fleet = fleetOf({ outstanding: 9 }, { outstanding: 0 }, { outstanding: 5 });

    expect(answers(4, () => router.route(0, request, fleet, 0))).toEqual([0, 1, 2, 0]);
  });

  test('keeps one turn per model, so a second model does not take turns away from the first', () => {
    const router = roundRobin.create({}, noRandomness);
    const models = requestsOf({ model: 0 }, { model: 1 });
    const both = fleetOf({}, {});
    const route = (row: number) => router.route(row, models, both, 0);

    expect([route(0), route(1), route(0), route(1)]).toEqual([0, 0, 1, 1]);
  });

  test('goes on after the instance that served last when a long request has fewer eligible instances', () => {
    const router = roundRobin.create({}, noRandomness);
    const all = fleetOf({}, {}, {}, {});
    const large = fleetOf({ eligible: false }, { eligible: false }, {}, {});
    const route = (fleet: FleetView) => router.route(0, request, fleet, 0);

    expect([route(all), route(large), route(all), route(large), route(all)]).toEqual([0, 2, 3, 2, 3]);
  });
});

describe('least-outstanding', () => {
  test('answers the instance with the fewest outstanding requests', () => {
    const router = leastOutstanding.create({}, noRandomness);

    expect(router.route(0, request, fleetOf({ outstanding: 3 }, { outstanding: 1 }, { outstanding: 2 }), 0)).toBe(1);
  });

  test('answers the lowest index on a tie', () => {
    const router = leastOutstanding.create({}, noRandomness);
    const fleet = fleetOf(
      { outstanding: 0, eligible: false },
      { outstanding: 4 },
      { outstanding: 2 },
      { outstanding: 2 },
    );

    expect(router.route(0, request, fleet, 0)).toBe(2);
  });

  test('counts requests in the running batch, not only the ones that wait', () => {
    const router = leastOutstanding.create({}, noRandomness);
    const queueing = { outstanding: 7, reportedWaiting: 7 };
    const busy = { outstanding: 8, reportedWaiting: 0 };

    expect(router.route(0, request, fleetOf(queueing, busy), 0)).toBe(0);
    expect(router.route(0, request, fleetOf(busy, queueing), 0)).toBe(1);
  });
});

describe('power-of-two', () => {
  const DRAWS = 40_000;

  test('answers the instance of rank k among n with probability 2(n − 1 − k) / (n(n − 1)), never the worst', () => {
    const router = powerOfTwo.create({}, freshContext());
    const outstanding = [30, 10, 50, 20, 0, 40];
    const n = outstanding.length;
    const fleet = fleetOf(...outstanding.map((requests) => ({ outstanding: requests })));
    const counts = countsOf(n, DRAWS, () => router.route(0, request, fleet, 0));

    for (const [instance, requests] of outstanding.entries()) {
      const rank = outstanding.filter((other) => other < requests).length;
      expectShare(counts[instance], (2 * (n - 1 - rank)) / (n * (n - 1)), DRAWS);
    }
  });

  test('spreads evenly over instances that are equally loaded', () => {
    const router = powerOfTwo.create({}, freshContext());
    const counts = countsOf(5, DRAWS, () => router.route(0, request, fleetOf({}, {}, {}, {}, {}), 0));

    for (const count of counts) expectShare(count, 1 / 5, DRAWS);
  });

  test('draws two different instances: of two, the less loaded one always wins', () => {
    const router = powerOfTwo.create({}, freshContext());
    const fleet = fleetOf({ outstanding: 1 }, { eligible: false }, { outstanding: 0 });

    expect(new Set(answers(200, () => router.route(0, request, fleet, 0)))).toEqual(new Set([2]));
  });

  test('answers the first drawn on a tie', () => {
    const draws = [0.7, 0.1]; // of 4: instance 2 first, then instance 0 of the other three
    const scripted: ModuleContext = { streams: streamsThatDraw(draws) };

    expect(powerOfTwo.create({}, scripted).route(0, request, fleetOf({}, {}, {}, {}), 0)).toBe(2);
  });

  test('draws nothing when only one instance is eligible', () => {
    const router = powerOfTwo.create({}, noRandomness);

    expect(router.route(0, request, fleetOf({ eligible: false }, {}), 0)).toBe(1);
  });

  test('draws from a stream of its own: another consumer of randomness changes none of its answers', () => {
    const fleet = fleetOf({}, {}, {}, {}, {}, {}, {}, {});
    const alone = powerOfTwo.create({}, freshContext(7));
    const { streams } = freshContext(7);
    const another = streams.stream('another');
    const beside = powerOfTwo.create({}, { streams });

    expect(
      answers(100, () => {
        another.uniform();
        return beside.route(0, request, fleet, 0);
      }),
    ).toEqual(answers(100, () => alone.route(0, request, fleet, 0)));
  });
});

function answers(count: number, ask: () => number): number[] {
  return Array.from({ length: count }, ask);
}

function countsOf(instances: number, draws: number, ask: () => number): number[] {
  const counts = Array.from({ length: instances }, () => 0);
  for (const answer of answers(draws, ask)) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

/** Within four standard errors of the binomial count; a share of 0 allows none at all. */
function expectShare(count: number | undefined, share: number, draws: number): void {
  const standardError = Math.sqrt(draws * share * (1 - share));

  expect(Math.abs((count ?? 0) - draws * share)).toBeLessThanOrEqual(4 * standardError);
}

function streamsThatDraw(draws: readonly number[]): Streams {
  const left = [...draws];
  return new (class extends Streams {
    override stream() {
      return {
        uniform() {
          const next = left.shift();
          if (next === undefined) throw new Error('drew more than was scripted');
          return next;
        },
      };
    }
  })(1);
}

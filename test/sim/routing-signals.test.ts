import { describe, expect, test } from 'vitest';
import { leastKv } from '../../src/schedulers/routing/least-kv.ts';
import { prefixAware } from '../../src/schedulers/routing/prefix-aware.ts';
import { roundRobin } from '../../src/schedulers/routing/round-robin.ts';
import type { Module } from '../../src/sim/module.ts';
import type { RoutingPolicy, Workload } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_MS, NS_PER_S, TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect } from '../support/collect.ts';
import type { RequestRow } from '../support/collect.ts';
import { endless, openLoop, tinyPlan } from '../support/plans.ts';
import { exponential } from '../support/statistics.ts';
import { affineStep } from '../support/step-costs.ts';

const TICKS_PER_MS = NS_PER_MS * TICKS_PER_NS;
/** 10 ms a step and 1 ms for every 100 prompt tokens. */
const stepCost = affineStep({ fixed: 10 * TICKS_PER_MS, perPrefillToken: TICKS_PER_MS / 100 });

function routerOf(policy: Module<RoutingPolicy, unknown>, options: object = {}): RoutingPolicy {
  return policy.create(policy.options.parse(options), { streams: new Streams(1) });
}

describe('least-kv follows reports of a stated age', () => {
  const INSTANCES = 8;
  const rows = (
    telemetryIntervalMs: number,
    telemetryDelayMs = 0,
    watched = (router: RoutingPolicy) => router,
  ): readonly RequestRow[] => {
    const rng = new Streams(3).stream('arrivals');
    const workload = endless({
      gapNs: () => exponential(rng, 20 * NS_PER_MS),
      promptTokens: () => 500,
      outputTokens: () => 100,
    });
    const plan = tinyPlan({ horizonNs: 120 * NS_PER_S, instances: INSTANCES, engine: { maxNumSeqs: 12 } });
    const routing = watched(routerOf(leastKv, { telemetryIntervalMs, telemetryDelayMs }));
    return collect(plan, { workloads: [workload], routing, stepCosts: [stepCost] }).requests;
  };

  test('until the next snapshot is seen nothing that happens changes what it goes by', () => {
    const seen = new Map<number, Set<string>>();
    const watched = (router: RoutingPolicy): RoutingPolicy => ({
      ...router,
      route(request, requests, fleet, nowNs) {
        const reports = Array.from({ length: INSTANCES }, (_, instance) => fleet.reportedKvUse(instance)).join();
        const snapshot = Math.floor((nowNs - 30 * NS_PER_MS) / (500 * NS_PER_MS));
        seen.set(snapshot, (seen.get(snapshot) ?? new Set<string>()).add(reports));
        return router.route(request, requests, fleet, nowNs);
      },
    });
    rows(500, 30, watched);

    expect(seen.size).toBe(240); // every half second of 120 s; nobody comes before the first is seen
    expect([...seen.values()].filter(({ size }) => size !== 1)).toEqual([]);
    expect(new Set([...seen.values()].flatMap((reports) => [...reports])).size).toBeGreaterThan(200);
  });

  test('the older the reports, the more it herds, and the longer the queues', () => {
    const meanWaitMs = (telemetryIntervalMs: number) => {
      const waits = rows(telemetryIntervalMs).map(({ scheduledNs, enqueuedNs }) => scheduledNs - enqueuedNs);
      return waits.reduce((sum, wait) => sum + wait, 0) / waits.length / NS_PER_MS;
    };
    const [fresh, old, veryOld] = [meanWaitMs(20), meanWaitMs(1_000), meanWaitMs(5_000)];

    expect(old).toBeGreaterThan(2 * fresh);
    expect(veryOld).toBeGreaterThan(2 * old);
  });
});

describe('conversations of six turns on eight instances with room for all of them', () => {
  const TURNS = 6;
  const SYSTEM_TOKENS = 64;
  const TURN_TOKENS = 160;
  const OUTPUT_TOKENS = 40;

  /** A turn every ten seconds, a new conversation every 150 ms. */
  function conversations(count: number): Workload {
    const turns = Array.from({ length: count * TURNS }, (_, k) => {
      const session = Math.floor(k / TURNS);
      const turn = k % TURNS;
      return { session, turn, arrivalNs: session * 150 * NS_PER_MS + turn * 10 * NS_PER_S };
    }).toSorted((a, b) => a.arrivalNs - b.arrivalNs);
    let next = 0;
    return {
      pull(sink) {
        const now = turns[next++];
        if (now === undefined) return false;
        const tokens = TURN_TOKENS * (now.turn + 1);
        sink.share(0, SYSTEM_TOKENS);
        sink.share(1 + now.session, tokens);
        sink.push(now.arrivalNs, SYSTEM_TOKENS + tokens, OUTPUT_TOKENS, 0, now.session);
        return true;
      },
    };
  }

  function cachedShare(instances: number, policy: Module<RoutingPolicy, unknown>, options: object = {}): number {
    const plan = tinyPlan({ horizonNs: 600 * NS_PER_S, instances, engine: { prefixCaching: true, maxNumSeqs: 256 } });
    const parts = { workloads: [conversations(400)], routing: routerOf(policy, options), stepCosts: [stepCost] };
    const { requests } = collect(plan, parts);
    const sum = (of: (row: RequestRow) => number) => requests.reduce((total, row) => total + of(row), 0);
    return sum(({ cachedTokens }) => cachedTokens) / sum(({ promptTokens }) => promptTokens);
  }

  test.each(['estimated', 'exact'])(
    'prefix-aware by %s hits reuses as much as one cache that holds everything',
    (hits) => {
      const one = cachedShare(1, roundRobin);

      expect(Math.abs(cachedShare(8, prefixAware, { hits }) / one - 1)).toBeLessThan(0.01);
    },
  );

  test('round-robin comes back to an instance by chance only and reuses less than half as much', () => {
    expect(cachedShare(8, roundRobin)).toBeLessThan(0.5 * cachedShare(8, prefixAware));
  });
});

test('looking at caches and reports changes nothing: a router that looks gives the rows of one that does not', () => {
  const requests = Array.from({ length: 60 }, (_, k) => ({
    arrivalNs: k * 7 * NS_PER_MS,
    promptTokens: 40 + 13 * (k % 5),
    outputTokens: 10 + ((7 * k) % 30),
  }));
  const plan = tinyPlan({
    horizonNs: NS_PER_S,
    instances: 3,
    engine: { prefixCaching: true, prefixIdleNs: 40 * NS_PER_MS, kvBlocks: 24, maxNumSeqs: 4 },
  });
  const inTurn = (looks: boolean): RoutingPolicy => {
    let turn = 0;
    return {
      ...(looks ? { telemetry: { intervalNs: NS_PER_MS, delayNs: 0 } } : {}),
      route(request, _requests, fleet) {
        for (let instance = 0; looks && instance < 3; instance++) fleet.cachedTokens(instance, request);
        return fleet.eligible(turn++ % fleet.eligibleCount);
      },
    };
  };
  const rowsOf = (looks: boolean) =>
    collect(plan, { workloads: [openLoop(requests)], routing: inTurn(looks), stepCosts: [stepCost] });

  expect(rowsOf(true)).toEqual(rowsOf(false));
});

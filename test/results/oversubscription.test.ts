import { describe, expect, test } from 'vitest';
import { excursionShare, planServers, type DrawnPool } from '../../src/results/oversubscription.ts';
import type { PowerPolicy } from '../../src/sim/ports.ts';
import { aroundInstance } from '../../src/sim/power-telemetry.ts';
import { Streams } from '../../src/sim/streams.ts';
import { ACCELERATORS, chipCost, chipWatts } from '../schedulers/power-chip.ts';
import { collect } from '../support/collect.ts';
import { atRandom, openLoop, tinyPlan } from '../support/plans.ts';
import { controlled } from '../support/power-plans.ts';
import { exponential, hashOf } from '../support/statistics.ts';

const rng = () => new Streams(1).stream('servers');
const flat = (budgetWatts: number, chance: number, delayMoments = 0) => ({
  budgetWatts: () => budgetWatts,
  chance,
  delayMoments,
});

test('a brake is on its way from the moment on that is over the budget after so many that are', () => {
  const watts = Float64Array.from([9, 11, 11, 11, 9, 11, 11, 9]);
  expect(excursionShare(watts, 10, 0)).toBe(5 / 8);
  expect(excursionShare(watts, 10, 1)).toBe(3 / 8);
  expect(excursionShare(watts, 10, 2)).toBe(1 / 8);
  expect(excursionShare(watts, 10, 3)).toBe(0);
  expect(excursionShare(watts, 11, 0)).toBe(0);
});

const MOMENTS = 3_000;
const BUSY = 0.4;
const DRAWN = 24;

/** Every server draws 2 W in 40 % of the moments, by chance, and 1 W otherwise. */
const twoLevels = (moments: number): DrawnPool => ({
  draws: Array.from({ length: DRAWN }, (_, server) =>
    Float64Array.from({ length: moments }, (_unused, moment) => (hashOf(5, server, moment) / 2 ** 32 < BUSY ? 2 : 1)),
  ),
  ratedWatts: 2,
});

const binomial = (n: number, p: number, k: number): number => {
  let chance = 1;
  for (let i = 0; i < k; i++) chance *= ((n - i) / (k - i)) * p;
  for (let i = 0; i < n - k; i++) chance *= 1 - p;
  return chance;
};

/** Chance that n servers put together from those drawn pass a budget: of k busy ones among them each is busy with k / DRAWN. */
function chanceOver(servers: number, budgetWatts: number): number {
  let over = 0;
  for (let k = 0; k <= DRAWN; k++) {
    for (let busy = 0; busy <= servers; busy++) {
      if (servers + busy > budgetWatts) over += binomial(DRAWN, BUSY, k) * binomial(servers, k / DRAWN, busy);
    }
  }
  return over;
}

describe('servers that draw one of two levels by chance', () => {
  test.each([0.01, 0.05, 0.2])('are as many as the binomial distribution allows at a chance of %f', (chance) => {
    const budgetWatts = 40.5;
    const { planned, next } = planServers([twoLevels(MOMENTS)], flat(budgetWatts, chance), rng());
    let most = 1;
    while (chanceOver(most + 1, budgetWatts) <= chance) most++;
    expect(planned.servers).toBe(most);
    expect(next.servers).toBe(most + 1);
    const share = chanceOver(most + 1, budgetWatts);
    expect(Math.abs(next.share - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / MOMENTS));
  });

  test('are fewer where a facility keeps a part of the budget for what it is built for', () => {
    const limits = { chance: 0.05, delayMoments: 0, budgetWatts: (ratedWatts: number) => 40.5 - 0.1 * ratedWatts };
    const { planned } = planServers([twoLevels(500)], limits, rng());
    const without = planServers([twoLevels(500)], flat(40.5, 0.05), rng());
    expect(planned.servers).toBeLessThan(without.planned.servers);
  });

  test('are more where a brake waits', () => {
    const pool = twoLevels(500);
    const waiting = planServers([pool], flat(40.5, 0.05, 3), rng());
    expect(waiting.planned.servers).toBeGreaterThan(planServers([pool], flat(40.5, 0.05), rng()).planned.servers);
  });
});

test('two pools keep their mix', () => {
  const constant = (servers: number, watts: number): DrawnPool => ({
    draws: Array.from({ length: servers }, () => Float64Array.from([watts, watts])),
    ratedWatts: watts,
  });
  // 2 : 1 of 10 and 40 W: six servers draw 4 × 10 + 2 × 40 = 120 W, and the seventh, of the larger pool, 10 W more.
  const { planned, drawn } = planServers([constant(4, 10), constant(2, 40)], flat(120, 0), rng());
  expect(planned).toEqual({ servers: 6, share: 0 });
  expect(drawn).toEqual({ servers: 6, share: 0 });
});

describe('a plan that is built', () => {
  const MS = 1_000_000;
  const HORIZON_NS = 40_000 * MS;

  /** Of so many servers, each with as much load as any other plan gives it. */
  function drawsOf(servers: number, seed: number): Float64Array[] {
    const arrivals = new Streams(seed).stream('arrivals');
    const requests: { arrivalNs: number; promptTokens: number; outputTokens: number }[] = [];
    for (let nowNs = 0; nowNs < HORIZON_NS;) {
      nowNs += Math.round(exponential(arrivals, (900 / servers) * MS));
      const outputTokens: number = 20 + (hashOf(seed, 1, requests.length) % 60);
      requests.push({ arrivalNs: nowNs, promptTokens: 400 + (hashOf(seed, 2, requests.length) % 2_000), outputTokens });
    }
    const tiny = tinyPlan({ seed, horizonNs: HORIZON_NS, instances: servers });
    const pools = tiny.pools.map((pool) => ({ ...pool, acceleratorsPerInstance: ACCELERATORS }));
    const draws: number[][] = Array.from({ length: servers }, () => []);
    const power: PowerPolicy = {
      decide(site, _settings, nowNs) {
        if (nowNs >= HORIZON_NS) return;
        for (let server = 0; server < servers; server++) {
          const around = aroundInstance(chipWatts, ACCELERATORS, site.stepNs(server) > 0);
          draws[server]!.push(site.drawWatts(server) + around);
        }
      },
    };
    const plan = controlled({ ...tiny, pools }, { telemetryIntervalNs: 100 * MS }, chipWatts);
    collect(plan, { workloads: [openLoop(requests)], routing: atRandom(seed), stepCosts: [chipCost()], power });
    return draws.map((watts) => Float64Array.from(watts));
  }

  const overOf = (servers: number, budgetWatts: number): number => {
    const draws = drawsOf(servers, 77);
    const sum = draws[0]!.map((_, moment) => draws.reduce((watts, each) => watts + each[moment]!, 0));
    return excursionShare(sum, budgetWatts, 0);
  };

  test('keeps its chance in another run, and a few servers more do not', () => {
    const budgetWatts = 24_000;
    const chance = 0.02;
    const { planned } = planServers([{ draws: drawsOf(10, 1), ratedWatts: 0 }], flat(budgetWatts, chance), rng());
    expect(planned.servers).toBeGreaterThan(8);
    expect(overOf(planned.servers, budgetWatts)).toBeLessThanOrEqual(chance);
    expect(overOf(planned.servers + 4, budgetWatts)).toBeGreaterThan(chance);
  });
});

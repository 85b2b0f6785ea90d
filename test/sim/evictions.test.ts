import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takenAway } from '../differential/decisions-case.ts';
import { anyCase } from '../differential/hostile-cases.ts';
import { inEveryRun, sum } from '../invariants/every-run.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { lifetimeNs, type EvictionPlan } from '../../src/sim/eviction-plan.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect } from '../support/collect.ts';
import { leastOutstanding, openLoop, roomyEngine, type TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

const planOf = (instances: number, eviction: EvictionPlan, horizonNs = 1_000): SimulationPlan => ({
  seed: 3,
  horizonNs,
  warmUpNs: 0,
  timelineIntervalNs: horizonNs / 1_000,
  models: ['model'],
  pools: [{ model: 0, instances, eviction, engine: roomyEngine }],
  workloads: [{ model: 0 }],
});

const partsOf = (requests: readonly TinyRequest[]) => ({
  workloads: [openLoop(requests)],
  routing: leastOutstanding,
  stepCosts: [constantStep(10 * TICKS_PER_NS)],
});

const request = (arrivalNs: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens: 1,
  outputTokens,
});

/** Nothing is to be had from 35 to 60 ns; otherwise another one is lent after 10 ns, and ready 15 ns later. */
const scarce = (noticeNs: number): EvictionPlan => ({
  scarceNs: [[35, 60]],
  noticeNs,
  replaceNs: 10,
  loadNs: 15,
});

/** Worked out by hand from docs/engine.md. Every step takes 10 ns. */
describe.each(bothEngines)('%s', (_, engine) => {
  const run = (eviction: EvictionPlan, ...requests: TinyRequest[]) => engine(planOf(1, eviction), partsOf(requests));

  test('what is taken away finishes its step, and who was on it begins again on the next one', () => {
    const { requests, timeline } = run(scarce(0), request(0, 10));

    // Taken at 35, gone at 40 with four tokens; lent at 60, ready at 75.
    expect(requests).toMatchObject([{ scheduledNs: 75, firstTokenNs: 85, finishNs: 175, attempts: 1, sentNs: 0 }]);
    expect(sum(timeline.slice(0, 100), 'onNs')).toBe(40 + 40);
    expect(sum(timeline, 'outputTokens')).toBe(10 + 4);
  });

  test('who is finished within the notice is served; who comes after it waits for the next one', () => {
    const { requests, timeline } = run(scarce(20), request(0, 5), request(40, 1));

    expect(requests).toMatchObject([
      { arrivalNs: 0, finishNs: 50 },
      { arrivalNs: 40, sentNs: 75, finishNs: 85 },
    ]);
    // Given back as soon as it is empty.
    expect(sum(timeline.slice(0, 60), 'onNs')).toBe(50);
  });

  test('who is not finished by the end of the notice begins again', () => {
    const { requests, timeline } = run(scarce(20), request(0, 8));

    // Gone at 60, when there are some again: the next one is lent at 70.
    expect(requests).toMatchObject([{ scheduledNs: 85, finishNs: 165 }]);
    expect(sum(timeline, 'outputTokens')).toBe(8 + 6);
  });
});

test('of a run that asks nothing of anybody, instances are there for MTBF / (MTBF + replacement) of the time', () => {
  const plan = planOf(40, { meanNs: 50_000, noticeNs: 0, replaceNs: 10_000, loadNs: 6_000 }, 10_000_000);
  const { timeline, totals } = collect(plan, partsOf([request(9_999_000, 1)]));
  const ready = sum(timeline, 'readyInstances') / timeline.length / 40;

  // About 6,000 lives: the standard error of the share is 0.002.
  expect(ready).toBeGreaterThan(50 / 66 - 0.008);
  expect(ready).toBeLessThan(50 / 66 + 0.008);
  // Each life and its replacement take 66,000 ns.
  expect(totals.evictions![0]!.evictedInstances / ((40 * 10_000_000) / 66_000)).toBeCloseTo(1, 1);
});

test('every output token that was generated was served, or lost', () => {
  inEveryRun(takenAway(anyCase), 150, ({ timeline, served, totals }) => {
    const lost = (totals.evictions ?? []).reduce((all, { lostOutputTokens }) => all + lostOutputTokens, 0);

    expect(sum(timeline, 'outputTokens')).toBe(sum(served, 'outputTokens') + lost);
  });
});

test('how long an instance may stay depends on seed, pool, place and life alone, and is exponential', () => {
  const lives = Array.from({ length: 4_000 }, (_, life) => lifetimeNs(1, 0, life % 40, Math.floor(life / 40), 1e9));
  const mean = lives.reduce((total, ns) => total + ns, 0) / lives.length;
  const beyondMean = lives.filter((ns) => ns > 1e9).length / lives.length;

  expect(Math.abs(mean / 1e9 - 1)).toBeLessThan(4 / Math.sqrt(4_000));
  expect(Math.abs(beyondMean - Math.exp(-1))).toBeLessThan(4 * Math.sqrt(0.2325 / 4_000));
  fc.assert(
    fc.property(fc.nat(99), fc.nat(9), fc.nat(99), fc.nat(99), (seed, pool, place, life) => {
      const ns = lifetimeNs(seed, pool, place, life, 1e12);
      expect([
        lifetimeNs(seed + 1, pool, place, life, 1e12),
        lifetimeNs(seed, pool + 1, place, life, 1e12),
        lifetimeNs(seed, pool, place + 1, life, 1e12),
        lifetimeNs(seed, pool, place, life + 1, 1e12),
      ]).not.toContain(ns);
      expect(lifetimeNs(seed, pool, place, life, 1e12)).toBe(ns);
    }),
    { numRuns: 200 },
  );
});

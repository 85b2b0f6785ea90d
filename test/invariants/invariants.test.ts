import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { anyCase } from '../differential/hostile-cases.ts';
import { partsOf, planOf } from '../differential/hostile-plan.ts';
import { tiersCase } from '../differential/tiers-case.ts';
import { collect } from '../support/collect.ts';
import {
  awake,
  departureNs,
  enqueuedAt,
  inEveryRun,
  mixedCases,
  rowsOf,
  sum,
  total,
  watchedCases,
} from './every-run.ts';

const calmCases = mixedCases.map((hostile) => ({
  ...hostile,
  pools: hostile.pools.map((pool) => ({
    ...pool,
    engine: { ...pool.engine, spareBlocks: 1_000_000 },
    // Who has used up a quantum is preempted, too.
    features: { ...pool.features, batching: undefined },
  })),
}));
describe('nothing is lost and nothing appears', () => {
  test('every request that arrives is served or rejected, once', () => {
    inEveryRun(mixedCases, 250, ({ requests, served, timeline, totals }) => {
      expect(requests.map(({ request }) => request).sort((a, b) => a - b)).toEqual(requests.map((_, i) => i));
      expect(totals.arrivedRequests).toBe(requests.length);
      expect(totals.servedRequests).toBe(served.length);
      expect(totals.rejectedRequests).toBe(requests.length - served.length);
      expect(sum(timeline, 'arrivedRequests')).toBe(served.length);
      expect(sum(timeline, 'finishedRequests')).toBe(served.length);
    });
  });

  test('tokens in the request table are the tokens of the timeline', () => {
    inEveryRun(mixedCases, 250, ({ plan, served, timeline, totals }) => {
      expect(sum(timeline, 'outputTokens')).toBe(sum(served, 'outputTokens'));
      expect(sum(timeline, 'promptTokens')).toBe(sum(served, 'promptTokens'));
      expect(sum(timeline, 'preemptions')).toBe(sum(served, 'preemptions'));
      expect(sum(timeline, 'steps')).toBe(totals.steps);
      expect(sum(timeline, 'cachedTokens')).toBe(sum(served, 'cachedTokens'));
      // After a preemption even more of a prompt may be found than at first.
      if (plan.pools.some(({ engine }) => engine.prefixCaching)) return;
      expect(sum(timeline, 'prefillTokens')).toBeGreaterThanOrEqual(sum(served, 'promptTokens'));
    });
  });

  test('without preemption the work is that of the requests, each on its own', () => {
    // What is found in the cache is not computed again; every other token is, once.
    inEveryRun(calmCases, 150, ({ plan, served, timeline }) => {
      expect(sum(timeline, 'preemptions')).toBe(0);
      const computed = total(served, ({ promptTokens, cachedTokens }) => promptTokens - cachedTokens);
      const triangle = (tokens: number) => (tokens * (tokens + 1)) / 2;
      expect(sum(timeline, 'prefillTokens')).toBe(computed);
      expect(sum(timeline, 'prefillPairs')).toBe(
        total(served, ({ promptTokens, cachedTokens }) => triangle(promptTokens) - triangle(cachedTokens)),
      );
      const decodedTokens = total(served, ({ outputTokens }) => outputTokens - 1);
      const stepTokens = mostTokensPerStep(plan);
      expect(sum(timeline, 'decodeSeqSteps')).toBeLessThanOrEqual(decodedTokens);
      expect(sum(timeline, 'decodeSeqSteps')).toBeGreaterThanOrEqual(decodedTokens / stepTokens);
      if (stepTokens > 1) return;
      expect(sum(timeline, 'decodeSeqSteps')).toBe(decodedTokens);
      expect(sum(timeline, 'kvTokenSteps')).toBe(
        total(served, ({ promptTokens: p, outputTokens: o }) => (o - 1) * p + ((o - 1) * o) / 2),
      );
    });
  });

  test('what is loaded was found, in whole blocks that were read, and nobody reads what nobody has written', () => {
    inEveryRun(tiersCase, 150, ({ plan, served, timeline }) => {
      for (const { cachedTokens, loadedTokens, promptTokens } of served) {
        expect(loadedTokens).toBeLessThanOrEqual(cachedTokens);
        expect(cachedTokens).toBeLessThan(promptTokens);
      }
      expect(sum(timeline, 'loadedTokens')).toBe(sum(served, 'loadedTokens'));
      plan.pools.forEach(({ engine: { blockTokens } }, pool) => {
        const rows = rowsOf(timeline, pool);
        const loaded = sum(rows, 'loadedTokens');
        const readBlocks = sum(rows, 'dramReadBlocks') + sum(rows, 'ssdReadBlocks') + sum(rows, 'remoteReadBlocks');
        // Who is preempted may load again.
        expect(loaded % blockTokens).toBe(0);
        expect(loaded).toBeLessThanOrEqual(readBlocks * blockTokens);
        for (const kind of ['dram', 'ssd', 'remote'] as const) {
          if (sum(rows, `${kind}WrittenBlocks`) === 0) expect(sum(rows, `${kind}ReadBlocks`)).toBe(0);
        }
      });
    });
  });

  test('KV blocks in use never exceed the capacity, and none is in use at the end', () => {
    inEveryRun(mixedCases, 250, ({ plan, timeline }) => {
      const capacities = plan.pools.map(({ instances, engine }) => instances * engine.kvBlocks);
      const beyond = timeline.filter((row) => row.kvBlocksUsed < 0 || row.kvBlocksUsed > capacities[row.pool]!);
      expect(beyond).toEqual([]);
      for (const last of timeline.slice(-plan.pools.length)) {
        expect(last).toMatchObject({ kvBlocksUsed: 0, waitingRequests: 0, runningRequests: 0 });
      }
    });
  });
});

describe('time has an order', () => {
  test('a request is sent, enqueued, scheduled, answered and finished', () => {
    inEveryRun(mixedCases, 250, ({ plan, served }) => {
      const stepTokens = mostTokensPerStep(plan);
      for (const { arrivalNs, enqueuedNs, scheduledNs, firstTokenNs, finishNs, outputTokens } of served) {
        expect(enqueuedNs).toBeGreaterThanOrEqual(arrivalNs);
        expect(scheduledNs).toBeGreaterThanOrEqual(enqueuedNs);
        expect(firstTokenNs).toBeGreaterThan(scheduledNs);
        // At least 1 ns for as many tokens as a step can give.
        expect(finishNs - firstTokenNs).toBeGreaterThanOrEqual((outputTokens - 1) / stepTokens);
        if (outputTokens === 1) expect(finishNs).toBe(firstTokenNs);
      }
    });
  });

  test('requests arrive before the horizon and leave in the order of the table', () => {
    inEveryRun(mixedCases, 250, ({ plan, requests, totals }) => {
      const leftNs = requests.map((request) => departureNs(plan, request));
      expect(leftNs).toEqual(leftNs.toSorted((a, b) => a - b));
      expect(totals.endNs).toBe(leftNs.at(-1) ?? 0);
      for (const { arrivalNs } of requests) expect(arrivalNs).toBeLessThan(plan.horizonNs);
    });
  });

  test('intervals cover the run without a gap', () => {
    inEveryRun(mixedCases, 250, ({ plan, timeline, totals }) => {
      const ends = timeline.filter(({ pool }) => pool === 0).map(({ endNs }) => endNs);
      for (let pool = 0; pool < plan.pools.length; pool++) {
        const rows = timeline.filter((row) => row.pool === pool);
        expect(rows.map(({ endNs }) => endNs)).toEqual(ends);
        expect(rows.map(({ startNs }) => startNs)).toEqual([0, ...ends.slice(0, -1)]);
      }
      expect(ends).toContain(plan.horizonNs);
      expect(ends.at(-1)).toBeGreaterThanOrEqual(totals.endNs);
      expect(ends.at(-2) ?? 0).toBeLessThan(Math.max(plan.horizonNs, totals.endNs));
    });
  });
});

describe('a drained run, looked at every ns', () => {
  test("obeys Little's law exactly: the integral of the number in system is the sum of the times in system", () => {
    inEveryRun(watchedCases, 60, ({ plan, served, timeline }) => {
      plan.pools.forEach((_, pool) => {
        const here = served.filter(({ instance }) => instance === pool);
        const atStart = here.filter(({ arrivalNs }) => arrivalNs === 0).length;
        const integral = total(rowsOf(timeline, pool), (row) => row.waitingRequests + row.runningRequests);

        expect(atStart + integral).toBe(total(here, (row) => departureNs(plan, row) - row.arrivalNs));
      });
    });
  });

  test('is work-conserving: an instance steps whenever a request is enqueued, without a pause, unless it waits for a KV tier', () => {
    inEveryRun(
      watchedCases,
      80,
      ({ plan, served, timeline }) => {
        if (timeline.some((row) => row.dramReadBlocks + row.ssdReadBlocks + row.remoteReadBlocks > 0)) return;
        plan.pools.forEach((_, pool) => {
          const here = served.filter(({ instance }) => instance === pool);
          const rows = rowsOf(timeline, pool);
          const enqueued = enqueuedAt(plan, here, rows.length);
          const wrong = rows.filter(({ endNs, runningRequests }) => runningRequests > 0 !== enqueued[endNs]! > 0);
          expect(wrong).toEqual([]);
          expect(sum(rows, 'busyNs')).toBe(enqueued.filter((count) => count > 0).length);
        });
      },
      awake,
    );
  });
});

test('the slots of requests that have left are used again', () => {
  let most = 0;
  const hostile = fc.sample(anyCase, { seed: 1, numRuns: 1 })[0]!;
  const requests = Array.from({ length: 5_000 }, () => ({ gapSteps: 10, promptTokens: 1, outputTokens: 2 }));
  const roomy = {
    ...hostile,
    clockSteps: undefined,
    horizonSteps: 1e5,
    intervalSteps: 1e5,
    workloads: [{ kind: 'open' as const, model: 0, requests }],
    pools: [{ ...hostile.pools[0]!, model: 0, cost: 'constant' as const, maxModelTokens: 100 }],
  };
  const { totals } = collect(planOf(roomy), {
    ...partsOf(roomy),
    routing: {
      route(request, _requests, fleet) {
        most = Math.max(most, request);
        return fleet.eligible(0);
      },
    },
  });

  expect(totals.servedRequests).toBe(5_000);
  expect(most).toBeLessThan(50);
});

/** One, and those that are guessed. */
function mostTokensPerStep({ pools }: SimulationPlan): number {
  return Math.max(...pools.map(({ engine }) => 1 + (engine.speculation?.draftTokens ?? 0)));
}

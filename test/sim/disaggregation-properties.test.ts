import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepCost } from '../../src/sim/ports.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import type { RunParts, SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { rowsDifference } from '../differential/agreement.ts';
import { chunkedPrefillCase, sharedPromptsCase, stormCase } from '../differential/flavours.ts';
import { anyCase, type HostileCase } from '../differential/hostile-cases.ts';
import { partsOf, planOf, withPromptFirstTokens } from '../differential/hostile-plan.ts';
import { collect, type Collected, type RequestRow } from '../support/collect.ts';

/** A run, and which of its pools are taken apart. */
interface ApartCase {
  readonly hostile: HostileCase;
  readonly pools: readonly {
    /** Index of the pool that the decode pool is like. */
    readonly decodesLike: number;
    readonly staysMixed: boolean;
  }[];
  readonly link: { readonly stepsPerToken: number; readonly latencySteps: number };
}

const hostileCase = fc.oneof(anyCase, stormCase, chunkedPrefillCase, sharedPromptsCase);

/** From links that nobody notices to links that everybody waits for. */
const apartCase: fc.Arbitrary<ApartCase> = fc.record({
  hostile: hostileCase,
  pools: fc.array(fc.record({ decodesLike: fc.nat(2), staysMixed: fc.boolean() }), { minLength: 3, maxLength: 3 }),
  link: fc.record({
    stepsPerToken: fc.constantFrom(0, 0.01, 0.1, 1, 3.7),
    latencySteps: fc.constantFrom(0, 0, 0.3, 1, 25),
  }),
});

/** Every pool becomes one that prefills and one that decodes, with the engine of any; some stay as well. */
function planOfApart({ hostile, pools, link }: ApartCase): SimulationPlan {
  const mixed = planOf(hostile);
  // A prompt that has lost its blocks starts again and again until a transfer ends: not for millions of short steps.
  const stepNs = Math.min(2_000, hostile.stepTicks / TICKS_PER_NS);
  const kvLink = {
    kvBytesPerToken: 3,
    gbPerS: 3 / (Math.max(1e-9, link.stepsPerToken) * stepNs),
    latencyNs: Math.round(link.latencySteps * stepNs),
  };
  return {
    ...mixed,
    pools: mixed.pools.flatMap((pool, index) => {
      const { decodesLike, staysMixed } = pools[index]!;
      const { engine } = mixed.pools[decodesLike % mixed.pools.length]!;
      return [
        { ...pool, role: 'prefill' as const, kvLink },
        { ...pool, role: 'decode' as const, engine },
        ...(staysMixed ? [pool] : []),
      ];
    }),
  };
}

function partsOfApart({ hostile, pools }: ApartCase): RunParts {
  const parts = partsOf(hostile);
  const stepCosts = parts.stepCosts.flatMap((cost, index) =>
    Array<StepCost>(pools[index]!.staysMixed ? 3 : 2).fill(cost),
  );
  return { ...parts, stepCosts };
}

interface Run extends Collected {
  readonly plan: SimulationPlan;
  readonly handedOver: readonly RequestRow[];
}

function inEveryRun(part: number, numRuns: number, holds: (run: Run) => void): void {
  fc.assert(
    fc.property(apartCase, (apartOne) => {
      const plan = withPromptFirstTokens(planOfApart(apartOne));
      const collected = collect(plan, partsOfApart(apartOne));
      const handedOver = collected.requests.filter(({ prefillInstance }) => prefillInstance >= 0);
      holds({ plan, handedOver, ...collected });
    }),
    { seed: 3_100 + part, numRuns },
  );
}

test('where segments are cut changes no row', () => {
  fc.assert(
    fc.property(apartCase, fc.integer({ min: 1, max: 5 }), (apartOne, maxSegmentSteps) => {
      const plan = planOfApart(apartOne);
      const cut = plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, maxSegmentSteps } }));
      const uncut = plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, maxSegmentSteps: 1_000_000 } }));
      const expected = collect({ ...plan, pools: cut }, partsOfApart(apartOne));
      const actual = collect({ ...plan, pools: uncut }, partsOfApart(apartOne));

      expect(rowsDifference('request', actual.requests, expected.requests)).toBeUndefined();
      expect(rowsDifference('timeline', actual.timeline, expected.timeline)).toBeUndefined();
    }),
    { seed: 3_100, numRuns: 600 },
  );
});

describe('nothing is lost and nothing appears', () => {
  test('every request that arrives is served or rejected, where its role allows', () => {
    inEveryRun(1, 250, ({ plan, requests, timeline, totals }) => {
      const roles = plan.pools.flatMap(({ role = 'mixed', instances }) => Array<string>(instances).fill(role));
      expect(requests.map(({ request }) => request).sort((a, b) => a - b)).toEqual(requests.map((_, i) => i));
      expect(requests.length).toBe(totals.arrivedRequests);
      for (const { status, instance, prefillInstance, outputTokens } of requests) {
        if (status !== RequestStatus.served) expect([instance, prefillInstance]).toEqual([-1, -1]);
        else if (prefillInstance >= 0) expect([roles[prefillInstance], roles[instance]]).toEqual(['prefill', 'decode']);
        else expect(roles[instance] === 'mixed' || (roles[instance] === 'prefill' && outputTokens === 1)).toBe(true);
      }
      expect(sum(timeline, 'arrivedRequests')).toBe(totals.servedRequests);
      expect(sum(timeline, 'finishedRequests')).toBe(totals.servedRequests);
      expect(sum(timeline, 'outputTokens')).toBe(
        total(requests, ({ status, outputTokens }) => (status === RequestStatus.served ? outputTokens : 0)),
      );
    });
  });

  test('KV blocks in use never exceed the capacity, and at the end none is in use and nobody is on the way', () => {
    inEveryRun(2, 250, ({ plan, timeline }) => {
      const capacities = plan.pools.map(({ instances, engine }) => instances * engine.kvBlocks);
      const beyond = timeline.filter((row) => row.kvBlocksUsed < 0 || row.kvBlocksUsed > capacities[row.pool]!);
      expect(beyond).toEqual([]);
      for (const last of timeline.slice(-plan.pools.length)) {
        expect(last).toMatchObject({ kvBlocksUsed: 0, waitingRequests: 0, runningRequests: 0 });
      }
    });
  });

  test('the tokens on the links of a pool are those of the prompts that it handed over, less whole blocks of hits', () => {
    inEveryRun(3, 250, ({ plan, handedOver, timeline }) => {
      const poolOf = plan.pools.flatMap(({ instances }, pool) => Array<number>(instances).fill(pool));
      plan.pools.forEach((_, pool) => {
        const moved = sum(
          timeline.filter((row) => row.pool === pool),
          'kvTransferTokens',
        );
        const own = handedOver.filter(({ prefillInstance }) => poolOf[prefillInstance] === pool);
        const prompts = total(own, ({ promptTokens }) => promptTokens);
        const caches = own.some(({ instance }) => plan.pools[poolOf[instance]!]!.engine.prefixCaching);
        if (caches) expect(moved).toBeLessThanOrEqual(prompts);
        else expect(moved).toBe(prompts);
      });
    });
  });

  test('without hits, a transfer takes its bytes over the rate of the link and its latency, and what was before it', () => {
    inEveryRun(4, 250, ({ plan, handedOver }) => {
      const engines = plan.pools.flatMap((pool) => Array.from({ length: pool.instances }, () => pool));
      for (const { instance, prefillInstance, promptTokens, outputTokens, ...row } of handedOver) {
        const from = engines[prefillInstance]!;
        const to = engines[instance]!.engine;
        const { kvBytesPerToken, gbPerS, latencyNs } = from.kvLink!;
        const sentNs = to.prefixCaching ? 1 : Math.max(1, Math.ceil((promptTokens * kvBytesPerToken) / gbPerS));
        expect(row.transferNs).toBeGreaterThanOrEqual(sentNs + latencyNs);
        // At least 1 ns for as many tokens as a step can give.
        const leftNs = row.finishNs - to.outputNs - (row.firstTokenNs - from.engine.outputNs);
        const stepTokens = 1 + (to.speculation?.draftTokens ?? 0);
        expect(leftNs).toBeGreaterThanOrEqual(row.transferNs + (outputTokens - 1) / stepTokens);
      }
    });
  });
});

test('the cases are hostile: requests are handed over, wait for links, are preempted and hit', () => {
  let seen = { handedOver: 0, waited: 0, preempted: 0, hits: 0, rejected: 0 };
  inEveryRun(5, 200, ({ plan, requests, handedOver, timeline }) => {
    const prompts = total(handedOver, ({ promptTokens }) => promptTokens);
    seen = {
      handedOver: seen.handedOver + handedOver.length,
      waited: seen.waited + handedOver.filter((row) => row.transferNs > 2 * aloneNs(plan, row)).length,
      preempted: seen.preempted + handedOver.filter(({ preemptions }) => preemptions > 0).length,
      hits: seen.hits + prompts - sum(timeline, 'kvTransferTokens'),
      rejected: seen.rejected + requests.filter(({ status }) => status === RequestStatus.rejected).length,
    };
  });

  expect(seen.handedOver).toBeGreaterThan(1_000);
  expect(seen.waited).toBeGreaterThan(300);
  expect(seen.preempted).toBeGreaterThan(100);
  expect(seen.hits).toBeGreaterThan(1_000);
  expect(seen.rejected).toBeGreaterThan(100);
});

/** What its transfer takes when nothing is in the way and nothing is known there. */
function aloneNs(plan: SimulationPlan, { prefillInstance, promptTokens }: RequestRow): number {
  const pool = plan.pools.flatMap((one) => Array.from({ length: one.instances }, () => one))[prefillInstance]!;
  const { kvBytesPerToken, gbPerS, latencyNs } = pool.kvLink!;
  return Math.max(1, Math.ceil((promptTokens * kvBytesPerToken) / gbPerS)) + latencyNs;
}

function sum<Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return total(rows, (row) => row[name]);
}

function total<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return rows.reduce((so, row) => so + figure(row), 0);
}

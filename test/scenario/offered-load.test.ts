import { describe, expect, test } from 'vitest';
import { offeredLoads } from '../../src/scenario/offered-load.ts';
import type { Demand } from '../../src/scenario/catalogue-types.ts';
import type { PoolPlan } from '../../src/sim/plan.ts';
import type { StepCost } from '../../src/sim/ports.ts';
import { NS_PER_MS, TICKS_PER_NS } from '../../src/sim/units.ts';
import { roomyEngine } from '../support/plans.ts';
import { NO_ENERGY } from '../support/step-costs.ts';
import { scenarioOf, GOOD } from './support.ts';

const TICKS_PER_MS = NS_PER_MS * TICKS_PER_NS;

/** 10 ms a decode step, whatever is in it; 1 ms more for every 100 prompt tokens. */
const cost: StepCost = {
  decodePiece: () => ({ fixedTicks: 10 * TICKS_PER_MS, ticksPerKvToken: 0, ...NO_ENERGY, untilKvTokens: Infinity }),
  prefillStepTicks: ({ prefillTokens }) => (10 + prefillTokens / 100) * TICKS_PER_MS,
  prefillStepQuanta: () => 0,
  chunkWeight: (tokens) => tokens,
};

const [anyPool] = scenarioOf(GOOD).pools;

function pool(name: string, changes: Partial<PoolPlan>): PoolPlan {
  return { ...anyPool!, name, engine: roomyEngine, instances: 1, ...changes };
}

function demand(requestsPerS: number, meanPromptTokens: number, meanOutputTokens: number): Demand {
  return { requestsPerS, meanPromptTokens, meanOutputTokens, meanSessionS: 0 };
}

function loadsOf(pools: readonly PoolPlan[], demands: readonly Demand[]) {
  const plan = { models: ['model'], pools, workloads: demands.map(() => ({ model: 0 })) };
  return offeredLoads(plan, demands, () => cost);
}

describe('offered load', () => {
  test('is the rate times prefill time plus a share of the decode steps', () => {
    // 400 prompt tokens: 4 ms. 100 output tokens in steps of 10 ms shared by 50: 20 ms. So one instance serves 1/24 ms.
    const [load] = loadsOf(
      [pool('a', { instances: 3, engine: { ...roomyEngine, maxNumSeqs: 50 } })],
      [demand(25, 400, 100)],
    );
    expect(load!.capacityRequestsPerS).toBeCloseTo(3 / 0.024, 9);
    expect(load!.load).toBeCloseTo((25 * 0.024) / 3, 9);
  });

  test('counts no more sequences in a batch than the KV cache holds', () => {
    // A sequence holds 400 + 100 / 2 tokens on average; 1,000 blocks of 9 hold 20 of them: 100 × 10 ms / 20 = 50 ms.
    const engine = { ...roomyEngine, kvBlocks: 1_000, blockTokens: 9 };
    const [load] = loadsOf([pool('a', { engine })], [demand(1, 400, 100)]);
    expect(load!.capacityRequestsPerS).toBeCloseTo(1 / 0.054, 9);
  });

  test('pays for long prompts chunk by chunk, and no less for it where the cost is linear', () => {
    const engine = { ...roomyEngine, maxNumSeqs: 50, maxNumBatchedTokens: 150 };
    const [load] = loadsOf([pool('a', { engine })], [demand(25, 400, 100)]);
    expect(load!.capacityRequestsPerS).toBeCloseTo(1 / 0.024, 9);
  });

  test('is that of all pools of a model and of all its workloads together', () => {
    const engine = { ...roomyEngine, maxNumSeqs: 50 };
    const pools = [pool('a', { engine }), pool('b', { engine, instances: 3 })];
    const loads = loadsOf(pools, [demand(10, 600, 100), demand(10, 200, 100)]);
    expect(loads.map(({ load }) => load)).toEqual([loads[0]!.load, loads[0]!.load]);
    expect(loads[0]!.load).toBeCloseTo((20 * 0.024) / 4, 9);
    expect(loads[1]!.capacityRequestsPerS).toBeCloseTo(3 / 0.024, 9);
  });

  test('lets decode pools compute the prompts of workloads that are short, and prefill pools only the others', () => {
    const engine = { ...roomyEngine, maxNumSeqs: 50, maxNumBatchedTokens: 4_000 };
    const pools = [
      pool('prompts', { role: 'prefill', engine, kvLink: { gbPerS: 1e6, latencyNs: 0, kvBytesPerToken: 1 } }),
      pool('answers', { role: 'decode', engine, localPrefillTokens: 500 }),
    ];
    const [prompts, answers] = loadsOf(pools, [demand(15, 400, 101), demand(5, 4_000, 101)]);

    // A quarter of the requests take 10 + 40 ms in the prefill pool.
    expect(prompts!.capacityRequestsPerS).toBeCloseTo(1 / (0.25 * 0.05), 9);
    expect(prompts!.load).toBeCloseTo(20 * 0.25 * 0.05, 9);
    // All of them take 100 steps of 10 ms shared by 50; three quarters 4 ms of prompts and a step more.
    expect(answers!.capacityRequestsPerS).toBeCloseTo(1 / (0.02 + 0.75 * 0.0042), 9);
  });

  test('is 0 where nothing is asked', () => {
    expect(loadsOf([pool('a', {})], [demand(0, 0, 0)])[0]!.load).toBe(0);
  });
});

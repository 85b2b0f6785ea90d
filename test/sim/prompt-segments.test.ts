import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect } from '../support/collect.ts';
import { firstEligible, openLoop, tinyPlan, type TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

const BUDGET = 100;

/** Steps of 10 ns, each with at most 100 tokens. */
function run(requests: readonly TinyRequest[], engine: Partial<EnginePlan> = {}) {
  const plan = tinyPlan({
    horizonNs: 1_000,
    engine: { maxNumBatchedTokens: BUDGET, maxModelTokens: 100_000, kvBlocks: 100_000, maxNumSeqs: 8, ...engine },
  });
  const parts = {
    workloads: [openLoop(requests)],
    routing: firstEligible,
    stepCosts: [constantStep(10 * TICKS_PER_NS)],
  };
  const { totals, requests: rows } = collect(plan, parts);
  return { ...totals, scheduledNs: Object.fromEntries(rows.map((row) => [row.request, row.scheduledNs])) };
}

describe('a prompt that fills the budget of a step again and again', () => {
  test('is one segment until its last chunk, or one for every 64 of them', () => {
    expect(run([{ arrivalNs: 0, promptTokens: 2 * BUDGET, outputTokens: 1 }])).toMatchObject({ steps: 2, segments: 2 });
    expect(run([{ arrivalNs: 0, promptTokens: 50 * BUDGET, outputTokens: 1 }])).toMatchObject({
      steps: 50,
      segments: 2,
    });
    // No segment has more than 64 steps.
    const long = run([{ arrivalNs: 0, promptTokens: 200 * BUDGET, outputTokens: 1 }]);
    expect(long).toMatchObject({ steps: 200, segments: Math.ceil(199 / 64) + 1 });
  });

  test('is not cut where somebody comes, who can join beside its last chunk', () => {
    const others = Array.from({ length: 5 }, (_, other) => ({
      arrivalNs: 20 + other,
      promptTokens: 1,
      outputTokens: 1,
    }));
    const found = run([{ arrivalNs: 0, promptTokens: 50 * BUDGET - 10, outputTokens: 1 }, ...others]);

    expect(found).toMatchObject({ steps: 50, segments: 2 });
    expect(found.scheduledNs).toEqual({ 0: 0, 1: 490, 2: 490, 3: 490, 4: 490, 5: 490 });
  });

  test('goes on beside those who decode, until one of them has his last token', () => {
    const decoding = { arrivalNs: 0, promptTokens: 1, outputTokens: 21 };
    const found = run([decoding, { arrivalNs: 1, promptTokens: 50 * BUDGET, outputTokens: 1 }]);

    // The prompt of the first; 20 steps with 99 of the second's tokens each; 30 with 100, and one with the 20 that are left.
    expect(found).toMatchObject({ steps: 1 + 20 + 30 + 1, segments: 4 });
  });

  test('may fill memory to the last block', () => {
    const kvBlocks = 5 * BUDGET;
    const found = run([{ arrivalNs: 0, promptTokens: 5 * BUDGET, outputTokens: 1 }], { kvBlocks });

    expect(found).toMatchObject({ steps: 5, segments: 2 });
  });
});

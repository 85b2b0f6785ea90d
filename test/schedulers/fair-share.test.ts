import { expect, test } from 'vitest';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { policyOf } from '../support/batching.ts';
import { collect } from '../support/collect.ts';
import type { RequestRow } from '../support/collect.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import { hashOf } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';

const STEP_NS = 100;
const MAX_PROMPT = 400;
const MAX_OUTPUT = 60;
const MAX_SEQS = 8;
/** Tokens of a full batch. */
const KV_TOKENS = MAX_SEQS * (MAX_PROMPT + MAX_OUTPUT);
const [PROMPT_COST, OUTPUT_COST] = [1, 2];

/** The noisy tenant asks for long prompts first and for much at once; both have something waiting nearly to the end. */
function rowsOf(policy: string, seed: number): readonly RequestRow[] {
  const tenant = (count: number, index: number) =>
    Array.from({ length: count }, (_, k) => ({
      arrivalNs: index,
      promptTokens: 1 + (hashOf(seed, index, k, 1) % (index === 0 ? MAX_PROMPT : 40)),
      outputTokens: 1 + (hashOf(seed, index, k, 2) % (index === 0 ? 20 : MAX_OUTPUT)),
    }));
  const engine = { maxNumSeqs: MAX_SEQS, maxNumBatchedTokens: 10_000, kvBlocks: KV_TOKENS, blockTokens: 1 };
  return collect(tinyPlan({ horizonNs: 1_000, workloads: 2, engine }), {
    workloads: [tenant(300, 0), tenant(300, 1)].map(openLoop),
    routing: firstEligible,
    stepCosts: [constantStep(STEP_NS * TICKS_PER_NS)],
    batching: [policyOf(policy)],
  }).requests;
}

/** What a tenant has been served by then: prompts when they are begun, answers token by token, one each step. */
function servedBy(rows: readonly RequestRow[], tenant: number, timeNs: number): number {
  let served = 0;
  for (const { workload, scheduledNs, firstTokenNs, promptTokens, outputTokens } of rows) {
    if (workload !== tenant || scheduledNs >= timeNs) continue;
    const tokens = Math.floor((timeNs - firstTokenNs) / STEP_NS) + 1;
    served += PROMPT_COST * promptTokens + OUTPUT_COST * Math.min(outputTokens, Math.max(0, tokens));
  }
  return served;
}

/** How far apart the services of the tenants grow within any time in which both wait. */
function largestDifference(rows: readonly RequestRow[]): number {
  const lastOf = (tenant: number) =>
    Math.max(...rows.flatMap(({ workload, scheduledNs }) => (workload === tenant ? [scheduledNs] : [])));
  const untilNs = Math.min(lastOf(0), lastOf(1));
  const differences: number[] = [];
  for (let timeNs = 1; timeNs <= untilNs; timeNs += STEP_NS) {
    differences.push(servedBy(rows, 0, timeNs) - servedBy(rows, 1, timeNs));
  }
  return Math.max(...differences) - Math.min(...differences);
}

/**
 * Y. Sheng et al. (OSDI 2024): while two tenants both wait, their services differ by at most twice
 * max(cost of the longest prompt, cost of as many output tokens as fit a batch).
 */
const BOUND = 2 * Math.max(PROMPT_COST * MAX_PROMPT, OUTPUT_COST * KV_TOKENS);

test.each([1, 2, 3])('two tenants who wait are served alike, up to the bound of the theorem (seed %i)', (seed) => {
  const rows = rowsOf('fair-share', seed);

  expect(rows.every(({ preemptions }) => preemptions === 0)).toBe(true);
  expect(largestDifference(rows)).toBeLessThanOrEqual(BOUND);
});

test('first come, first served leaves the bound far behind', () => {
  expect(largestDifference(rowsOf('fcfs', 1))).toBeGreaterThan(3 * BOUND);
});

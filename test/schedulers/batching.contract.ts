import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchingModule } from '../../src/schedulers/batching/batching-module.ts';
import type { QueuedRequestView } from '../../src/sim/ports.ts';
import type { RunParts } from '../../src/sim/simulate.ts';
import { rowsDifference } from '../differential/agreement.ts';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { batchingContext } from '../support/batching.ts';
import { collect } from '../support/collect.ts';
import { requestsOf } from '../support/fakes.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import { affineStep } from '../support/step-costs.ts';

const context = batchingContext({ ttftNs: 400 }, {}, { ttftNs: 100, fairShareWeight: 3 });

const anyRequest = fc.record({
  workload: fc.nat(2),
  arrivalNs: fc.nat(400),
  promptTokens: fc.integer({ min: 1, max: 30 }),
  outputTokens: fc.integer({ min: 1, max: 30 }),
});
const anyRequests = fc.array(anyRequest, { minLength: 1, maxLength: 30 });
type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer Request> ? Request : never;

/** What every batching policy owes the engine, whatever it prefers. */
export function describeBatching(module: BatchingModule): void {
  const create = () => module.create(module.options.parse({}), context);

  describe(module.name, () => {
    test('answers a small whole queue and a rank, the same wherever the request sits', () => {
      fc.assert(
        fc.property(anyRequests, fc.nat(30), (requests, generatedTokens) => {
          const policy = create();
          const level = generatedTokens % 4;
          const inItsRow = viewOf(requests);
          requests.forEach((request, row) => {
            const alone = viewOf([request]);
            const queue = policy.queueOf(row, inItsRow, level);
            const rank = policy.rank(row, inItsRow, generatedTokens);

            expect(Number.isInteger(queue) && queue >= 0 && queue < 100).toBe(true);
            expect(rank).not.toBeNaN();
            expect([policy.queueOf(0, alone, level), policy.rank(0, alone, generatedTokens)]).toEqual([queue, rank]);
            expect(policy.victimRank?.(row, inItsRow, 5)).not.toBeNaN();
          });
        }),
      );
    });

    test('leaves prompts a whole number of tokens, and no more beside more who decode', () => {
      const { prefillTokenBudget = () => 0 } = create();
      const budgets = Array.from({ length: 1_000 }, (_, k) => prefillTokenBudget(k + 1));

      expect(budgets.every((budget) => Number.isInteger(budget) && budget >= 0)).toBe(true);
      expect(budgets).toEqual(budgets.toSorted((a, b) => b - a));
    });

    test('serves everybody, the same in segments and step by step, with hardly any memory', () => {
      fc.assert(
        fc.property(anyRequests, fc.integer({ min: 15, max: 25 }), (requests, kvBlocks) => {
          const engine = { maxNumSeqs: 4, maxNumBatchedTokens: 16, kvBlocks, blockTokens: 4 };
          const plan = {
            ...tinyPlan({ horizonNs: 1_000, workloads: 3, engine }),
            outputPrediction: { relativeError: 1 },
          };
          const parts = (): RunParts => ({
            workloads: [0, 1, 2].map((workload) => openLoop(inOrder(requests, workload))),
            routing: firstEligible,
            stepCosts: [affineStep({ fixed: 2 * TICKS_PER_NS, perKvToken: 1_000, perPrefillToken: 9_000 })],
            batching: [create],
          });
          const { requests: rows } = collect(plan, parts());

          expect(rows.filter(({ status }) => status === 0)).toHaveLength(requests.length);
          expect(rowsDifference('request', rows, simulateStepByStep(plan, parts()).requests)).toBeUndefined();
        }),
      );
    });

    test('can be named without options and refuses one it does not know', () => {
      expect(module.options.safeParse({}).success).toBe(true);
      expect(module.options.safeParse({ noSuchOption: 1 }).success).toBe(false);
    });
  });
}

function inOrder(requests: readonly AnyRequest[], workload: number): AnyRequest[] {
  return requests.filter((request) => request.workload === workload).sort((a, b) => a.arrivalNs - b.arrivalNs);
}

function viewOf(requests: readonly AnyRequest[]): QueuedRequestView {
  return {
    ...requestsOf(...requests),
    priority: (row) => requests[row]!.workload,
    predictedOutputTokens: (row) => requests[row]!.outputTokens + 0.5,
  };
}

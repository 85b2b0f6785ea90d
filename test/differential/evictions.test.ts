import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../support/collect.ts';
import { difference, expectNoDifference } from './agreement.ts';
import { batchingCase } from './batching-case.ts';
import { decisionsCase, takenAway } from './decisions-case.ts';
import { sharedPromptsCase } from './flavours.ts';
import { anyCase } from './hostile-cases.ts';
import { partsOf, planOf } from './hostile-plan.ts';
import { tiersCase } from './tiers-case.ts';

const alone = takenAway(fc.oneof(anyCase, anyCase, sharedPromptsCase));

test('a run whose instances are taken away is the same to the bit in segments and step by step', () => {
  expectNoDifference(31, alone, 200, difference);
});

test.each([
  ['with an order of a policy', batchingCase, 32],
  ['with KV tiers', tiersCase, 33],
  ['with admission, models that take turns and scaling', decisionsCase, 34],
] as const)('the same %s', (_, cases, part) => {
  expectNoDifference(part, takenAway(cases), 120, difference);
});

test('requests are lost in a third of these runs, and instances in more', () => {
  const cases = fc.sample(alone, { seed: 1, numRuns: 300 });
  const totals = cases.map((hostile) => collect(planOf(hostile), partsOf(hostile)).totals.evictions ?? []);

  expect(totals.filter((pools) => pools.some(({ lostRequests }) => lostRequests > 0)).length).toBeGreaterThan(100);
  expect(totals.filter((pools) => pools.some(({ evictedInstances }) => evictedInstances > 0)).length).toBeGreaterThan(
    150,
  );
});

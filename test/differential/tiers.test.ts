import { test } from 'vitest';
import { difference, expectNoDifference } from './agreement.ts';
import { tiersCase } from './tiers-case.ts';

test('a run with KV in tiers is the same to the bit in segments and step by step', () => {
  expectNoDifference(9, tiersCase, 900, difference);
});

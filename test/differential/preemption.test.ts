import { test } from 'vitest';
import { checkCases, difference } from './agreement.ts';
import { stormCase } from './flavours.ts';

test('a run with a storm of preemptions is the same to the bit in segments and step by step', () => {
  checkCases(2, stormCase, 1_500, difference);
});

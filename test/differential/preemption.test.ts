import { test } from 'vitest';
import { expectNoDifference, difference } from './agreement.ts';
import { stormCase } from './flavours.ts';

test('a run with a storm of preemptions is the same to the bit in segments and step by step', () => {
  expectNoDifference(2, stormCase, 600, difference);
});

import { test } from 'vitest';
import { expectNoDifference, difference } from './agreement.ts';
import { apartCase } from './apart-case.ts';

test('a run with prefill and decode apart is the same to the bit in segments and step by step', () => {
  expectNoDifference(8, apartCase, 800, difference);
});

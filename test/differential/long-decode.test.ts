import { test } from 'vitest';
import { expectNoDifference, difference } from './agreement.ts';
import { longDecodeCase } from './flavours.ts';

test('a run of long answers is the same to the bit in segments and step by step', () => {
  expectNoDifference(3, longDecodeCase, 250, difference);
});

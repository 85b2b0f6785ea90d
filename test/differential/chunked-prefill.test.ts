import { test } from 'vitest';
import { expectNoDifference, difference } from './agreement.ts';
import { chunkedPrefillCase } from './flavours.ts';

test('a run of prompts in many chunks is the same to the bit in segments and step by step', () => {
  expectNoDifference(4, chunkedPrefillCase, 900, difference);
});

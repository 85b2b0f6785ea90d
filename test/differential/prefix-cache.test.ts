import { test } from 'vitest';
import { expectNoDifference, difference } from './agreement.ts';
import { sharedPromptsCase } from './flavours.ts';

test('a run of prompts that begin alike is the same to the bit in segments and step by step', () => {
  expectNoDifference(7, sharedPromptsCase, 800, difference);
});

import { test } from 'vitest';
import { checkCases, difference } from './agreement.ts';
import { anyCase } from './hostile-cases.ts';

test('any run is the same to the bit in segments and step by step', () => {
  checkCases(1, anyCase, 2_000, difference);
});

import { test } from 'vitest';
import { expectNoDifference, difference } from './agreement.ts';
import { anyCase } from './hostile-cases.ts';

test('any run is the same to the bit in segments and step by step', () => {
  expectNoDifference(1, anyCase, 900, difference);
});

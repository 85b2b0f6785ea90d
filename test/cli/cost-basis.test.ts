import { expect, test } from 'vitest';
import { basisOf, withBasis } from '../../src/report/money.ts';

test('dollars of several scenarios say what they stand for, together or each', () => {
  expect(basisOf([{ name: 'a' }, { name: 'b' }])).toBe('USD: the rent of the accelerators.');
  expect(basisOf([{ name: 'a', costBasis: 'economic' }])).toBe('USD: economic basis, capital as an annuity.');
  expect(
    basisOf([
      { name: 'a', costBasis: 'economic' },
      { name: 'b', costBasis: 'cash' },
      { name: 'c', costBasis: 'economic' },
      { name: 'd' },
    ]),
  ).toBe('USD do not all stand for the same: economic basis (a, c); cash basis (b); the rent of the accelerators (d).');
});

test('a heading says it where a scenario says something of money', () => {
  expect(withBasis('Answers', undefined)).toBe('Answers');
  expect(withBasis('Answers', { costBasis: 'accounting', idleRule: 'pro-rata' })).toBe('Answers, accounting basis');
});

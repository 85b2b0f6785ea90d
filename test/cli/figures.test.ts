import { describe, expect, test } from 'vitest';
import { figure, percent, withHalfWidth } from '../../src/report/figures.ts';
import { alignedRows, wrapped } from '../../src/report/table.ts';

describe('a figure has three digits, or all the whole ones', () => {
  test.each([
    [0, '0'],
    [1_234_567.8, '1,234,568'],
    [123.4, '123'],
    [12.34, '12.3'],
    [1.234, '1.23'],
    [0.1234, '0.123'],
    [0.001234, '0.00123'],
    [0.000000012, '0.000000'],
    [-12.34, '-12.3'],
  ])('%d is %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });
});

test('a half-width has the decimals of its figure', () => {
  expect(withHalfWidth(12.34, 0.567)).toBe('12.3 ± 0.6');
  expect(withHalfWidth(12.34, undefined)).toBe('12.3');
});

describe('a share reads as all or nothing only when it is', () => {
  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50.0 %'],
    [0.9912, '99.12 %'],
    [0.999999, '> 99.99 %'],
    [0.000001, '< 0.01 %'],
    [1.25, '125.0 %'],
  ])('%d is %s', (share, text) => {
    expect(percent(share)).toBe(text);
  });
});

test('columns align by what a reader sees: names left, numbers right', () => {
  expect(
    alignedRows([
      ['', 'µs'],
      ['naïve', '1'],
      ['b', '1,000'],
    ]),
  ).toEqual(['             µs', '  naïve       1', '  b       1,000']);
});

test('wrapped text keeps every word and stays within its columns', () => {
  const text = 'one two three four five six';
  const lines = wrapped(text, 12, 2);

  expect(lines.every((line) => line.length <= 12)).toBe(true);
  expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
});

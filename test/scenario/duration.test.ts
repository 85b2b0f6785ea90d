import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../src/scenario/duration.ts';

const HOUR_NS = 3600e9;

describe('a duration', () => {
  test.each([
    ['500ms', 0.5e9],
    ['15min', HOUR_NS / 4],
    ['7d', 7 * 24 * HOUR_NS],
    ['1h30min', 1.5 * HOUR_NS],
    ['1.5h', 1.5 * HOUR_NS],
    ['0s', 0],
    ['3us', 3000],
    ['2.4ns', 2],
    ['100d', 2400 * HOUR_NS],
  ])('%s is that many nanoseconds', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });

  test.each([
    '',
    'h',
    '15',
    '1h30',
    '-5s',
    '5 min',
    '15m',
    '1e3s',
    '5MIN',
    '101d',
    '.5h',
    '5.s',
    '1h,',
    '9'.repeat(400) + 's',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeTypeOf('string');
  });

  test('is the sum of its pieces', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(9999), (hours, minutes, milliseconds) => {
        const ns = hours * HOUR_NS + (minutes * HOUR_NS) / 60 + milliseconds * 1e6;
        expect(parseDuration(`${hours}h${minutes}min${milliseconds}ms`)).toBe(ns);
      }),
    );
  });
});

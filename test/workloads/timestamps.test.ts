import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimestampParser } from '../../src/workloads/timestamps.ts';

interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
}

function parsed(kind: 'parseDateTime' | 'parseSeconds', text: string): Moment | undefined {
  const parser = new TimestampParser();
  // Digits on either side, which it must not read.
  const bytes = new TextEncoder().encode(`77${text}77`);
  if (!parser[kind](bytes, 2, bytes.length - 2)) return undefined;
  return { seconds: parser.seconds, nanoseconds: parser.nanoseconds };
}

const dateTime = (text: string) => parsed('parseDateTime', text);
const seconds = (text: string) => parsed('parseSeconds', text);

describe('a date and time', () => {
  test.each([
    ['2023-11-16 18:15:46.6805900', '2023-11-16T18:15:46Z', 680_590_000],
    ['2023-11-16 18:15:46.6805901', '2023-11-16T18:15:46Z', 680_590_100],
    ['2024-05-12 00:00:00.001163+00:00', '2024-05-12T00:00:00Z', 1_163_000],
    ['2024-05-12 00:00:00+00:00', '2024-05-12T00:00:00Z', 0],
    ['2024-10-15T12:00:00.269Z', '2024-10-15T12:00:00Z', 269_000_000],
    ['2024-02-29 23:59:59.999999999+02:00', '2024-02-29T21:59:59Z', 999_999_999],
    ['2024-02-29 23:59:59.9999999999-0330', '2024-03-01T03:29:59Z', 999_999_999],
  ])('%s is %s and %i ns', (text, utc, nanoseconds) => {
    expect(dateTime(text)).toEqual({ seconds: Date.parse(utc) / 1000, nanoseconds });
  });

  test('of every second from 1900 to 2200 is the one the platform counts', () => {
    const range = { min: Date.UTC(1900, 0, 1) / 1000, max: Date.UTC(2200, 0, 1) / 1000 };
    fc.assert(
      fc.property(fc.integer(range), fc.nat(9_999_999), (second, ticks) => {
        const text = `${new Date(second * 1000).toISOString().slice(0, 19)}.${String(ticks).padStart(7, '0')}`;
        expect(dateTime(text)).toEqual({ seconds: second, nanoseconds: ticks * 100 });
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    '',
    '2023-11-16',
    '2023-11-16 18:15',
    '2023-13-16 18:15:46',
    '2023-00-16 18:15:46',
    '2023-02-29 18:15:46',
    '1900-02-29 18:15:46',
    '2023-04-31 18:15:46',
    '2023-11-16 24:15:46',
    '2023-11-16 18:60:46',
    '2023-11-16 18:15:60',
    '2023-11-16 18:15:46.',
    '2023-11-16 18:15:46.5 ',
    '2023-11-16 18:15:46+',
    '2023-11-16 18:15:46+2',
    '2023-11-16 18:15:46+24:00',
    '2023-11-16 18:15:46Zulu',
    '2023/11/16 18:15:46',
    '2023-11-16_18:15:46',
    '2023-11-16 18.15.46',
    '2023-1a-16 18:15:46',
    '1700158546',
  ])('is not %j', (text) => {
    expect(dateTime(text)).toBeUndefined();
  });
});

describe('seconds', () => {
  test.each([
    ['0.0', 0, 0],
    ['0', 0, 0],
    ['4.314579', 4, 314_579_000],
    ['3501.721937', 3501, 721_937_000],
    ['0.1', 0, 100_000_000],
    ['0.000000001', 0, 1],
    ['0.0000000019', 0, 1],
    ['604799.999999999', 604_799, 999_999_999],
  ])('%s are %i s and %i ns', (text, whole, nanoseconds) => {
    expect(seconds(text)).toEqual({ seconds: whole, nanoseconds });
  });

  test.each(['', '.', '.5', '5.', '-1', '+1', '1e3', '1,5', ' 1', '1.5s', 'NaN', '1234567890123456'])(
    'are not %j',
    (text) => {
      expect(seconds(text)).toBeUndefined();
    },
  );
});

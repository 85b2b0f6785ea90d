import { describe, expect, test } from 'vitest';
import {
  isNear,
  relativeSize,
  signedDifference,
  signedRelative,
  verdictSentence,
} from '../../src/report/comparison-words.ts';
import { compareRuns } from '../../src/results/comparison.ts';
import { pairedDifference } from '../../src/results/statistics-interval.ts';
import { FLEET } from '../../src/results/summary.ts';
import type { Metric, Statistic, SummaryEntry, Unit } from '../../src/results/summary.ts';

function entry(metric: Metric, statistic: Statistic, value: number, unit: Unit): SummaryEntry {
  return {
    scope: 'fleet',
    scopeName: FLEET,
    metric,
    statistic,
    value,
    unit,
    halfWidth95: undefined,
    grade: 'measured',
  };
}

/** One run per pair of figures. */
const runs = (name: string, figures: readonly (readonly [ttft: number, cost: number])[]) => ({
  name,
  summaries: figures.map(([ttft, cost]) => [
    entry('ttft', 'p99', ttft, 'ms'),
    entry('blended_cost', 'fully_loaded', cost, 'USD/Mtok'),
    entry('cached_tokens', 'share', 0, '1'),
  ]),
});

test('a verdict in words says what differs by how much, and what does not', () => {
  const comparison = compareRuns([
    runs('round-robin', [
      [1_000, 0.31],
      [1_200, 0.32],
      [1_100, 0.33],
      [1_050, 0.32],
    ]),
    runs('power-of-two', [
      [700, 0.32],
      [830, 0.31],
      [750, 0.33],
      [735, 0.32],
    ]),
  ]);

  expect(verdictSentence(comparison.variants[0]!)).toBe(
    'power-of-two lowers TTFT p99 by 31 % ± 1 %; no significant difference in cost per token.',
  );
});

test('of a variant that changes nothing for sure the verdict says so after a colon, and what more seeds may tell is marked', () => {
  const comparison = compareRuns([
    runs('round-robin', [
      [1_000, 0.31],
      [1_100, 0.33],
    ]),
    runs('power-of-two', [
      [880, 0.33],
      [979, 0.31],
    ]),
  ]);
  const [variant] = comparison.variants;

  // −11 % ± 6 % has p = 0.028, after Holm’s correction of two 0.055.
  expect(verdictSentence(variant!)).toBe('power-of-two: no significant difference in TTFT p99, cost per token.');
  expect(variant!.figures.filter(isNear).map(({ metric }) => metric)).toEqual(['ttft']);
});

describe('a relative difference', () => {
  test('that only one seed has a baseline for is told as the difference that it is: one of five has t = 1', () => {
    // 0.5 and t(0.975, 4) = 2.776 times as much.
    expect(signedDifference(pairedDifference([0, 0, 0, 0, 5], [0, 0, 0, 0, 7.5]))).toBe('0.500 ± 1.39');
    expect(signedDifference(pairedDifference([5], [7.5]))).toBe('+50 %');
  });

  test.each([
    [-0.312, 0.041, '31 % ± 4 %', '−31 % ± 4 %'],
    [0.0123, 0.0046, '1.2 % ± 0.5 %', '+1.2 % ± 0.5 %'],
    [0.00004, 0.0002, '0.00 % ± 0.02 %', 'within ±0.02 %'],
    [0.000001, 0.00003, '0.00 % ± 0.00 %', 'under 0.01 %'],
    [-0.5, 0, '50 %', '−50 %'],
    [23, 1.5, 'a factor of 24.0 ± 1.5', '× 24.0 ± 1.5'],
  ])('of %f ± %f is written %s', (value, halfWidth95, size, signed) => {
    expect([relativeSize({ value, halfWidth95 }), signedRelative({ value, halfWidth95 })]).toEqual([size, signed]);
  });

  test('without an interval has none', () => {
    expect(relativeSize({ value: 0.256, halfWidth95: undefined })).toBe('26 %');
  });
});

import { describe, expect, test } from 'vitest';
import { NS_PER_HOUR } from '../../src/sim/units.ts';
import { nsIntoWeek, weekFactors, WEEK_SHAPES } from '../../src/workloads/week-shapes.ts';
import { meanOf } from './support.ts';

describe('the shipped weeks', () => {
  // Azure LLM inference trace 2024: peak hour of the week 1.65 and 3.0 of the mean, least hour 0.47 and 0.10, weekend 0.4.
  test('have the peaks and troughs of the traces they were read from', () => {
    const chat = weekFactors(WEEK_SHAPES['azure-chat']);
    const code = weekFactors(WEEK_SHAPES['azure-code']);

    expect(Math.abs(Math.max(...chat) / 1.65 - 1)).toBeLessThan(0.05);
    expect(Math.abs(Math.max(...code) / 3 - 1)).toBeLessThan(0.06);
    expect(Math.abs(Math.min(...chat) - 0.47)).toBeLessThan(0.02);
    expect(Math.abs(Math.min(...code) - 0.1)).toBeLessThan(0.02);
    expect(Math.abs(meanOf([...code.slice(0, 24), ...code.slice(144)]) - 0.4)).toBeLessThan(0.02);
    const reasoning = weekFactors(WEEK_SHAPES['servegen-reasoning']);
    expect(Math.max(...reasoning)).toBeCloseTo(2.19, 1);
    expect(Math.min(...reasoning)).toBeCloseTo(0.447, 2);
  });

  test('are 168 factors of mean 1', () => {
    for (const shape of Object.values(WEEK_SHAPES)) {
      expect(weekFactors(shape)).toHaveLength(168);
      expect(meanOf(weekFactors(shape))).toBeCloseTo(1, 12);
    }
  });

  test.each([
    ['2026-05-31T00:00Z', 0, 0],
    ['2026-06-01T08:30-04:00', 0, 24 + 12.5],
    ['2026-06-06T23:00:00.500+00:00', 2, 1 + 0.5 / 3600],
    ['1969-12-31T12:00Z', 0, 3 * 24 + 12],
  ])('%s at offset %d h is hour %d of the week', (start, offset, hour) => {
    expect(nsIntoWeek(start, offset) / NS_PER_HOUR).toBeCloseTo(hour, 9);
  });
});

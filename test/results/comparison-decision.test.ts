import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decisionHalfWidth95 } from '../../src/results/comparison-decision.ts';

const on = (system: string, relativeHalfWidth95: number, share = 1) => ({ system, relativeHalfWidth95, share });
const value = fc.double({ min: 0.1, max: 1_000, noNaN: true });
const band = fc.double({ min: 0, max: 0.5, noNaN: true });

describe('the interval of a decision', () => {
  test('is that of the seeds where no error of the model is known', () => {
    expect(decisionHalfWidth95(3, { value: 100, errors: [] }, { value: 80, errors: [] })).toBe(3);
  });

  test('on the same accelerator, engine and model grows by the band of the difference alone', () => {
    fc.assert(
      fc.property(value, value, band, (a, b, relative) => {
        const errors = [on('h100', relative)];
        expect(decisionHalfWidth95(0, { value: a, errors }, { value: b, errors })).toBeCloseTo(
          relative * Math.abs(b - a),
          6,
        );
      }),
    );
  });

  test('so that no band below 100 % undoes a difference between two policies on it', () => {
    const errors = [on('h100', 0.3)];
    expect(decisionHalfWidth95(0, { value: 100, errors }, { value: 99, errors })).toBeLessThan(1);
  });

  test('on different ones holds both bands in quadrature, which do not cancel', () => {
    const baseline = { value: 100, errors: [on('h100', 0.1)] };
    const variant = { value: 80, errors: [on('b200', 0.3)] };

    expect(decisionHalfWidth95(0, baseline, variant)).toBeCloseTo(Math.hypot(10, 24), 12);
    expect(decisionHalfWidth95(7, baseline, variant)).toBeCloseTo(Math.hypot(7, 10, 24), 12);
  });

  test('of mixed fleets cancels as far as they are alike', () => {
    const baseline = { value: 100, errors: [on('h100', 0.1, 0.5), on('b200', 0.2, 0.5)] };
    const variant = { value: 100, errors: [on('h100', 0.1, 0.5), on('l40s', 0.4, 0.5)] };

    expect(decisionHalfWidth95(0, baseline, variant)).toBeCloseTo(Math.hypot(0, 10, 20), 12);
  });
});

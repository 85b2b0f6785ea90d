import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { energyFigures } from '../../src/validation/energy-figures.ts';

const seconds = (...values: readonly number[]) => Float64Array.from(values, (value) => value * NS_PER_S);

/** Two users ask at once and again as soon as they are answered; a meter of two accelerators is read every 2 s. */
const times = {
  arrivalNs: seconds(0, 0, 2, 3, 9, 9.5),
  firstTokenNs: seconds(1, 1, 3, 4, 10, 10),
  finishNs: seconds(2, 3, 9, 9.5, 12, 14),
  outputTokens: Float64Array.of(1, 1, 1, 1, 1, 1),
  rejected: 0,
  energy: {
    startNs: seconds(0, 2, 4, 6, 8, 10, 12),
    endNs: seconds(2, 4, 6, 8, 10, 12, 14),
    joules: Float64Array.of(100, 2_000, 2_400, 2_800, 2_600, 500, 400),
    acceleratorNs: seconds(4, 4, 4, 4, 4, 4, 4),
    outputTokens: Float64Array.of(2, 10, 40, 60, 50, 9, 5),
  },
};

describe('power and energy per token', () => {
  test('are of the time in which the batch is full: from the second answer to the last send', () => {
    expect(energyFigures(times)).toEqual({
      wattsPerAccelerator: (2_400 + 2_800) / 8,
      joulesPerOutputToken: (2_400 + 2_800) / 100,
    });
  });

  test('or of the window of the case', () => {
    expect(energyFigures(times, [2, 6])).toEqual({
      wattsPerAccelerator: 4_400 / 8,
      joulesPerOutputToken: 4_400 / 50,
    });
  });

  test('or of the whole run, where the meter was not read while the batch was full', () => {
    const slow = { ...times, arrivalNs: seconds(0, 0, 2, 3, 4, 5) };
    const total = 100 + 2_000 + 2_400 + 2_800 + 2_600 + 500 + 400;

    expect(energyFigures(slow)).toEqual({ wattsPerAccelerator: total / 28, joulesPerOutputToken: total / 176 });
  });

  test('are absent where nobody had a meter', () => {
    const { energy: _, ...without } = times;

    expect(energyFigures(without)).toEqual({});
  });
});

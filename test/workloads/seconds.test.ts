import { describe, expect, test } from 'vitest';
import { counterUniform } from '../../src/sim/distributions.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { SecondsSampler, secondsSchema, type Seconds } from '../../src/workloads/seconds.ts';
import { meanOf, quantileOf, standardErrorOf } from './support.ts';

const DRAWS = 20_000;

function drawsS(time: Seconds): number[] {
  const sampler = new SecondsSampler(secondsSchema.parse(time));
  return Array.from({ length: DRAWS }, (_, session) => sampler.drawNs(3, session, 1) / NS_PER_S);
}

describe('times', () => {
  test.each<Seconds>([
    { median: 135, sigma: 1.2, max: 3_600 },
    {
      mixture: [
        { weight: 0.72, median: 7.24, sigma: 0.57 },
        { weight: 0.28, median: 45.2, sigma: 1 },
      ],
      min: 3,
    },
    { median: 2, sigma: 0 },
    12.5,
    0,
  ])('%j have the announced mean', (time) => {
    const drawn = drawsS(time);
    const announced = new SecondsSampler(secondsSchema.parse(time)).meanS();

    expect(Math.abs(meanOf(drawn) - announced)).toBeLessThanOrEqual(4 * standardErrorOf(drawn) + 1e-4 * announced);
  });

  test.each<Seconds>([
    { median: 135, sigma: 1.2, min: 5, max: 3_600 },
    {
      mixture: [
        { weight: 0.5, median: 11.5, sigma: 0.45 },
        { weight: 0.486, median: 165, sigma: 1.65 },
        { weight: 0.014, median: 20_000, sigma: 0.9 },
      ],
      max: 86_400,
    },
    // A part that ends where the first component does, and none of whose times is as long as its last ones.
    {
      mixture: [
        { weight: 1, median: 1_000, sigma: 3 },
        { weight: 1, median: 1, sigma: 0 },
      ],
    },
    { median: 2, sigma: 0 },
    12.5,
    0,
  ])('%j are never longer than what is looked up for them, which is close', (time) => {
    const sampler = new SecondsSampler(secondsSchema.parse(time));
    for (const stretch of [0, -1.5, 0.7]) {
      let isFar = 0;
      for (let session = 0; session < DRAWS; session++) {
        const drawn = sampler.drawNs(3, session, 1, stretch);
        const most = sampler.atMostNs(counterUniform(3, session, 1), Math.exp(stretch));
        expect(most).toBeGreaterThanOrEqual(drawn);
        if (most > 1.02 * drawn + 2) isFar++;
      }
      expect(isFar).toBeLessThan(0.05 * DRAWS);
    }
  });

  test('of a lognormal have its median and its limits', () => {
    const drawn = drawsS({ median: 135, sigma: 1.74, min: 5, max: 86_400 });

    expect(quantileOf(drawn, 0.5)).toBeCloseTo(135, -1);
    expect(Math.min(...drawn)).toBe(5);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(86_400);
  });

  test.each([
    [{ median: 3 }, 'median and sigma go together'],
    [{ max: 3 }, 'give one of: median and sigma, mixture'],
    [{ median: 3, sigma: 1, mixture: [{ weight: 1, median: 1, sigma: 0 }] }, 'give one of: median and sigma, mixture'],
    [{ median: 3, sigma: 1, min: 5, max: 4 }, 'min is above max'],
    [-1, 'Too small'],
  ])('%j is refused', (time, message) => {
    expect(JSON.stringify(secondsSchema.safeParse(time).error?.issues)).toContain(message);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeSteps, meanTokensPerStep } from '../../src/sim/decode-steps.ts';
import type { SpeculationPlan } from '../../src/sim/plan.ts';
import { disagreement, estimate } from '../support/statistics.ts';

const anySpeculation = fc.record({
  draftTokens: fc.integer({ min: 1, max: 8 }),
  acceptance: fc.double({ min: 0, max: 1, noNaN: true }),
  random: fc.boolean(),
});

const plan = (draftTokens: number, acceptance: number, random = false): SpeculationPlan => ({
  draftTokens,
  acceptance,
  random,
});

const cases = [plan(1, 0.85), plan(2, 0.6), plan(3, 0.9), plan(7, 0.5), plan(4, 0.99)];

/** The probabilities of 1 … k + 1 tokens, as the specification writes them. */
function shares({ draftTokens: k, acceptance }: SpeculationPlan): number[] {
  return Array.from({ length: k + 1 }, (_, j) => (j < k ? acceptance ** j * (1 - acceptance) : acceptance ** k));
}

/** M(n) by its defining equation. */
function expectedSteps(speculation: SpeculationPlan, tokens: number): number {
  const p = shares(speculation);
  const mean = [0];
  for (let n = 1; n <= tokens; n++) mean.push(1 + p.reduce((sum, share, j) => sum + share * (mean[n - j - 1] ?? 0), 0));
  return mean[tokens]!;
}

/** Probability of N steps for `tokens` tokens, by carrying the distribution of the sum from step to step. */
function stepDistribution(speculation: SpeculationPlan, tokens: number): number[] {
  const p = shares(speculation);
  const probability = [0];
  let missing = new Map([[tokens, 1]]);
  while (missing.size > 0) {
    const next = new Map<number, number>();
    let done = 0;
    for (const [left, mass] of missing) {
      p.forEach((share, j) => {
        if (left - j - 1 <= 0) done += mass * share;
        else next.set(left - j - 1, (next.get(left - j - 1) ?? 0) + mass * share);
      });
    }
    probability.push(done);
    missing = next;
  }
  return probability;
}

/** Pearson's χ² in standard deviations from its mean; steps that are expected less than five times count together. */
function chiSquareZ(samples: readonly number[], probability: readonly number[]): number {
  let chiSquare = 0;
  let bins = 0;
  let restSeen = 0;
  let restExpected = 0;
  probability.forEach((share, steps) => {
    const seen = samples.filter((sample) => sample === steps).length;
    const expected = share * samples.length;
    if (expected < 5) {
      restSeen += seen;
      restExpected += expected;
    } else {
      chiSquare += ((seen - expected) * (seen - expected)) / expected;
      bins++;
    }
  });
  if (restExpected > 0.01) chiSquare += ((restSeen - restExpected) * (restSeen - restExpected)) / restExpected;
  return bins < 2 ? 0 : (chiSquare - bins) / Math.sqrt(2 * bins);
}

describe('the mean number of tokens of a step', () => {
  test.each(cases)(
    'with $draftTokens guesses of which $acceptance are right is (1 − α^(k+1)) / (1 − α)',
    (speculation) => {
      const { draftTokens, acceptance } = speculation;

      expect(meanTokensPerStep(speculation)).toBeCloseTo((1 - acceptance ** (draftTokens + 1)) / (1 - acceptance), 12);
    },
  );

  test.each(cases)('$draftTokens, $acceptance: long answers have it, drawn or expected', (speculation) => {
    for (const random of [false, true]) {
      const steps = new DecodeSteps({ ...speculation, random }, 7);
      const tokens = 100_000;
      const perStep = Array.from({ length: 300 }, (_, id) => tokens / steps.stepsFor(tokens, id, 0));

      // An answer ends somewhere in its last step: less than one step in tens of thousands is not used to the full.
      expect(disagreement(estimate(perStep), meanTokensPerStep(speculation), 2e-4)).toBeUndefined();
    }
  });
});

describe('the expected number of steps', () => {
  test('solves its equation, near and far', () => {
    fc.assert(
      fc.property(anySpeculation, fc.integer({ min: 1, max: 3_000 }), (speculation, tokens) => {
        const steps = new DecodeSteps(speculation, 1).expectedSteps(tokens);

        expect(Math.abs(steps / expectedSteps(speculation, tokens) - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test('lies on its line from some length on, as far as an answer can be long', () => {
    const speculation = plan(3, 0.7);
    const steps = new DecodeSteps(speculation, 1);
    const slope = 1 / meanTokensPerStep(speculation);

    expect(steps.expectedSteps(1_000_000) - steps.expectedSteps(900_000)).toBeCloseTo(100_000 * slope, 8);
    expect(steps.expectedSteps(900_000) - expectedSteps(speculation, 3_000)).toBeCloseTo(897_000 * slope, 8);
  });

  test.each(cases)('$draftTokens, $acceptance: requests that do not draw have it on average', (speculation) => {
    const steps = new DecodeSteps(speculation, 3);
    for (const tokens of [1, 2, 3, 10, 137]) {
      const counts = Array.from({ length: 20_000 }, (_, id) => steps.stepsFor(tokens, id, 0));
      const mean = expectedSteps(speculation, tokens);

      expect(disagreement(estimate(counts), mean, 1e-12)).toBeUndefined();
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });
});

describe('the number of steps that is drawn', () => {
  test.each(cases)('$draftTokens, $acceptance: has the distribution of the process', (speculation) => {
    const steps = new DecodeSteps({ ...speculation, random: true }, 11);
    for (const tokens of [1, 2, 9, 64, 255]) {
      const counts = Array.from({ length: 20_000 }, (_, id) => steps.stepsFor(tokens, id, 0));

      // Above 5 once in some ten thousand tests.
      expect(chiSquareZ(counts, stepDistribution(speculation, tokens))).toBeLessThan(5);
    }
  });

  test.each(cases)('$draftTokens, $acceptance: has the mean and the variance of a long process', (speculation) => {
    const steps = new DecodeSteps({ ...speculation, random: true }, 5);
    const tokens = 30_000;
    const counts = Array.from({ length: 4_000 }, (_, id) => steps.stepsFor(tokens, id, 0));
    const mean = expectedSteps(speculation, tokens);
    const variance = counts.reduce((sum, n) => sum + (n - mean) * (n - mean), 0) / counts.length;
    const perStep = meanTokensPerStep(speculation);
    const stepVariance = shares(speculation).reduce((sum, p, j) => sum + p * (j + 1 - perStep) * (j + 1 - perStep), 0);

    expect(disagreement(estimate(counts), mean)).toBeUndefined();
    // W. L. Smith (1959): the variance of a renewal count approaches σ² n / μ³. Its estimate has √(2 / 4,000) = 2.2 %.
    expect(Math.abs(variance / ((stepVariance * tokens) / (perStep * perStep * perStep)) - 1)).toBeLessThan(0.1);
  });
});

describe('the number of steps', () => {
  test('is between all guesses right and none', () => {
    fc.assert(
      fc.property(anySpeculation, fc.integer({ min: 1, max: 2_000 }), fc.nat(), (speculation, tokens, id) => {
        const steps = new DecodeSteps(speculation, 1).stepsFor(tokens, id, 0);

        expect(steps).toBeLessThanOrEqual(tokens);
        expect(steps * (1 + speculation.draftTokens)).toBeGreaterThanOrEqual(tokens);
      }),
    );
  });

  test('is the number of tokens if no guess is ever right, and the fewest possible if all are', () => {
    for (const random of [false, true]) {
      const none = new DecodeSteps(plan(3, 0, random), 1);
      const all = new DecodeSteps(plan(3, 1, random), 1);
      for (const tokens of [1, 4, 5, 1_001, 9_999]) {
        expect(none.stepsFor(tokens, tokens, 0)).toBe(tokens);
        expect(all.stepsFor(tokens, tokens, 0)).toBe(Math.ceil(tokens / 4));
      }
    }
  });

  test('depends on the seed, the request and its preemptions, and not on what was asked before', () => {
    fc.assert(
      fc.property(
        anySpeculation,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.nat(50), fc.nat(3))),
        (speculation, asked) => {
          const one = new DecodeSteps(speculation, 9);
          const answers = asked.map(([tokens, id, preemptions]) => one.stepsFor(tokens, id, preemptions));
          const fresh = asked.map(([tokens, id, preemptions]) =>
            new DecodeSteps(speculation, 9).stepsFor(tokens, id, preemptions),
          );

          expect(fresh).toEqual(answers);
        },
      ),
      { numRuns: 30 },
    );
    const drawn = [new DecodeSteps(plan(3, 0.6, true), 1), new DecodeSteps(plan(3, 0.6, true), 2)];
    const answers = drawn.flatMap((steps) => [
      steps.stepsFor(5_000, 1, 0),
      steps.stepsFor(5_000, 2, 0),
      steps.stepsFor(5_000, 1, 1),
    ]);
    expect(new Set(answers).size).toBe(answers.length);
  });
});

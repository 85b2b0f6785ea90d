import { describe, expect, test } from 'vitest';
import type { SpeculationPlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';
import { meanE2eNs } from './queue.ts';
import type { Queue } from './queue.ts';

const SEEDS = 20;
const STEP_NS = 1_000_000;
const OUTPUT_TOKENS = 21;

/** Mean and mean of squares of the steps of one answer: one for the prompt, then a renewal process. */
function moments({ draftTokens: k, acceptance }: SpeculationPlan): { readonly mean: number; readonly square: number } {
  const shares = Array.from({ length: k + 1 }, (_, j) =>
    j < k ? acceptance ** j * (1 - acceptance) : acceptance ** k,
  );
  // With N(n) = 1 + N(n − X): E N(n) = 1 + Σ p E N(n − j), and E N(n)² = 1 + Σ p (2 E N(n − j) + E N(n − j)²).
  const mean = [0];
  const square = [0];
  const expected = (of: readonly number[], n: number) =>
    shares.reduce((sum, share, j) => sum + share * (of[n - j - 1] ?? 0), 0);
  for (let n = 1; n < OUTPUT_TOKENS; n++) {
    mean.push(1 + expected(mean, n));
    square.push(1 + 2 * expected(mean, n) + expected(square, n));
  }
  const last = OUTPUT_TOKENS - 1;
  return { mean: 1 + mean[last]!, square: 1 + 2 * mean[last]! + square[last]! };
}

function queueOf(speculation: SpeculationPlan, load: number, outputTokens = OUTPUT_TOKENS): Queue {
  return {
    stepCost: constantStep(STEP_NS * TICKS_PER_NS),
    engine: { maxNumSeqs: 1, speculation },
    meanGapNs: (moments(speculation).mean * STEP_NS) / load,
    outputTokens: () => outputTokens,
  };
}

describe('an instance that guesses, one request at a time', () => {
  const random: SpeculationPlan[] = [
    { draftTokens: 1, acceptance: 0.85, random: true },
    { draftTokens: 4, acceptance: 0.6, random: true },
  ];
  test.each(random)('$draftTokens, $acceptance: is an M/G/1 queue whose service is the drawn steps', (speculation) => {
    const load = 0.7;
    const { mean, square } = moments(speculation);
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queueOf(speculation, load), seed, 10_000));

    // Pollaczek and Khinchine: mean E2E = E[S] + λ E[S²] / (2 (1 − ρ)).
    const theory = STEP_NS * (mean + ((load / mean) * square) / (2 * (1 - load)));
    expect(disagreement(measured, theory)).toBeUndefined();
  });

  const expected = random.map((speculation) => ({ ...speculation, random: false }));
  test.each(expected)(
    '$draftTokens, $acceptance: takes the expected steps on average, without drawing',
    (speculation) => {
      // So rarely that nobody waits.
      const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queueOf(speculation, 1e-6), seed, 2_000));

      expect(disagreement(measured, STEP_NS * moments(speculation).mean, STEP_NS * 1e-5)).toBeUndefined();
    },
  );
});

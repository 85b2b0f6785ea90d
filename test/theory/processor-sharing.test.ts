import { describe, expect, test } from 'vitest';
import type { Rng } from '../../src/sim/streams.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { affineStep } from '../support/step-costs.ts';
import { meanE2eNs } from './queue.ts';
import type { Queue } from './queue.ts';
import { exponentialTokens } from './services.ts';

const SEEDS = 20;
const TOKEN_NS = 1_000;
const MEAN_TOKENS = 10_000;
const SERVICE_NS = MEAN_TOKENS * TOKEN_NS;

/** A step lasts in proportion to its batch: each of n requests progresses at 1/n of the speed of one alone. */
const tokenTicks = TOKEN_NS * TICKS_PER_NS;
const shared = affineStep({ fixed: 0, perSeq: tokenTicks, perPrefillToken: tokenTicks });

const queueOf = (outputTokens: (rng: Rng) => number, load: number): Queue => ({
  meanGapNs: SERVICE_NS / load,
  outputTokens,
  stepCost: shared,
  engine: { maxNumSeqs: 512 },
});

/** The mean of a step at the mean number of requests in it, the newcomer included. */
const meanStepNs = (load: number) => TOKEN_NS / (1 - load);

describe('an instance whose step lasts in proportion to its batch shares its processor: mean E2E = E[S] / (1 − ρ)', () => {
  test.each([
    [0.3, 6_000],
    [0.5, 15_000],
    [0.7, 40_000],
    [0.8, 65_000],
  ])('exponential lengths, load %f', (load, requests) => {
    const measured = overSeeds(SEEDS, (seed) =>
      meanE2eNs(queueOf(exponentialTokens(MEAN_TOKENS), load), seed, requests),
    );

    expect(disagreement(measured, SERVICE_NS / (1 - load), meanStepNs(load))).toBeUndefined();
  });

  test.each([
    [0.3, 6_000],
    [0.5, 15_000],
    [0.7, 40_000],
    [0.8, 65_000],
  ])('constant lengths, load %f: the distribution does not matter', (load, requests) => {
    const measured = overSeeds(SEEDS, (seed) =>
      meanE2eNs(
        queueOf(() => MEAN_TOKENS, load),
        seed,
        requests,
      ),
    );

    expect(disagreement(measured, SERVICE_NS / (1 - load), meanStepNs(load))).toBeUndefined();
  });

  test.each([
    [0.3, 8_000],
    [0.5, 20_000],
    [0.7, 60_000],
    [0.8, 145_000],
  ])('short or long, load %f: the distribution does not matter', (load, requests) => {
    const shortOrLong = (rng: Rng) => (rng.uniform() < 0.9 ? MEAN_TOKENS / 2 : 5.5 * MEAN_TOKENS);
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queueOf(shortOrLong, load), seed, requests));

    expect(disagreement(measured, SERVICE_NS / (1 - load), meanStepNs(load))).toBeUndefined();
  });
});

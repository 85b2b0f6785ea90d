import { describe, expect, test } from 'vitest';
import type { Rng } from '../../src/sim/streams.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect } from '../support/collect.ts';
import { atRandom, firstEligible, inTurn, openLoop, tinyPlan } from '../support/plans.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';
import { meanE2eNs } from './queue.ts';
import type { Queue } from './queue.ts';
import { exponentialTokens } from './services.ts';

const SEEDS = 20;
const STEP_NS = 1_000_000;

/** An instance that serves one request at a time, in the order of arrival. */
const singleServer = { stepCost: constantStep(STEP_NS * TICKS_PER_NS), engine: { maxNumSeqs: 1 } };

/** Enough for a standard error below 1 %: what a run has to forget grows with 1 / (1 − load)². */
const REQUESTS_PER_SEED: Record<number, number> = { 0.3: 4_000, 0.5: 10_000, 0.7: 25_000, 0.85: 70_000 };
const LOADS = Object.keys(REQUESTS_PER_SEED).map(Number);

interface Service {
  readonly outputTokens: (rng: Rng) => number;
  readonly mean: number;
  readonly meanOfSquares: number;
}

const always20: Service = { outputTokens: () => 20, mean: 20, meanOfSquares: 400 };
/** 1 … 39 tokens, all as likely. */
const uniform: Service = {
  outputTokens: (rng) => 1 + Math.floor(39 * rng.uniform()),
  mean: 20,
  meanOfSquares: (40 * 79) / 6,
};
const shortOrLong: Service = {
  outputTokens: (rng) => (rng.uniform() < 0.75 ? 5 : 65),
  mean: 20,
  meanOfSquares: 0.75 * 25 + 0.25 * 4225,
};

/** Pollaczek and Khinchine: mean E2E = E[S] + λ E[S²] / (2 (1 − ρ)). */
function pollaczekKhinchineNs({ mean, meanOfSquares }: Service, load: number): number {
  return STEP_NS * (mean + ((load / mean) * meanOfSquares) / (2 * (1 - load)));
}

function queueOf(service: Service, load: number): Queue {
  return { ...singleServer, meanGapNs: (service.mean * STEP_NS) / load, outputTokens: service.outputTokens };
}

describe('an instance that serves one request at a time is an M/G/1 queue', () => {
  test.each(LOADS)('constant lengths, load %f: mean E2E as Pollaczek and Khinchine have it', (load) => {
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queueOf(always20, load), seed, REQUESTS_PER_SEED[load]!));

    expect(disagreement(measured, pollaczekKhinchineNs(always20, load))).toBeUndefined();
  });

  test.each(LOADS)('uniform lengths, load %f: mean E2E as Pollaczek and Khinchine have it', (load) => {
    const measured = overSeeds(SEEDS, (seed) =>
      meanE2eNs(queueOf(uniform, load), seed, 1.2 * REQUESTS_PER_SEED[load]!),
    );

    expect(disagreement(measured, pollaczekKhinchineNs(uniform, load))).toBeUndefined();
  });

  test.each(LOADS)('short or long, load %f: mean E2E as Pollaczek and Khinchine have it', (load) => {
    const measured = overSeeds(SEEDS, (seed) =>
      meanE2eNs(queueOf(shortOrLong, load), seed, 2 * REQUESTS_PER_SEED[load]!),
    );

    expect(disagreement(measured, pollaczekKhinchineNs(shortOrLong, load))).toBeUndefined();
  });
});

describe('a split of Poisson arrivals', () => {
  test('at random is Poisson for each instance: three M/D/1 queues', () => {
    const load = 0.7;
    const queue = { ...queueOf(always20, 3 * load), instances: 3, routing: () => atRandom(99) };
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queue, seed, REQUESTS_PER_SEED[load]!));

    expect(disagreement(measured, pollaczekKhinchineNs(always20, load))).toBeUndefined();
  });

  test.each([0.5, 0.7])('in turn gives each of two instances Erlang arrivals: two E2/M/1 queues at load %f', (load) => {
    const meanTokens = 10_000;
    const serviceNs = meanTokens * STEP_NS;
    const queue: Queue = {
      ...singleServer,
      meanGapNs: serviceNs / (2 * load),
      outputTokens: exponentialTokens(meanTokens),
      instances: 2,
      routing: inTurn,
    };
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queue, seed, 2 * REQUESTS_PER_SEED[load]!));

    expect(disagreement(measured, serviceNs / (1 - erlang2Root(load)), STEP_NS)).toBeUndefined();
  });
});

/** Root in (0, 1) of σ = A(1 − σ), with A the transform of the gap between arrivals in units of the mean service. */
function erlang2Root(load: number): number {
  let root = 0;
  for (let i = 0; i < 1_000; i++) {
    const perStage = (2 * load) / (2 * load + 1 - root);
    root = perStage * perStage;
  }
  return root;
}

describe('a queue without randomness', () => {
  const serviceNs = 20 * STEP_NS;
  const e2esNs = (gapNs: number) => {
    const requests = Array.from({ length: 500 }, (_, i) => ({
      arrivalNs: i * gapNs,
      promptTokens: 1,
      outputTokens: 20,
    }));
    const { requests: rows } = collect(tinyPlan({ horizonNs: 500 * gapNs, engine: { maxNumSeqs: 1 } }), {
      workloads: [openLoop(requests)],
      routing: firstEligible,
      stepCosts: [singleServer.stepCost],
    });
    return rows.map(({ arrivalNs, finishNs }) => finishNs - arrivalNs);
  };

  test.each([0.3, 0.5, 0.7, 0.9, 1])('nobody waits at load %f', (load) => {
    expect(new Set(e2esNs(Math.ceil(serviceNs / load)))).toEqual(new Set([serviceNs]));
  });

  test('at load 1.25 everyone waits a fifth of a service longer than the one before', () => {
    expect(e2esNs(serviceNs / 1.25)).toEqual(Array.from({ length: 500 }, (_, i) => serviceNs + (i * serviceNs) / 5));
  });
});

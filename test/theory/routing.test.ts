import { describe, expect, test } from 'vitest';
import { powerOfD } from '../../src/schedulers/routing/power-of-d.ts';
import { random } from '../../src/schedulers/routing/random.ts';
import { Streams } from '../../src/sim/streams.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';
import { meanE2eNs } from './queue.ts';
import type { Queue } from './queue.ts';
import { exponentialTokens } from './services.ts';

const STEP_NS = 1_000;
const MEAN_TOKENS = 10_000;
const SERVICE_NS = MEAN_TOKENS * STEP_NS;

/** Single servers in parallel, behind a router. */
const serversBehind = (instances: number, load: number, routing: Queue['routing']): Queue => ({
  meanGapNs: SERVICE_NS / (instances * load),
  outputTokens: exponentialTokens(MEAN_TOKENS),
  stepCost: constantStep(STEP_NS * TICKS_PER_NS),
  engine: { maxNumSeqs: 1 },
  instances,
  ...(routing === undefined ? {} : { routing }),
});

const drawing = (d: number, seed: number) => () => powerOfD.create({ d }, { streams: new Streams(seed) });

describe('a Poisson process split at random is as many Poisson processes: every instance is M/M/1 behind `random`', () => {
  test.each([
    [0.3, 10_000],
    [0.6, 45_000],
    [0.8, 150_000],
  ])('at load %f the mean E2E is service / (1 − load)', (load, requests) => {
    const simulated = overSeeds(10, (seed) => {
      const routing = () => random.create({}, { streams: new Streams(seed) });
      return meanE2eNs(serversBehind(10, load, routing), seed, requests);
    });

    expect(disagreement(simulated, SERVICE_NS / (1 - load), STEP_NS)).toBeUndefined();
  });
});

/**
 * With many servers and the shortest of d queues, a share of λ^((dᵏ − 1) / (d − 1)) has k requests or more, and the mean time
 * in the system is the sum of λ^((dᵏ − d) / (d − 1)) services over k ≥ 1 (Mitzenmacher, The Power of Two Choices in
 * Randomized Load Balancing, IEEE TPDS 2001). Of a finite number of servers it is off by the order of 1 / n.
 */
function supermarketServices(load: number, d: number): number {
  if (d === 1) return 1 / (1 - load);
  let services = 0;
  for (let k = 1, exponent = 0; k <= 12; k++) {
    services += load ** exponent;
    exponent = d * exponent + d;
  }
  return services;
}

describe('d choices of many single servers are the supermarket model', () => {
  const INSTANCES = 200;
  const SEEDS = 4;

  test.each([
    [2, 0.7, 20_000],
    [2, 0.9, 60_000],
    [3, 0.8, 30_000],
  ])('d = %i at load %f: mean E2E within 2 %% of the fixed point', (d, load, requests) => {
    const { mean } = overSeeds(SEEDS, (seed) =>
      meanE2eNs(serversBehind(INSTANCES, load, drawing(d, seed)), seed, requests),
    );

    expect(Math.abs(mean / (SERVICE_NS * supermarketServices(load, d)) - 1)).toBeLessThan(0.02);
  });

  test('at load 0.8 two choices are 2.6 times as fast as one: the ratio of the fixed points, within 5 %', () => {
    const meanOf = (d: number) =>
      overSeeds(SEEDS, (seed) => meanE2eNs(serversBehind(INSTANCES, 0.8, drawing(d, seed)), seed, 60_000)).mean;
    const ratio = supermarketServices(0.8, 1) / supermarketServices(0.8, 2);

    expect(ratio).toBeCloseTo(2.6, 1);
    expect(Math.abs(meanOf(1) / meanOf(2) / ratio - 1)).toBeLessThan(0.05);
  });
});

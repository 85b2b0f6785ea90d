import { describe, expect, test } from 'vitest';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';
import { meanE2eNs, occupancies } from './queue.ts';
import type { Queue } from './queue.ts';
import { exponentialTokens } from './services.ts';

const SEEDS = 20;
const STEP_NS = 1_000;
const MEAN_TOKENS = 10_000;
const SERVICE_NS = MEAN_TOKENS * STEP_NS;

/** Every place in the batch serves at the same speed, however many are taken. */
const stepCost = constantStep(STEP_NS * TICKS_PER_NS);

describe('an instance whose step does not depend on its batch has as many servers as places: M/M/c', () => {
  const meanE2e = (servers: number, load: number, requests: number) => {
    const queue: Queue = {
      meanGapNs: SERVICE_NS / (servers * load),
      outputTokens: exponentialTokens(MEAN_TOKENS),
      stepCost,
      engine: { maxNumSeqs: servers },
    };
    return overSeeds(SEEDS, (seed) => meanE2eNs(queue, seed, requests));
  };

  test.each([
    [2, 0.5, 15_000],
    [2, 0.7, 40_000],
    [2, 0.85, 120_000],
    [4, 0.3, 6_000],
    [4, 0.5, 10_000],
    [4, 0.7, 30_000],
    [4, 0.85, 105_000],
    [16, 0.7, 15_000],
    [16, 0.85, 60_000],
  ])('%i places at load %f: mean E2E as Erlang has it', (servers, load, requests) => {
    const waitNs = (erlangC(servers, load) * SERVICE_NS) / (servers * (1 - load));

    expect(disagreement(meanE2e(servers, load, requests), SERVICE_NS + waitNs, STEP_NS)).toBeUndefined();
  });
});

/** Probability that all of c servers are busy, by the recursion of Erlang B. */
function erlangC(servers: number, load: number): number {
  const offered = servers * load;
  let blocked = 1;
  for (let c = 1; c <= servers; c++) blocked = (offered * blocked) / (c + offered * blocked);
  return blocked / (1 - load * (1 - blocked));
}

describe('an instance with a place for everyone is M/G/∞: a Poisson number of requests in it', () => {
  test.each([
    { lengths: 'constant', outputTokens: () => MEAN_TOKENS, offered: 1, apart: 1 },
    { lengths: 'constant', outputTokens: () => MEAN_TOKENS, offered: 12, apart: 1 },
    { lengths: 'exponential', outputTokens: exponentialTokens(MEAN_TOKENS), offered: 4, apart: 3 },
  ])('$lengths lengths, offered load $offered: mean and variance', ({ outputTokens, offered, apart }) => {
    const queue: Queue = { meanGapNs: SERVICE_NS / offered, outputTokens, stepCost, engine: { maxNumSeqs: 512 } };
    const requests = 2_200 * apart * offered;
    const looks = Array.from({ length: SEEDS }, (_, i) => occupancies(queue, i + 1, requests, apart * SERVICE_NS));
    const perSeed = (statistic: (seen: readonly number[]) => number) =>
      overSeeds(SEEDS, (seed) => statistic(looks[seed - 1]!));
    // Everyone stays up to one step longer: the wait for the boundary at which to join.
    const slack = offered / MEAN_TOKENS;

    expect(disagreement(perSeed(mean), offered, slack)).toBeUndefined();
    expect(disagreement(perSeed(variance), offered, slack)).toBeUndefined();
  });
});

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function variance(numbers: readonly number[]): number {
  const centre = mean(numbers);
  return numbers.reduce((sum, number) => sum + (number - centre) * (number - centre), 0) / (numbers.length - 1);
}

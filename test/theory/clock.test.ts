import { describe, expect, test } from 'vitest';
import type { PowerPolicy, StepCost } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { NO_ENERGY } from '../support/step-costs.ts';
import { meanE2eNs } from './queue.ts';

const SEEDS = 10;
const REQUESTS = 25_000;
const STEP_NS = 1_000_000;
const TOKENS = 20;

/** Bound by compute: a step takes as much longer as the clock is lower. */
const computeBound: StepCost = {
  decodePiece: (_seqs, _kvTokens, clock) => ({
    fixedTicks: (STEP_NS * TICKS_PER_NS) / clock,
    ticksPerKvToken: 0,
    ...NO_ENERGY,
    untilKvTokens: Infinity,
  }),
  prefillStepTicks: ({ clock }) => (STEP_NS * TICKS_PER_NS) / clock,
  prefillStepQuanta: () => 0,
  chunkWeight: (tokens) => tokens,
};

/** Lowers all clocks well before the warm-up is over, and never raises them. */
function heldAt(clock: number): PowerPolicy {
  return {
    decide(site, clocks) {
      for (let instance = 0; instance < site.instanceCount; instance++) clocks.setClock(instance, clock);
    },
  };
}

describe('an M/D/1 queue whose clock is lowered is an M/D/1 queue of longer service', () => {
  // Pollaczek and Khinchine: mean E2E = D + ρ D / (2 (1 − ρ)), ρ = λ D.
  test.each([
    [0.5, 0.35],
    [0.25, 0.15],
    [0.8, 0.6],
  ])('at a clock of %f, load %f at full clock', (clock, fullLoad) => {
    const serviceNs = (TOKENS * STEP_NS) / clock;
    const load = fullLoad / clock;
    const queue = {
      stepCost: computeBound,
      engine: { maxNumSeqs: 1 },
      meanGapNs: serviceNs / load,
      outputTokens: () => TOKENS,
      power: heldAt(clock),
    };
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queue, seed, REQUESTS));

    expect(disagreement(measured, serviceNs * (1 + load / (2 * (1 - load))))).toBeUndefined();
  });
});

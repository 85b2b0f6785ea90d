import { expect, test } from 'vitest';
import type { PowerPolicy } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { constantStep } from '../support/step-costs.ts';
import { meanE2eNs } from './queue.ts';

const SEEDS = 10;
const STEP_NS = 1_000_000;
const TOKENS = 20;
const SERVICE_NS = TOKENS * STEP_NS;

const sleeping = (afterNs: number, wakeNs: number): PowerPolicy => ({
  sleep: { afterNs, wakeNs },
  decide: () => undefined,
});

/**
 * An M/G/1 queue whose server has to be set up for D when it has been idle (Welch, 1964): mean E2E = E[S] + λ E[S²] / (2 (1 − ρ)) +
 * (2 E[D] + λ E[D²]) / (2 (1 + λ E[D])). A server that falls asleep after a time has the setup with the chance that nobody comes
 * in that time, which is independent of all that follows.
 */
test.each([
  { load: 0.3, afterNs: 0, wakeNs: 3 * SERVICE_NS, requests: 15_000 },
  { load: 0.6, afterNs: 0, wakeNs: SERVICE_NS, requests: 25_000 },
  { load: 0.3, afterNs: 2 * SERVICE_NS, wakeNs: 5 * SERVICE_NS, requests: 20_000 },
  { load: 0.6, afterNs: SERVICE_NS, wakeNs: 4 * SERVICE_NS, requests: 40_000 },
])(
  'an instance that sleeps is an M/D/1 queue with setup: load $load, asleep after $afterNs ns, awake after $wakeNs ns',
  ({ load, afterNs, wakeNs, requests }) => {
    const rate = load / SERVICE_NS;
    const chance = Math.exp(-rate * afterNs);
    const [setup, setupSquared] = [chance * wakeNs, chance * wakeNs * wakeNs];
    const theoryNs =
      SERVICE_NS +
      (rate * SERVICE_NS * SERVICE_NS) / (2 * (1 - load)) +
      (2 * setup + rate * setupSquared) / (2 * (1 + rate * setup));
    const queue = {
      stepCost: constantStep(STEP_NS * TICKS_PER_NS),
      engine: { maxNumSeqs: 1 },
      meanGapNs: 1 / rate,
      outputTokens: () => TOKENS,
      power: sleeping(afterNs, wakeNs),
    };
    const measured = overSeeds(SEEDS, (seed) => meanE2eNs(queue, seed, requests));

    expect(disagreement(measured, theoryNs)).toBeUndefined();
  },
);

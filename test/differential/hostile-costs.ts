import type { StepCost } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { affineStep, erraticStep } from '../support/step-costs.ts';
import type { ErraticTicks } from '../support/step-costs.ts';
import type { HostileCase, HostilePool } from './hostile-cases.ts';
import { powerOf, withEnergy } from './hostile-energy.ts';
import { withCaps } from './hostile-power.ts';

type Law = Pick<HostilePool, 'cost' | 'knotKvTokens'>;
type Magnitude = Pick<HostileCase, 'stepTicks' | 'minTicks'>;

/** A step's duration by one of several laws, of the case's order of magnitude, and any energy. */
export function stepCostOf(pool: Law, seed: number, magnitude: Magnitude): StepCost {
  const { stepWatts } = powerOf(seed);
  const { stepTicks } = magnitude;
  const { knotKvTokens } = pool;
  return withCaps(withEnergy(durationOf(pool, seed, magnitude), seed, { stepWatts, stepTicks, knotKvTokens }));
}

function durationOf({ cost, knotKvTokens }: Law, seed: number, { stepTicks, minTicks }: Magnitude): StepCost {
  const perKvToken = Math.floor(stepTicks / 500);
  switch (cost) {
    case 'constant':
      // A prompt leaves the clock a tick short of a ns: the least that a sum could lose then shows at once.
      return affineStep({ fixed: Math.max(stepTicks, minTicks + 1), perPromptFinished: -1 });
    case 'affine':
      return affineStep({
        fixed: Math.max(Math.floor(stepTicks / 2), minTicks),
        perSeq: Math.floor(stepTicks / 17),
        perKvToken,
        perPrefillToken: Math.floor(stepTicks / 90),
        perPrefillPair: 7,
        perPrefillContextToken: 3,
        perPromptFinished: 11,
      });
    case 'whole-ns':
      return erraticStep({
        seed,
        minTicks: TICKS_PER_NS,
        maxFixed: stepTicks,
        maxPerKvToken: 1,
        knotKvTokens,
        grainTicks: TICKS_PER_NS,
      });
    case 'knots':
      if (seed % 4 === 0)
        return steepStep(perKvToken, knotKvTokens, {
          seed,
          minTicks: TICKS_PER_NS,
          maxFixed: Math.ceil(stepTicks / 20),
          maxPerKvToken: 0,
          knotKvTokens,
          grainTicks: 1,
        });
      return erraticStep({
        seed,
        minTicks: TICKS_PER_NS,
        maxFixed: 2 * stepTicks,
        maxPerKvToken: perKvToken,
        knotKvTokens,
        grainTicks: 1,
      });
  }
}

/** Every piece but the first begins so far below 0 that requests who attend to little take less than nothing. */
function steepStep(ticksPerKvToken: number, knotKvTokens: number, atKnots: ErraticTicks): StepCost {
  const cost = erraticStep(atKnots);
  return {
    ...cost,
    decodePiece(decodeSeqs, kvTokens, clock) {
      const piece = cost.decodePiece(decodeSeqs, kvTokens, clock);
      const firstKvTokens = piece.untilKvTokens - knotKvTokens;
      return { ...piece, fixedTicks: piece.fixedTicks - ticksPerKvToken * firstKvTokens, ticksPerKvToken };
    },
  };
}

import fc from 'fast-check';
import type { PowerPlan, RecordPlan } from '../../src/sim/plan.ts';
import type { StepCost } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { anyAccelerator } from '../support/power-plans.ts';
import { hashOf } from '../support/statistics.ts';

const QUANTA_PER_JOULE = 2 ** 26;
/** Of one step: a line that rises as steeply to the last token of a full batch is exact. */
const MOST_QUANTA = 2 ** 47;

interface HostilePower {
  readonly acceleratorsPerInstance: number;
  /** Of the whole instance in a step, roughly. */
  readonly stepWatts: number;
  readonly watts: Omit<PowerPlan, 'accelerator'>;
}

const someWatts = (max: number) => fc.oneof(fc.constantFrom(0, max), fc.double({ min: 0, max, noNaN: true }));

/**
 * From an instance that takes nothing over one that takes more than a room full of servers to one that nobody could build:
 * its segments have more quanta than a double can count long before they have as many ticks.
 */
const anyPower: fc.Arbitrary<HostilePower> = fc.record({
  acceleratorsPerInstance: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 72 })),
  stepWatts: fc.constantFrom(0, 90, 700, 5_600, 120_000, 500_000, 500_000, 1e8, 1e8),
  watts: fc.record({
    idleWatts: someWatts(300),
    offWatts: someWatts(100),
    hostIdleWatts: someWatts(400),
    hostBusyWatts: someWatts(300),
    networkWatts: someWatts(60),
    ratedWatts: someWatts(2_000),
    pue: fc.oneof(fc.constantFrom(1, 1.1, 1.25), fc.double({ min: 1, max: 2.5, noNaN: true })),
  }),
});

/** Mostly everything. */
const anyRecord: fc.Arbitrary<RecordPlan> = fc.record({
  energy: fc.constantFrom(true, true, true, false),
  shares: fc.constantFrom(true, true, true, false),
});

/** By the seed of the case, so that what it does is the same as if nobody had asked what it takes. */
export function recordOf(seed: number): RecordPlan {
  return fc.sample(anyRecord, { seed, numRuns: 1 })[0]!;
}

/** @param seed of the pool */
export function powerOf(seed: number): HostilePower {
  return fc.sample(anyPower, { seed, numRuns: 1 })[0]!;
}

export function powerPlan({ watts }: HostilePower): PowerPlan {
  return { accelerator: anyAccelerator, ...watts };
}

/**
 * The same durations, with an energy that has nothing to do with them: every batch size, clock and piece between knots has
 * its own line of whole quanta, some with a negative intercept, and every prefill step its own figure. Weights of chunks
 * are so different that their sum depends on the order.
 */
export function withEnergy(
  cost: StepCost,
  seed: number,
  { stepWatts, stepTicks, knotKvTokens }: { stepWatts: number; stepTicks: number; knotKvTokens: number },
): StepCost {
  const joules = (2 * stepWatts * stepTicks) / TICKS_PER_NS / 1e9;
  const most = Math.min(Math.ceil(joules * QUANTA_PER_JOULE), MOST_QUANTA);
  const wholeUpTo = (max: number, hash: number) => Math.floor((hash / 2 ** 32) * (max + 1));
  return {
    decodePiece(decodeSeqs, kvTokens, clock) {
      const piece = cost.decodePiece(decodeSeqs, kvTokens, clock);
      const firstKvTokens = piece.untilKvTokens === Infinity ? decodeSeqs : piece.untilKvTokens - knotKvTokens;
      const hash = (purpose: number) => hashOf(seed, purpose, decodeSeqs, firstKvTokens, Math.round(clock * 1000));
      const atStart = wholeUpTo(most, hash(1));
      const quantaPerKvToken = wholeUpTo(Math.floor(most / 500), hash(2));
      const fixedQuanta = hash(3) % 2 === 0 ? atStart - quantaPerKvToken * firstKvTokens : atStart;
      return { ...piece, fixedQuanta, quantaPerKvToken };
    },
    prefillStepTicks: (batch) => cost.prefillStepTicks(batch),
    prefillStepQuanta(batch) {
      const { decodeSeqs, kvTokens, prefillTokens, prefillPairs, prefillContextTokens, promptsFinished } = batch;
      const shape = [decodeSeqs, kvTokens, prefillTokens, prefillPairs, prefillContextTokens, promptsFinished];
      return wholeUpTo(most, hashOf(seed, ...shape, Math.round(batch.clock * 1000)));
    },
    chunkWeight(tokens, contextTokens) {
      const hash = hashOf(seed, tokens, contextTokens);
      return ((1 + (hash % 1_000)) / 7) * [1e-9, 1, 1, 1e12][hash % 4]!;
    },
  };
}

import type { PrefillBatch, StepCost } from '../../src/sim/ports.ts';
import { hashOf } from './statistics.ts';

/** Steps of which nobody asks what they draw. */
export const NO_ENERGY = { fixedQuanta: 0, quantaPerKvToken: 0 };

/** A step that always lasts the same. */
export function constantStep(ticks: number): StepCost {
  return affineStep({ fixed: ticks });
}

export interface AffineTicks {
  readonly fixed: number;
  readonly perSeq?: number;
  readonly perKvToken?: number;
  readonly perPrefillToken?: number;
  readonly perPrefillPair?: number;
  readonly perPrefillContextToken?: number;
  readonly perPromptFinished?: number;
}

/** Ticks that grow in proportion to everything a batch holds, and do not depend on the clock. */
export function affineStep(ticks: AffineTicks): StepCost {
  const { fixed, perSeq = 0, perKvToken = 0 } = ticks;
  return {
    decodePiece: (decodeSeqs) => ({
      fixedTicks: fixed + perSeq * decodeSeqs,
      ticksPerKvToken: perKvToken,
      ...NO_ENERGY,
      untilKvTokens: Infinity,
    }),
    prefillStepTicks: (batch) =>
      fixed + perSeq * batch.decodeSeqs + perKvToken * batch.kvTokens + prefillTicks(ticks, batch),
    prefillStepQuanta: () => 0,
    chunkWeight: (tokens) => tokens,
  };
}

function prefillTicks(ticks: AffineTicks, batch: PrefillBatch): number {
  return (
    (ticks.perPrefillToken ?? 0) * batch.prefillTokens +
    (ticks.perPrefillPair ?? 0) * batch.prefillPairs +
    (ticks.perPrefillContextToken ?? 0) * batch.prefillContextTokens +
    (ticks.perPromptFinished ?? 0) * batch.promptsFinished
  );
}

export interface ErraticTicks {
  readonly seed: number;
  /** Of a step at clock 1; at least 1. */
  readonly minTicks: number;
  /** Most fixed ticks of a step at clock 1. */
  readonly maxFixed: number;
  readonly maxPerKvToken: number;
  /** Tokens from one knot to the next. */
  readonly knotKvTokens: number;
  /** Fixed parts are multiples of this: TICKS_PER_NS puts all boundaries on whole ns. */
  readonly grainTicks: number;
}

/**
 * A cost without any regularity the engine could lean on: every batch size, clock and piece between knots has its own
 * line, lines do not meet at knots, and some have a negative intercept. Pure all the same.
 */
export function erraticStep(ticks: ErraticTicks): StepCost {
  const { seed, minTicks, maxFixed, maxPerKvToken, knotKvTokens, grainTicks } = ticks;
  const grains = Math.max(1, Math.floor(maxFixed / grainTicks));
  return {
    decodePiece(decodeSeqs, kvTokens, clock) {
      const piece = Math.floor(kvTokens / knotKvTokens);
      const hash = (purpose: number) => hashOf(seed, purpose, decodeSeqs, piece, Math.round(clock * 1000));
      const perKvToken = Math.floor(((hash(1) % (maxPerKvToken + 1)) * grainTicks) / clock);
      const atStart = Math.floor((minTicks + (hash(2) % grains) * grainTicks) / clock);
      const dips = hash(3) % 4 === 0;
      return {
        fixedTicks: dips ? atStart - perKvToken * piece * knotKvTokens : atStart,
        ticksPerKvToken: perKvToken,
        ...NO_ENERGY,
        untilKvTokens: (piece + 1) * knotKvTokens,
      };
    },
    prefillStepTicks(batch) {
      const hash = hashOf(
        seed,
        batch.decodeSeqs,
        batch.kvTokens,
        batch.prefillTokens,
        batch.prefillPairs,
        batch.prefillContextTokens,
        batch.promptsFinished,
        Math.round(batch.clock * 1000),
      );
      return minTicks + (hash % grains) * grainTicks;
    },
    prefillStepQuanta: () => 0,
    chunkWeight: (tokens) => tokens,
  };
}

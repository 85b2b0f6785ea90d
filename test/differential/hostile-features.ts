import fc from 'fast-check';
import type { EnginePlan, KvTierKind, KvTierPlan, SpeculationPlan } from '../../src/sim/plan.ts';
import { KV_TIER_KINDS } from '../../src/sim/plan.ts';
import { anyBatching } from './hostile-batching.ts';
import type { HostileBatching } from './hostile-batching.ts';

/** What engines do differently. */
export interface HostileFeatures extends Pick<
  EnginePlan,
  'kvAllocation' | 'continuousBatching' | 'chunkedPrefill' | 'prefillFirst' | 'asyncScheduling' | 'receiveEverySteps'
> {
  /** Beyond maxNumBatchedTokens, in units of the largest prompt, if that has to be computed in one step. */
  readonly wholePrompts: number;
  /** Only of a decode pool. */
  readonly localPrefillTokens: number;
  readonly speculation: SpeculationPlan | undefined;
  readonly tiers: readonly HostileTier[];
  readonly batching: HostileBatching | undefined;
}

export interface HostileTier {
  readonly kind: KvTierKind;
  readonly scope: KvTierPlan['scope'];
  readonly capacityBlocks: number;
  readonly gbPerS: number;
  readonly readStepsPerBlock: number;
  /** How many times as fast it is written as it is read. */
  readonly writeSpeed: number;
  readonly latencySteps: number;
  readonly maxWriteQueueSteps: number;
  readonly idleSteps: number;
}

export const noFeatures: HostileFeatures = {
  kvAllocation: 'paged',
  continuousBatching: true,
  chunkedPrefill: true,
  prefillFirst: false,
  asyncScheduling: false,
  receiveEverySteps: 1,
  wholePrompts: 1,
  localPrefillTokens: 0,
  speculation: undefined,
  tiers: [],
  batching: undefined,
};

/** So many times as often the usual one. */
function rarely<Value>(value: fc.Arbitrary<Value>, usual: Value, times: number): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 2 * times, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: value });
}

const orUsual = <Value>(usual: Value, value: fc.Arbitrary<Value>) => rarely(value, usual, 1);

const anySpeculation: fc.Arbitrary<SpeculationPlan> = fc.record({
  draftTokens: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 })),
  acceptance: fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true })),
  random: fc.boolean(),
});

/** From stores that give at once to stores that nobody would wait for; from one block to room for everybody. */
const anyTier: fc.Arbitrary<Omit<HostileTier, 'kind'>> = fc.record({
  scope: fc.constantFrom('instance', 'pool', 'pool'),
  capacityBlocks: fc.oneof(fc.constant(100_000), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 })),
  gbPerS: fc.constantFrom(0.3, 1, 7, 450),
  readStepsPerBlock: fc.constantFrom(0, 0.005, 0.02, 0.05, 0.15, 1),
  writeSpeed: fc.constantFrom(1, 0.1, 10),
  latencySteps: fc.constantFrom(0, 0.01, 0.1, 0.5),
  maxWriteQueueSteps: fc.constantFrom(1_000, 1_000, 0, 0.1, 2),
  idleSteps: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
});

export const someTiers: fc.Arbitrary<readonly HostileTier[]> = fc
  .shuffledSubarray([...KV_TIER_KINDS], { minLength: 1 })
  .chain((kinds) => fc.tuple(...kinds.map((kind) => anyTier.map((tier) => ({ kind, ...tier })))));

const manyFeatures: fc.Arbitrary<HostileFeatures> = fc.record({
  kvAllocation: orUsual('paged', fc.constantFrom('paged', 'output', 'maximum')),
  continuousBatching: rarely(fc.constant(false), true, 3),
  chunkedPrefill: orUsual(true, fc.constant(false)),
  prefillFirst: orUsual(false, fc.constant(true)),
  asyncScheduling: orUsual(false, fc.constant(true)),
  receiveEverySteps: rarely(fc.oneof(fc.integer({ min: 2, max: 5 }), fc.constantFrom(10, 30)), 1, 2),
  wholePrompts: fc.constantFrom(1, 1, 2, 0.5),
  localPrefillTokens: orUsual(0, fc.integer({ min: 1, max: 20 })),
  speculation: orUsual(undefined, anySpeculation),
  tiers: orUsual([], someTiers),
  batching: orUsual(undefined, anyBatching),
});

/** Some engines are the usual one. */
export const anyFeatures: fc.Arbitrary<HostileFeatures> = rarely(manyFeatures, noFeatures, 0.5);

/** The part of an engine's plan that says so; what features ask of each other is given to them. */
export function featuresPlan(
  features: HostileFeatures,
  engine: Pick<EnginePlan, 'maxNumSeqs' | 'maxNumBatchedTokens' | 'prefixCaching' | 'reserveFullPrompt'>,
  largestPromptTokens: number,
  ns: (steps: number) => number,
): Partial<EnginePlan> {
  const { wholePrompts, localPrefillTokens: _, batching: __, speculation, tiers, ...flavours } = features;
  const hasTiers = tiers.length > 0 && features.kvAllocation === 'paged';
  const wholePromptTokens = features.chunkedPrefill ? 0 : Math.floor(largestPromptTokens * wholePrompts);
  const guessedTokens = (speculation?.draftTokens ?? 0) * engine.maxNumSeqs;
  return {
    ...flavours,
    maxNumBatchedTokens: engine.maxNumBatchedTokens + wholePromptTokens + guessedTokens,
    ...(speculation === undefined ? {} : { speculation }),
    ...(hasTiers ? { kvTiers: tiers.map((tier) => tierPlan(tier, ns)) } : {}),
    prefixCaching: engine.prefixCaching || hasTiers,
    reserveFullPrompt: engine.reserveFullPrompt || hasTiers,
  };
}

function tierPlan(tier: HostileTier, ns: (steps: number) => number): KvTierPlan {
  const { kind, scope, capacityBlocks, gbPerS, readStepsPerBlock, writeSpeed } = tier;
  return {
    kind,
    scope,
    capacityBlocks,
    blockBytes: Math.max(1, ns(readStepsPerBlock * gbPerS)),
    readGBPerS: gbPerS,
    writeGBPerS: gbPerS * writeSpeed,
    latencyNs: ns(tier.latencySteps),
    maxWriteQueueNs: ns(tier.maxWriteQueueSteps),
    idleNs: ns(tier.idleSteps),
  };
}

import fc from 'fast-check';
import type { EnginePlan, PoolRole, RecordPlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import type { HostileDecisions } from './decisions-case.ts';
import { anyFeatures } from './hostile-features.ts';
import type { HostileFeatures } from './hostile-features.ts';
import { sharedPrompts } from './shared-prompts.ts';
import type { SharedPrompts } from './shared-prompts.ts';

/** A run as plain data, so that a counterexample can be printed, shrunk and replayed. */
export interface HostileCase {
  readonly seed: number;
  /** How long a step lasts, roughly; gaps and intervals are in units of it. */
  readonly stepTicks: number;
  /** Shortest step at clock 1. */
  readonly minTicks: number;
  readonly horizonSteps: number;
  readonly warmUpShare: number;
  readonly intervalSteps: number;
  readonly pools: readonly HostilePool[];
  readonly workloads: readonly HostileWorkload[];
  readonly router: 'first' | 'in-turn' | 'random' | 'least-outstanding';
  readonly clockSteps: number | undefined;
  /** If none is given, it depends on the seed. */
  readonly record?: RecordPlan;
  readonly decisions?: HostileDecisions;
}

export interface HostilePool {
  readonly model: number;
  /** Mixed, if none is given. */
  readonly role?: PoolRole;
  readonly link?: HostileLink;
  readonly instances: number;
  readonly cost: 'constant' | 'whole-ns' | 'affine' | 'knots';
  readonly knotKvTokens: number;
  readonly engine: Pick<
    EnginePlan,
    | 'maxNumSeqs'
    | 'maxNumBatchedTokens'
    | 'blockTokens'
    | 'reserveFullPrompt'
    | 'watermarkBlocks'
    | 'prefixCaching'
    | 'maxSegmentSteps'
  > & {
    /** Blocks beyond what the largest request and the watermark need; below 0, some requests never fit. */
    readonly spareBlocks: number;
    readonly prefixIdleSteps: number;
    readonly frontEndSteps: number;
    readonly outputSteps: number;
    readonly firstOutputSteps: number;
  };
  readonly maxModelTokens: number;
  readonly features: HostileFeatures;
}

export interface HostileLink {
  readonly gbPerS: number;
  readonly stepsPerToken: number;
  readonly latencySteps: number;
}

export type HostileWorkload =
  | { readonly kind: 'open'; readonly model: number; readonly requests: readonly HostileRequest[] }
  | {
      readonly kind: 'closed';
      readonly model: number;
      readonly users: number;
      readonly turnsPerUser: number;
      readonly startGapSteps: number;
      readonly thinkSteps: number;
      readonly maxPromptTokens: number;
      readonly maxOutputTokens: number;
    }
  | { readonly kind: 'shared'; readonly model: number; readonly prompts: SharedPrompts };

export interface HostileRequest {
  readonly gapSteps: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

const anyModel = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) });

/** Evenly spread, unlike the doubles of fast-check, most of which are next to 0. */
export const between = (min: number, max: number) =>
  fc.integer({ min: 0, max: 10_000 }).map((share) => min + ((max - min) * share) / 10_000);

/** Many zeros: everything at once is where ties are. */
export const steps = (max: number) =>
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max }), fc.double({ min: 0, max, noNaN: true }));

const anyRequest: fc.Arbitrary<HostileRequest> = fc.record({
  gapSteps: steps(12),
  promptTokens: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 120 })),
  outputTokens: fc.oneof(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 400 }),
  ),
});

export const anyWorkload: fc.Arbitrary<HostileWorkload> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      model: anyModel,
      requests: fc.array(anyRequest, { minLength: 1, maxLength: 14 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('closed' as const),
      model: anyModel,
      users: fc.integer({ min: 1, max: 6 }),
      turnsPerUser: fc.integer({ min: 1, max: 6 }),
      startGapSteps: steps(5),
      thinkSteps: steps(20),
      maxPromptTokens: fc.integer({ min: 1, max: 60 }),
      maxOutputTokens: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('shared' as const),
      model: anyModel,
      prompts: sharedPrompts({
        conversations: [1, 8],
        gapSteps: 12,
        parentTokens: 50,
        newTokens: 20,
        outputTokens: 40,
      }),
    }),
  },
);

const anyEngine: fc.Arbitrary<HostilePool['engine']> = fc
  .record({
    maxNumSeqs: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 16 })),
    extraBatchedTokens: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 200 })),
    spareBlocks: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: -6, max: 0 }) },
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 3 }) },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 30 }) },
      { weight: 2, arbitrary: fc.constant(10_000) },
    ),
    blockTokens: fc.integer({ min: 1, max: 16 }),
    reserveFullPrompt: fc.boolean(),
    watermarkBlocks: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4 })),
    prefixCaching: fc.boolean(),
    prefixIdleSteps: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
    frontEndSteps: steps(3),
    outputSteps: steps(3),
    firstOutputSteps: steps(5),
    maxSegmentSteps: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 40 })),
  })
  .map(({ extraBatchedTokens, ...engine }) => ({
    ...engine,
    maxNumBatchedTokens: engine.maxNumSeqs + extraBatchedTokens,
  }));

const anyPool: fc.Arbitrary<HostilePool> = fc.record({
  model: anyModel,
  instances: fc.integer({ min: 1, max: 3 }),
  cost: fc.constantFrom('constant', 'whole-ns', 'affine', 'knots'),
  knotKvTokens: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 500 })),
  engine: anyEngine,
  maxModelTokens: fc.oneof(
    { weight: 4, arbitrary: fc.constant(100_000) },
    { weight: 1, arbitrary: fc.integer({ min: 20, max: 200 }) },
  ),
  features: anyFeatures,
});

/** From a few ns to steps so long that a segment has to be split to be counted exactly. */
const STEP_TICKS = [
  3 * TICKS_PER_NS,
  40 * TICKS_PER_NS,
  2_000 * TICKS_PER_NS + 1,
  1e7 * TICKS_PER_NS,
  2e9 * TICKS_PER_NS,
];

export const anyCase: fc.Arbitrary<HostileCase> = fc.record({
  seed: fc.nat(1_000_000),
  stepTicks: fc.constantFrom(...STEP_TICKS),
  minTicks: fc.constant(TICKS_PER_NS),
  horizonSteps: fc.integer({ min: 1, max: 300 }),
  warmUpShare: fc.oneof(fc.constant(0), fc.constant(1), between(0, 1)),
  intervalSteps: fc.oneof(fc.integer({ min: 5, max: 60 }), between(20, 1_000)),
  pools: fc.array(anyPool, { minLength: 1, maxLength: 3 }),
  workloads: fc.array(anyWorkload, { minLength: 1, maxLength: 3 }),
  router: fc.constantFrom('first', 'in-turn', 'random', 'least-outstanding'),
  clockSteps: fc.option(between(1, 40), { nil: undefined, freq: 2 }),
});

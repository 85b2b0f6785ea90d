import fc from 'fast-check';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { requests } from './flavours.ts';
import { anyCase, anyWorkload, between, steps } from './hostile-cases.ts';
import type { HostileCase, HostileLink, HostilePool, HostileWorkload } from './hostile-cases.ts';
import { sharedPrompts } from './shared-prompts.ts';

/** From links that are never waited for to links that everybody waits for; some end exactly where steps do. */
const anyLink: fc.Arbitrary<HostileLink> = fc.record({
  gbPerS: fc.constantFrom(0.3, 1, 7, 450),
  stepsPerToken: fc.oneof(fc.constantFrom(0, 0.01, 0.25, 1), between(0, 0.2), between(0, 3)),
  latencySteps: steps(8),
});

/** Requests of one size, more or less, so that a cache for the largest is full with two of the others. */
const alike: fc.Arbitrary<HostileWorkload> = fc.oneof(
  {
    weight: 1,
    arbitrary: requests({ count: [4, 24], gapSteps: 4, promptTokens: 30, outputTokens: 40 }).map((open) => ({
      kind: 'open' as const,
      model: 0,
      requests: open,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('closed' as const),
      model: fc.constant(0),
      users: fc.integer({ min: 2, max: 10 }),
      turnsPerUser: fc.integer({ min: 1, max: 4 }),
      startGapSteps: steps(3),
      thinkSteps: steps(6),
      maxPromptTokens: fc.integer({ min: 1, max: 40 }),
      maxOutputTokens: fc.integer({ min: 2, max: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: sharedPrompts({
      conversations: [6, 20],
      gapSteps: 6,
      parentTokens: 24,
      newTokens: 8,
      outputTokens: 24,
    }).map((prompts) => ({ kind: 'shared' as const, model: 0, prompts })),
  },
);

const tightPool = (role: 'prefill' | 'decode' | 'mixed'): fc.Arbitrary<HostilePool> =>
  fc
    .record({
      pool: anyCase.map(({ pools }) => pools[0]!),
      instances: fc.constantFrom(1, 1, 1, 2, 3),
      spareBlocks: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 16 })),
      blockTokens: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 16 })),
      maxNumSeqs: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 16 })),
      extraBatchedTokens: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 100 })),
      prefixCaching: fc.constantFrom(true, true, false),
      link: anyLink,
    })
    .map(({ pool, instances, spareBlocks, blockTokens, maxNumSeqs, extraBatchedTokens, prefixCaching, link }) => ({
      ...pool,
      model: 0,
      role,
      ...(role === 'prefill' ? { link } : {}),
      instances,
      engine: {
        ...pool.engine,
        spareBlocks,
        blockTokens,
        maxNumSeqs,
        maxNumBatchedTokens: maxNumSeqs + extraBatchedTokens,
        prefixCaching,
        prefixIdleSteps: 0,
      },
    }));

/** Prompts are computed in one pool and answers in another, with room for next to nobody in either. */
export const apartCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: anyCase,
    pools: fc
      .tuple(
        tightPool('prefill'),
        tightPool('decode'),
        fc.option(tightPool('mixed'), { nil: undefined, freq: 4 }),
        fc.option(fc.oneof(tightPool('prefill'), tightPool('decode')), { nil: undefined, freq: 4 }),
      )
      .map((pools) => pools.filter((pool) => pool !== undefined))
      .chain((pools) => fc.shuffledSubarray(pools, { minLength: pools.length })),
    workload: alike,
    another: fc.option(fc.oneof(alike, anyWorkload), { nil: undefined, freq: 3 }),
    horizonSteps: fc.integer({ min: 10, max: 300 }),
    // Not too long: some laws have steps of a ns, and a prompt without room can begin again at each while another step lasts.
    stepTicks: fc.constantFrom(3 * TICKS_PER_NS, 40 * TICKS_PER_NS, 300 * TICKS_PER_NS + 1),
  })
  .map(({ hostile, pools, workload, another, horizonSteps, stepTicks }) => ({
    ...hostile,
    stepTicks,
    pools,
    workloads: another === undefined ? [workload] : [workload, another],
    horizonSteps,
  }));

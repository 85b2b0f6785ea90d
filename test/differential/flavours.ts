import fc from 'fast-check';
import { anyCase, between } from './hostile-cases.ts';
import type { HostileCase, HostilePool, HostileRequest } from './hostile-cases.ts';
import { sharedPrompts } from './shared-prompts.ts';

/** Many short prompts at once that grow together in a cache that barely holds the largest: preemption after preemption. */
export const stormCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: anyCase,
    requests: requests({ count: [6, 24], gapSteps: 2, promptTokens: 12, outputTokens: 120 }),
    engine: fc.record({
      spareBlocks: fc.integer({ min: 0, max: 12 }),
      maxNumSeqs: fc.integer({ min: 2, max: 24 }),
      watermarkBlocks: fc.constantFrom(0, 0, 1, 3),
      reserveFullPrompt: fc.boolean(),
    }),
    extraBatchedTokens: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ hostile, requests: open, engine, extraBatchedTokens }) => ({
    ...withPools(hostile, (pool) => ({
      ...pool,
      model: 0,
      engine: { ...pool.engine, ...engine, maxNumBatchedTokens: engine.maxNumSeqs + extraBatchedTokens },
    })),
    workloads: [{ kind: 'open', model: 0, requests: open }, ...hostile.workloads.slice(1)],
  }));

/** A few long answers, so that everything happens in the middle of segments. */
export const longDecodeCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: anyCase,
    requests: requests({ count: [1, 8], gapSteps: 200, promptTokens: 300, outputTokens: 900 }),
    intervalSteps: between(6, 400),
    horizonSteps: fc.integer({ min: 100, max: 2_000 }),
  })
  .map(({ hostile, requests: open, intervalSteps, horizonSteps }) => ({
    ...withPools(hostile, (pool) => ({ ...pool, model: 0, maxModelTokens: 100_000 })),
    workloads: [{ kind: 'open', model: 0, requests: open }],
    intervalSteps,
    horizonSteps,
  }));

/** Prompts that need many steps, several at a time, next to requests that decode. */
export const chunkedPrefillCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: anyCase,
    requests: requests({ count: [2, 12], gapSteps: 10, promptTokens: 200, outputTokens: 25 }),
    maxNumSeqs: fc.integer({ min: 1, max: 6 }),
    extraBatchedTokens: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ hostile, requests: open, maxNumSeqs, extraBatchedTokens }) => ({
    ...withPools(hostile, (pool) => ({
      ...pool,
      model: 0,
      maxModelTokens: 100_000,
      engine: { ...pool.engine, maxNumSeqs, maxNumBatchedTokens: maxNumSeqs + extraBatchedTokens },
    })),
    workloads: [{ kind: 'open', model: 0, requests: open }, ...hostile.workloads.slice(1)],
  }));

/** Prompts that begin alike, in a cache that holds a few of them at most. */
export const sharedPromptsCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: anyCase,
    prompts: sharedPrompts({
      conversations: [8, 32],
      gapSteps: 3,
      parentTokens: 32,
      newTokens: 12,
      outputTokens: 40,
    }),
    otherPrompts: fc.option(
      sharedPrompts({ conversations: [1, 6], gapSteps: 20, parentTokens: 24, newTokens: 12, outputTokens: 12 }),
      { nil: undefined },
    ),
    engine: fc.record({
      spareBlocks: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 20 })),
      blockTokens: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 16 })),
      watermarkBlocks: fc.constantFrom(0, 0, 1, 3),
      maxNumSeqs: fc.integer({ min: 1, max: 16 }),
    }),
    horizonSteps: fc.integer({ min: 10, max: 300 }),
    extraBatchedTokens: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 300 })),
  })
  .map(({ hostile, prompts, otherPrompts, engine, horizonSteps, extraBatchedTokens }) => ({
    ...withPools(hostile, (pool) => ({
      ...pool,
      model: 0,
      instances: Math.min(pool.instances, 2),
      maxModelTokens: 100_000,
      engine: {
        ...pool.engine,
        ...engine,
        prefixCaching: true,
        maxNumBatchedTokens: engine.maxNumSeqs + extraBatchedTokens,
      },
    })),
    workloads: [
      { kind: 'shared' as const, model: 0, prompts },
      ...(otherPrompts === undefined ? [] : [{ kind: 'shared' as const, model: 0, prompts: otherPrompts }]),
    ],
    horizonSteps,
  }));

interface Sizes {
  readonly count: readonly [least: number, most: number];
  readonly gapSteps: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export function requests({ count, gapSteps, promptTokens, outputTokens }: Sizes): fc.Arbitrary<HostileRequest[]> {
  const request = fc.record({
    gapSteps: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: gapSteps }), between(0, gapSteps)),
    promptTokens: fc.integer({ min: 1, max: promptTokens }),
    outputTokens: fc.integer({ min: 1, max: outputTokens }),
  });
  return fc.array(request, { minLength: count[0], maxLength: count[1] });
}

function withPools(hostile: HostileCase, change: (pool: HostilePool) => HostilePool): HostileCase {
  return { ...hostile, pools: hostile.pools.slice(0, 2).map(change) };
}

import fc from 'fast-check';
import { sharedPromptsCase } from './flavours.ts';
import type { HostileCase } from './hostile-cases.ts';
import { someTiers } from './hostile-features.ts';

/** Prompts that begin alike, in a memory that soon loses them and stores that keep some of them. */
export const tiersCase: fc.Arbitrary<HostileCase> = fc
  .record({
    hostile: sharedPromptsCase,
    pools: fc.array(
      fc.record({
        tiers: someTiers,
        spareBlocks: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 12 })),
        prefixIdleSteps: fc.constantFrom(0, 1, 4, 20),
        instances: fc.integer({ min: 1, max: 4 }),
        // Whole prompts have to wait for one another.
        wholePrompts: fc.constantFrom(1, 0.5, 0.3),
      }),
      { minLength: 2, maxLength: 2 },
    ),
    router: fc.constantFrom('in-turn', 'random', 'least-outstanding', 'first'),
  })
  .map(({ hostile, pools, router }) => ({
    ...hostile,
    router,
    pools: hostile.pools.map((pool, index) => {
      const { tiers, spareBlocks, prefixIdleSteps, instances, wholePrompts } = pools[index]!;
      const features = { ...pool.features, kvAllocation: 'paged' as const, wholePrompts, tiers };
      const maxNumBatchedTokens = features.chunkedPrefill ? pool.engine.maxNumBatchedTokens : pool.engine.maxNumSeqs;
      const engine = { ...pool.engine, maxNumBatchedTokens, spareBlocks, prefixIdleSteps };
      return { ...pool, instances, features, engine };
    }),
  }));

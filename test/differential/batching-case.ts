import fc from 'fast-check';
import { apartCase } from './apart-case.ts';
import { chunkedPrefillCase, longDecodeCase, sharedPromptsCase, stormCase } from './flavours.ts';
import { anyBatching } from './hostile-batching.ts';
import type { HostileBatching } from './hostile-batching.ts';
import { anyCase } from './hostile-cases.ts';
import type { HostileCase } from './hostile-cases.ts';
import { tiersCase } from './tiers-case.ts';

/** Without links and tiers, where a refused request may be looked at again earlier under a policy. */
export const aloneCase = fc.oneof(anyCase, stormCase, stormCase, longDecodeCase, chunkedPrefillCase, sharedPromptsCase);

export function withPolicy(hostile: HostileCase, batching: HostileBatching | undefined): HostileCase {
  return {
    ...hostile,
    pools: hostile.pools.map((pool) => ({ ...pool, features: { ...pool.features, batching } })),
  };
}

/** Every pool takes requests in an order of its own. */
export const batchingCase: fc.Arbitrary<HostileCase> = fc
  .record({ hostile: fc.oneof(aloneCase, aloneCase, aloneCase, apartCase, tiersCase), batching: anyBatching })
  .map(({ hostile, batching }) => withPolicy(hostile, batching));

import type { KvTierKind, PoolPlan } from '../sim/plan.ts';

/** The counters of a timeline row that say how many blocks were read from and written to the tiers of each kind. */
export const TIER_COUNTERS = {
  dram: { read: 'dramReadBlocks', written: 'dramWrittenBlocks' },
  ssd: { read: 'ssdReadBlocks', written: 'ssdWrittenBlocks' },
  remote: { read: 'remoteReadBlocks', written: 'remoteWrittenBlocks' },
} as const satisfies Readonly<Record<KvTierKind, { readonly read: string; readonly written: string }>>;

/** Of one block in a pool's tier of a kind; undefined when it has none. */
export function tierBlockBytes({ engine }: Pick<PoolPlan, 'engine'>, kind: KvTierKind): number | undefined {
  return engine.kvTiers?.find((tier) => tier.kind === kind)?.blockBytes;
}

import { KV_TIER_KINDS, type KvTierKind, type PoolPlan, type RunPlan } from '../sim/plan.ts';
import type { Figure } from './answers.ts';
import type { PoolTally } from './pool-metrics.ts';
import { total } from './sums.ts';
import type { METRICS } from './summary.ts';

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

/** Tokens asked of all tiers or of those of a kind, and what was moved, in bytes. */
export interface TierFigures {
  readonly metric: keyof typeof METRICS;
  readonly tokens: number;
  readonly figures: readonly Figure[];
}

/** What some pools read from their KV tiers and wrote to them: of all tiers, and of each kind; nothing where there are none. */
export function tierFigures(
  plan: Pick<RunPlan, 'pools'>,
  pools: readonly number[],
  tallies: readonly PoolTally[],
): TierFigures[] {
  const kinds = KV_TIER_KINDS.filter((kind) =>
    pools.some((pool) => tierBlockBytes(plan.pools[pool]!, kind) !== undefined),
  );
  if (kinds.length === 0) return [];
  const loaded = total(pools, (pool) => tallies[pool]!.loadedTokens);
  const ofKinds = kinds.map((kind): TierFigures => {
    const { read, written } = TIER_COUNTERS[kind];
    const sum = (counter: typeof read | typeof written, perBlock: (pool: PoolPlan) => number) =>
      total(pools, (pool) => tallies[pool]![counter] * perBlock(plan.pools[pool]!));
    const bytes = (pool: PoolPlan) => tierBlockBytes(pool, kind) ?? 0;
    return {
      metric: `${kind}_tokens`,
      tokens: sum(read, ({ engine }) => engine.blockTokens),
      figures: [
        [`${kind}_read`, 'total', sum(read, bytes)],
        [`${kind}_written`, 'total', sum(written, bytes)],
      ],
    };
  });
  return [{ metric: 'loaded_tokens', tokens: loaded, figures: [] }, ...ofKinds];
}

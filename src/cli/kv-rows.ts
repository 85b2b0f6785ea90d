import { figure } from '../report/figures.ts';
import { alignedRows, shortened } from '../report/table.ts';
import type { PoolPlan } from '../sim/plan.ts';

/** The memory for KV that a fleet has, to hold against what prefix caches of some sizes find; none without prefix caching. */
export function kvRows(pools: readonly PoolPlan[]): string[] {
  const rows = pools
    .filter(({ engine }) => engine.prefixCaching)
    .map(({ name, instances, engine }) => {
      const tokens = (blocks: number) => figure(blocks * engine.blockTokens, 0);
      const tiers = (engine.kvTiers ?? []).map(({ kind, scope, capacityBlocks }) => {
        return `${kind} ${scope === 'pool' ? '' : `${instances} × `}${tokens(capacityBlocks)}`;
      });
      return [shortened(name), `${instances} × ${tokens(engine.kvBlocks)}`, ...tiers];
    });
  const columns = Math.max(...rows.map(({ length }) => length));
  const filled = rows.map((row) => [...row, ...Array.from({ length: columns - row.length }, () => '')]);
  if (rows.length === 0) return [];
  return [
    'KV tokens that the fleet holds, instances × tokens, running requests included',
    ...alignedRows(filled, columns),
    '  A router that follows prefixes uses them like one cache; one that does not, like one of a single instance.',
  ];
}

import { findEntry, scopeNames } from '../results/summary.ts';
import type { Metric, RunSummary, Statistic } from '../results/summary.ts';
import { KV_TIER_KINDS } from '../sim/plan.ts';
import { figure, percent } from './figures.ts';
import { alignedRows, shortened } from './table.ts';

const BYTES_PER_GB = 1e9;

/** What KV tiers gave and took, one line for each tier of each pool; nothing where there are none. */
export function kvTiers(summary: RunSummary): string[] {
  const rows = scopeNames(summary, 'pool').flatMap((pool) =>
    KV_TIER_KINDS.flatMap((kind) => {
      const value = (metric: Metric, statistic: Statistic) =>
        findEntry(summary, 'pool', pool, metric, statistic)?.value ?? 0;
      if (findEntry(summary, 'pool', pool, `${kind}_read`, 'total') === undefined) return [];
      return [
        [
          `${shortened(pool)}: ${kind}`,
          figure(value(`${kind}_tokens`, 'rate'), 0),
          percent(value(`${kind}_tokens`, 'share')),
          figure(value(`${kind}_read`, 'total') / BYTES_PER_GB, 0),
          figure(value(`${kind}_written`, 'total') / BYTES_PER_GB, 0),
        ],
      ];
    }),
  );
  if (rows.length === 0) return [];
  return ['KV tiers', ...alignedRows([['', 'tokens read per s', 'of input tokens', 'GB read', 'GB written'], ...rows])];
}

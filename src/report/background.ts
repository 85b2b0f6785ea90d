import type { Metric, RunSummary, Statistic } from '../results/summary.ts';
import { findEntry, scopeNames } from '../results/summary.ts';
import { percent, withHalfWidth } from './figures.ts';
import { type MoneyRules, withBasis } from './money.ts';
import { alignedRows, shortened } from './table.ts';

const COLUMNS: readonly (readonly [head: string, metric: Metric, statistic: Statistic])[] = [
  ['accelerator hours', 'lent_time', 'total'],
  ['useful', 'useful_time', 'share'],
  ['called back', 'recalls', 'total'],
  ['worth, USD', 'background_value', 'total'],
  ['of the bill, USD', 'background_bill', 'total'],
  ['kWh', 'background_energy', 'total'],
];

/** What background work had, by tenant. */
export function background(summary: RunSummary, rules: MoneyRules | undefined): string[] {
  const tenants = scopeNames(summary, 'background');
  if (tenants.length === 0) return [];
  const rows = tenants.map((tenant) => [
    shortened(tenant),
    ...COLUMNS.map(([, metric, statistic]) => {
      const entry = findEntry(summary, 'background', tenant, metric, statistic);
      if (entry === undefined) return '–';
      return (statistic === 'share' ? percent : withHalfWidth)(entry.value, entry.halfWidth95);
    }),
  ]);
  return [
    withBasis('Background work, on instances that scaling had released', rules),
    ...alignedRows([['', ...COLUMNS.map(([head]) => head)], ...rows]),
  ];
}

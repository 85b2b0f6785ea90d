import type { Metric, RunSummary, Statistic } from '../results/summary.ts';
import { findEntry, scopeNames } from '../results/summary.ts';
import { figure } from './figures.ts';
import { alignedRows, shortened } from './table.ts';

const WATTS_PER_KW = 1_000;
/** A scenario may have a domain for every accelerator. */
const MOST_SHOWN = 8;

interface Domain {
  readonly name: string;
  readonly limitKW: number;
  readonly peakKW: number;
  readonly overS: number;
  readonly brakes: number;
  readonly brakedS: number;
}

/** What came of power budgets, over whole runs; nothing where there are none. */
export function powerDomains(summary: RunSummary): string[] {
  const domains = scopeNames(summary, 'domain').map((name) => domainOf(summary, name));
  if (domains.length === 0) return [];
  const shown = [...domains].sort((a, b) => b.overS - a.overS || b.peakKW / b.limitKW - a.peakKW / a.limitKW);
  const rows = shown
    .slice(0, MOST_SHOWN)
    .map(({ name, limitKW, peakKW, overS, brakes, brakedS }) => [
      shortened(name),
      ...[limitKW, peakKW, overS, brakes, brakedS].map((each) => figure(each)),
    ]);
  const more = domains.length - rows.length;
  return [
    'Power budgets, over the whole run',
    ...alignedRows([['', 'lowest budget, kW', 'highest draw, kW', 'over it, s', 'brakes', 'braked, s'], ...rows]),
    ...(more > 0 ? [`  and ${more} more, none of them over its budget for longer`] : []),
  ];
}

function domainOf(summary: RunSummary, name: string): Domain {
  const value = (metric: Metric, statistic: Statistic) =>
    findEntry(summary, 'domain', name, metric, statistic)?.value ?? 0;
  return {
    name,
    limitKW: value('domain_power', 'limit') / WATTS_PER_KW,
    peakKW: value('domain_power', 'max') / WATTS_PER_KW,
    overS: value('over_budget', 'total'),
    brakes: value('brakes', 'total'),
    brakedS: value('braked', 'total'),
  };
}

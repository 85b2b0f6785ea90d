import { FLEET, findEntry, scopeNames } from '../results/summary.ts';
import type { Metric, RunSummary, SummaryEntry } from '../results/summary.ts';
import { figure, percent } from './figures.ts';
import { type MoneyRules, withBasis } from './money.ts';
import { alignedRows, shortened } from './table.ts';

const REASONS: readonly (readonly [label: string, metric: Metric])[] = [
  ['beyond the rate of their tenant', 'throttled_requests'],
  ['too many others waited', 'queue_full_requests'],
  ['would have come too late', 'shed_requests'],
];

/** What was decided around the engines: who was turned away and why, who answered, how many instances were switched on. */
export function decisions(summary: RunSummary, rules: MoneyRules | undefined): string[] {
  return [...turnedAway(summary), ...answers(summary, rules), ...instances(summary), ...evictions(summary)];
}

function evictions(summary: RunSummary): string[] {
  const of = (pool: string, metric: Metric) => findEntry(summary, 'pool', pool, metric, 'total');
  const rows = scopeNames(summary, 'pool').flatMap((pool) => {
    const cells = EVICTED.map((metric) => of(pool, metric));
    if (cells.some((cell) => cell === undefined)) return [];
    return [[shortened(pool), ...cells.map((cell) => figure(cell!.value, 0))]];
  });
  if (rows.length === 0) return [];
  return [
    'Taken away',
    ...alignedRows([['over the whole run', 'instances', 'requests on them', 'output tokens'], ...rows]),
  ];
}

function turnedAway(summary: RunSummary): string[] {
  const rows = REASONS.flatMap(([label, metric]) => {
    const share = findEntry(summary, 'fleet', FLEET, metric, 'share');
    return share === undefined ? [] : [[label, percent(share.value, share.halfWidth95)]];
  });
  return rows.length === 0 ? [] : ['Turned away, of requests sent', ...alignedRows(rows)];
}

const EVICTED = ['evictions', 'lost_attempts', 'lost_output_tokens'] as const;

const ANSWERED = 'answered_by_';

function answers(summary: RunSummary, rules: MoneyRules | undefined): string[] {
  const shares = summary.filter(({ scope, metric }) => scope === 'fleet' && metric.startsWith(ANSWERED));
  if (shares.length === 0) return [];
  const of = (metric: Metric) => findEntry(summary, 'fleet', FLEET, metric, 'share');
  const rows = [
    ...shares.map((entry) => [`by ${shortened(entry.metric.slice(ANSWERED.length))}`, share(entry)]),
    ['by more than one model', share(of('escalated_requests'))],
    ['wrong', share(of('wrong_answers'))],
  ].filter(([, cell]) => cell !== '');
  const cost = findEntry(summary, 'fleet', FLEET, 'answer_cost', 'fully_loaded');
  const right = findEntry(summary, 'fleet', FLEET, 'right_answer_cost', 'fully_loaded');
  const costs =
    cost === undefined || right === undefined
      ? []
      : [
          `  USD per thousand answers: ${figure(1_000 * cost.value, 3)}, of right ones: ${figure(1_000 * right.value, 3)}.`,
        ];
  return [withBasis('Answers', rules), ...alignedRows(rows), ...costs];
}

function share(entry: SummaryEntry | undefined): string {
  return entry === undefined ? '' : percent(entry.value, entry.halfWidth95);
}

function instances(summary: RunSummary): string[] {
  const rows = scopeNames(summary, 'pool').flatMap((pool) => {
    const mean = findEntry(summary, 'pool', pool, 'on_instances', 'mean');
    return mean === undefined ? [] : [[shortened(pool), figure(mean.value, 2)]];
  });
  return rows.length === 0 ? [] : ['Instances switched on, mean', ...alignedRows(rows)];
}

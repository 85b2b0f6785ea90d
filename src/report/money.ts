import type { Metric, RunSummary, Scope, Statistic, SummaryEntry } from '../results/summary.ts';
import { FLEET, findEntry, scopeNames } from '../results/summary.ts';
import type { CostBasis, IdleRule } from '../sim/money-plan.ts';
import { percent, withHalfWidth } from './figures.ts';
import { alignedRows, shortened } from './table.ts';

/** How a scenario that says something of money counts it. */
export interface MoneyRules {
  readonly costBasis: CostBasis;
  readonly idleRule: IdleRule;
}

const UNKNOWN = '–';

/** Beside every dollar. */
export const BASIS_WORDS: Readonly<Record<CostBasis, string>> = {
  economic: 'economic basis: capital as an annuity',
  accounting: 'accounting basis: capital in equal parts over its life',
  cash: 'cash basis: only what is paid in the window',
};

const RENT_WORDS = 'the rent of the accelerators';

/** In a heading, after its words; nothing where nothing is said of money: then all dollars are rent. */
export function withBasis(heading: string, rules: MoneyRules | undefined): string {
  return rules === undefined ? heading : `${heading}, ${BASIS_WORDS[rules.costBasis].split(':')[0]}`;
}

/** What a dollar stands for where several scenarios stand in one table. @param arms by name; no basis where nothing is said of money */
export function basisOf(
  arms: readonly { readonly name: string; readonly costBasis?: CostBasis | undefined }[],
): string {
  const wordsOf = (basis: CostBasis | undefined) => (basis === undefined ? RENT_WORDS : BASIS_WORDS[basis]);
  const bases = [...new Set(arms.map(({ costBasis }) => costBasis))];
  if (bases.length === 1) return `USD: ${wordsOf(bases[0]).replace(':', ',')}.`;
  const each = bases.map((basis) => {
    const names = arms.filter(({ costBasis }) => costBasis === basis).map(({ name }) => name);
    return `${wordsOf(basis).split(':')[0]} (${names.join(', ')})`;
  });
  return `USD do not all stand for the same: ${each.join('; ')}.`;
}

const IDLE_WORDS: Readonly<Record<IdleRule, string>> = {
  'pro-rata': 'idle time charged as busy time was caused',
  'peak-responsible': 'idle time charged to who makes the peak',
  reserved: 'idle time charged to who has reserved the capacity',
};

const PARTS: readonly (readonly [label: string, metric: Metric])[] = [
  ['rent', 'rent_bill'],
  ['servers, network, storage', 'it_bill'],
  ['building', 'building_bill'],
  ['maintenance', 'maintenance_bill'],
  ['staff', 'staff_bill'],
  ['electricity', 'energy_bill'],
  ['peak draw', 'demand_bill'],
  ['unused commitments', 'unused_bill'],
];

/** What the bill is made of. */
export function billSection(summary: RunSummary, rules: MoneyRules | undefined): string[] {
  const total = findEntry(summary, 'fleet', FLEET, 'bill', 'total');
  if (rules === undefined || total === undefined) return [];
  const rows = PARTS.flatMap(([label, metric]) => {
    const part = findEntry(summary, 'fleet', FLEET, metric, 'total');
    return part === undefined ? [] : [[label, cell(part), percent(part.value / total.value)]];
  });
  return [
    `Bill of the measured window, ${BASIS_WORDS[rules.costBasis]}`,
    ...alignedRows([['', 'USD', 'of all'], ...rows, ['all', cell(total), '']]),
    ...ownedRows(summary),
    ...commitmentRows(summary),
  ];
}

function ownedRows(summary: RunSummary): string[] {
  const of = (pool: string, metric: Metric, statistic: Statistic) =>
    findEntry(summary, 'pool', pool, metric, statistic);
  const owned = scopeNames(summary, 'pool').filter((pool) => of(pool, 'owned_hour', 'mean') !== undefined);
  if (owned.length === 0) return [];
  const rows = owned.map((pool) => [
    shortened(pool),
    cell(of(pool, 'owned_hour', 'mean')),
    share(of(pool, 'least_use', 'share')),
    orNever(of(pool, 'break_even_on_demand', 'mean')),
    orNever(of(pool, 'break_even_committed', 'mean')),
  ]);
  return [
    '',
    ...alignedRows([['owned', 'USD/h', 'least use', 'against rent', 'against committed'], ...rows]),
    '  against: accelerator hours of work a month from which owning is cheaper than renting.',
  ];
}

function orNever(entry: SummaryEntry | undefined): string {
  return entry === undefined ? 'never' : cell(entry);
}

function commitmentRows(summary: RunSummary): string[] {
  const names = scopeNames(summary, 'commitment');
  if (names.length === 0) return [];
  const rows = names.map((name) => {
    const of = (metric: Metric, statistic: Statistic) => findEntry(summary, 'commitment', name, metric, statistic);
    return [
      shortened(name),
      cell(of('bill', 'total')),
      share(of('commitment_coverage', 'share')),
      share(of('commitment_use', 'share')),
      cell(of('unused_bill', 'total')),
    ];
  });
  return ['', ...alignedRows([['commitment', 'USD', 'of the need', 'used', 'unused, USD'], ...rows])];
}

/** What requests and tasks cost and bring in, by workload. */
export function tenantSection(summary: RunSummary, rules: MoneyRules | undefined): string[] {
  if (rules === undefined) return [];
  const workloads = scopeNames(summary, 'workload');
  const all: readonly (readonly [Scope, string])[] = [
    ...workloads.map((name) => ['workload', name] as const),
    // Of a single workload they are the same figures again.
    ...(workloads.length > 1 ? ([['fleet', FLEET]] as const) : []),
  ];
  const of = ([scope, name]: readonly [Scope, string], metric: Metric, statistic: Statistic) =>
    findEntry(summary, scope, name, metric, statistic);
  type Figure = readonly [head: string, metric: Metric, statistic: Statistic];
  const table = (corner: string, ...figures: readonly Figure[]) => {
    const rows = all.map((place) => [
      shortened(place[1]),
      ...figures.map(([, metric, statistic]) => (statistic === 'share' ? share : cell)(of(place, metric, statistic))),
    ]);
    return alignedRows([[corner, ...figures.map(([head]) => head)], ...rows]);
  };
  return [
    `${withBasis('By workload', rules)}, ${IDLE_WORDS[rules.idleRule]}`,
    ...table(
      'USD per',
      ['request', 'request_cost', 'fully_loaded'],
      ['task', 'task_cost', 'fully_loaded'],
      ['million input', 'input_cost', 'fully_loaded'],
      ['million output', 'output_cost', 'fully_loaded'],
    ),
    '',
    ...table(
      '',
      ['revenue, USD', 'revenue', 'total'],
      ['margin', 'gross_margin', 'share'],
      ['Wh/request', 'request_energy', 'fully_loaded'],
      ['gCO2/request', 'request_carbon', 'fully_loaded'],
    ),
    '',
    ...table(
      'per task',
      ['tokens', 'task_tokens', 'mean'],
      ['accelerator s', 'task_accelerator_time', 'mean'],
      ['USD, of good ones', 'successful_task_cost', 'fully_loaded'],
    ),
    '  task: a session, or a request without one. good: every request of it met its objectives.',
  ];
}

function cell(entry: SummaryEntry | undefined): string {
  return entry === undefined ? UNKNOWN : withHalfWidth(entry.value, entry.halfWidth95);
}

function share(entry: SummaryEntry | undefined): string {
  return entry === undefined ? UNKNOWN : percent(entry.value, entry.halfWidth95);
}

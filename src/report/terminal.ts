import type { Metric, RunSummary, Scope, Statistic, SummaryEntry } from '../results/summary.ts';
import { FLEET, findEntry, scopeNames, worstGrade } from '../results/summary.ts';
import type { Grade } from '../sim/plan.ts';
import { background } from './background.ts';
import { bandBases, bandText } from './bands.ts';
import { deadlines } from './deadlines.ts';
import { energy } from './energy.ts';
import { decisions } from './decisions.ts';
import { figure, given, percent, withHalfWidth } from './figures.ts';
import { kvTiers } from './kv-tiers.ts';
import { BASIS_WORDS, billSection, tenantSection, withBasis } from './money.ts';
import { powerDomains } from './power-domains.ts';
import type { RunReport } from './run-report.ts';
import { alignedRows, shortened, wrapped } from './table.ts';

export const TERMINAL_COLUMNS = 100;
/** Where nothing is known: no request was served, no token generated. */
const UNKNOWN = '–';

/** What a run delivers, for a person: plain text of at most 100 columns. */
export function terminalReport(report: RunReport): string {
  const { summary } = report;
  const sections = [
    heading(report),
    throughput(summary),
    latency(summary),
    latencyBands(summary),
    objectives(summary),
    deadlines(summary),
    load(report),
    decisions(summary, report.money),
    background(summary, report.money),
    kvTiers(summary),
    energy(summary, TERMINAL_COLUMNS),
    powerDomains(summary),
    cost(report),
    costByPool(report),
    billSection(summary, report.money),
    tenantSection(summary, report.money),
    footing(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function heading({ scenario, runs, windowS, summary }: RunReport): string[] {
  const seeds = runs.map(({ seed }) => String(seed));
  const title = `${scenario}, ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
  const window = `Measured from ${given(windowS.start)} s to ${given(windowS.end)} s of simulated time.`;
  const spread = summary.some(({ halfWidth95 }) => halfWidth95 !== undefined)
    ? ['± is the half-width of the 95 % confidence interval over the seeds.']
    : [];
  return [...wrapped(title, TERMINAL_COLUMNS, 2), window, ...spread];
}

const THROUGHPUT_ROWS: readonly (readonly [label: string, metric: Metric])[] = [
  ['requests sent', 'arrived_requests'],
  ['requests served', 'served_requests'],
  ['input tokens', 'prompt_tokens'],
  ['of these, cached', 'cached_tokens'],
  ['output tokens', 'output_tokens'],
  ['preemptions', 'preemptions'],
];

function throughput(summary: RunSummary): string[] {
  const rows = THROUGHPUT_ROWS.map(([label, metric]) => {
    const entry = fleet(summary, metric, 'rate');
    // What clients send is given.
    return [label, cell(entry), metric === 'arrived_requests' ? '' : bandText(entry)];
  });
  const rejected = fleet(summary, 'rejected_requests', 'share');
  rows.push(['rejected, of requests sent', percentCell(rejected), bandText(rejected)]);
  return ['Throughput', ...alignedRows([['', 'per second', '80 % band'], ...rows])];
}

const LATENCY_ROWS: readonly (readonly [label: string, metric: Metric])[] = [
  ['TTFT, to the first token', 'ttft'],
  ['TPOT, per token after it', 'tpot'],
  ['E2E, to the last token', 'e2e'],
  ['queue, to the first step', 'queue'],
];
const PERCENTILES = ['p50', 'p90', 'p99'] as const;
const BANDED = ['p50', 'p90', 'p95', 'p99'] as const;

function latency(summary: RunSummary): string[] {
  const workloads = scopeNames(summary, 'workload');
  const rows = LATENCY_ROWS.map(([label, metric]) => latencyRow(summary, 'fleet', FLEET, label, metric));
  // Of a single workload they are the same figures again.
  const byWorkload = workloads.length < 2 ? [] : workloads.flatMap((name) => workloadRows(summary, name));
  return ['Latency as the client sees it', ...alignedRows([['ms', ...PERCENTILES], ...rows, ...byWorkload])];
}

function workloadRows(summary: RunSummary, name: string): string[][] {
  return (['ttft', 'tpot', 'e2e'] as const).map((metric) =>
    latencyRow(summary, 'workload', name, `${shortened(name)}: ${metric.toUpperCase()}`, metric),
  );
}

/** Means are what most measurements give, so there the bands are; few statistics beside them were ever compared. */
function latencyBands(summary: RunSummary): string[] {
  const rows = LATENCY_ROWS.map(([label, metric]) => [
    label.split(',')[0]!,
    fleetCell(summary, metric, 'mean'),
    ...(['mean', ...BANDED] as const).map((statistic) => bandText(fleet(summary, metric, statistic))),
  ]);
  return ['Latency, mean and 80 % bands of error', ...alignedRows([['ms', 'mean', 'its band', ...BANDED], ...rows])];
}

function latencyRow(summary: RunSummary, scope: Scope, name: string, label: string, metric: Metric): string[] {
  return [label, ...PERCENTILES.map((statistic) => cell(findEntry(summary, scope, name, metric, statistic)))];
}

function objectives(summary: RunSummary): string[] {
  const classes = scopeNames(summary, 'class');
  if (classes.length === 0) return [];
  const rows = classes.flatMap((name) => [
    classRow(summary, name),
    ...summary.filter((entry) => isObjective(entry, name)).map((entry) => objectiveRow(summary, name, entry)),
  ]);
  return [
    'Service objectives, by class of requests',
    ...alignedRows([['', 'kept by', 'wanted', 'met', 'goodput per s'], ...rows]),
  ];
}

function classRow(summary: RunSummary, name: string): string[] {
  const of = (metric: Metric, statistic: Statistic) => findEntry(summary, 'class', name, metric, statistic);
  const share = of('slo_attainment', 'share');
  const goodput = of('goodput', 'rate');
  return [
    `${shortened(name)}: every objective`,
    percentCell(share),
    target(of('slo_attainment', 'target')),
    verdict(of('slo_attainment', 'met')?.value),
    cell(goodput),
  ];
}

function isObjective(entry: SummaryEntry, className: string): boolean {
  return entry.scope === 'class' && entry.scopeName === className && entry.statistic === 'limit';
}

function objectiveRow(summary: RunSummary, className: string, limit: SummaryEntry): string[] {
  const of = (statistic: Statistic) => findEntry(summary, 'class', className, limit.metric, statistic);
  const latencyName = limit.metric.split('_')[0]!.toUpperCase();
  const share = of('share');
  return [
    `  ${latencyName} up to ${given(limit.value)} ms`,
    percentCell(share),
    target(of('target')),
    verdict(of('met')?.value),
    '',
  ];
}

function target(wanted: SummaryEntry | undefined): string {
  return wanted === undefined ? UNKNOWN : `${given(100 * wanted.value)} %`;
}

function verdict(met: number | undefined): string {
  if (met === undefined) return '';
  if (met === 1) return 'yes';
  return met === 0 ? 'NO' : `${Math.round(100 * met)} % of seeds`;
}

const LOAD_COLUMNS: readonly (readonly [label: string, metric: Metric, statistic: Statistic])[] = [
  ['active', 'busy_share', 'mean'],
  ['compute', 'compute_use', 'mean'],
  ['HBM bandwidth', 'memory_bandwidth_use', 'mean'],
  ['KV mean', 'kv_use', 'mean'],
  ['KV max', 'kv_use', 'max'],
];

function load({ summary, offeredLoads }: RunReport): string[] {
  // A closed loop asks for as much as it gets: nothing to divide by.
  const asked = offeredLoads.filter(({ requestsPerS }) => requestsPerS > 0);
  const offered = new Map(asked.map((each) => [each.pool, each.load]));
  const rows = scopeNames(summary, 'pool').map((pool) => [
    shortened(pool),
    offered.get(pool)?.toFixed(2) ?? UNKNOWN,
    ...LOAD_COLUMNS.map(([, metric, statistic]) =>
      optionalPercent(findEntry(summary, 'pool', pool, metric, statistic)?.value),
    ),
  ]);
  return [
    'Load, by pool',
    ...alignedRows([['', 'ρ', ...LOAD_COLUMNS.map(([label]) => label)], ...rows]),
    '  ρ: work offered / capacity, estimated beforehand. active: instance time with a batch in progress.',
    '  compute, HBM bandwidth: of the dense peak. KV: of the pool’s blocks, at interval ends.',
  ];
}

const COST_ROWS: readonly (readonly [label: string, metric: Metric])[] = [
  ['million input tokens', 'input_cost'],
  ['million output tokens', 'output_cost'],
  ['million tokens, blended', 'blended_cost'],
];

function cost({ summary, money }: RunReport): string[] {
  const rows = COST_ROWS.map(([label, metric]) => [
    label,
    fleetCell(summary, metric, 'fully_loaded'),
    fleetCell(summary, metric, 'busy_only'),
    costBand(summary, metric),
  ]);
  const [what, idleWhat] = money === undefined ? (['rent', 'idle_rent'] as const) : (['bill', 'idle_bill'] as const);
  const rent = fleet(summary, what, 'total')?.value;
  const idle = fleet(summary, idleWhat, 'total')?.value;
  const lines = [
    money === undefined ? 'Cost, from the rent of the accelerators' : `Cost, ${BASIS_WORDS[money.costBasis]}`,
    ...alignedRows([['USD per', 'idle time included', 'busy time only', '80 % band'], ...rows]),
  ];
  if (rent === undefined || idle === undefined) return lines;
  const share = rent === 0 ? 0 : idle / rent;
  const name = money === undefined ? 'Rent' : 'Bill';
  return [...lines, `  ${name} of the measured window: ${figure(rent, 2)} USD, ${percent(share)} of it for idle time.`];
}

/** Of both columns, where they differ. */
function costBand(summary: RunSummary, metric: Metric): string {
  const all = bandText(fleet(summary, metric, 'fully_loaded'));
  const busy = bandText(fleet(summary, metric, 'busy_only'));
  return all === busy ? all : `${all}, ${busy}`;
}

/** Models differ in price: with several pools, the fleet's blend says little. */
function costByPool({ summary, money }: RunReport): string[] {
  const pools = scopeNames(summary, 'pool');
  if (pools.length < 2) return [];
  const of = (pool: string, metric: Metric, statistic: Statistic) =>
    cell(findEntry(summary, 'pool', pool, metric, statistic));
  const rows = pools.map((pool) => [
    shortened(pool),
    of(pool, 'prompt_tokens', 'rate'),
    of(pool, 'output_tokens', 'rate'),
    ...COST_ROWS.map(([, metric]) => of(pool, metric, 'fully_loaded')),
  ]);
  const head = ['', 'input tok/s', 'output tok/s', 'input $/M', 'output $/M', 'blended $/M'];
  return [withBasis('By pool, idle time included', money), ...alignedRows([head, ...rows])];
}

const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  measured: 'every number of the profiles was measured on hardware.',
  datasheet: 'the weakest number of the profiles comes from a datasheet.',
  announced: 'the weakest number of the profiles is a vendor’s announcement of hardware nobody could measure.',
  estimated: 'some numbers of the profiles are estimates (`tokenfleet list --sources` shows which).',
};

function footing({ runs, summary }: RunReport): string[] {
  const grade = worstGrade(summary.map((entry) => entry.grade));
  const files = runs.map(({ seed, directory, reused }) => {
    const place = `${directory}/${reused ? ' (from an earlier run)' : ''}`;
    return runs.length === 1 ? `Files: ${place}` : `  ${seed}: ${place}`;
  });
  const bases = bandBases(summary);
  const bands =
    bases === undefined
      ? []
      : wrapped(`80 % of errors in validation are within the bands. ${bases}.`, TERMINAL_COLUMNS, 2);
  return [
    ...bands,
    ...wrapped(`Grade of the numbers: ${grade} – ${GRADE_WORDS[grade]}`, TERMINAL_COLUMNS, 2),
    ...(runs.length === 1 ? [] : ['Files, by seed:']),
    ...files,
  ];
}

function fleet(summary: RunSummary, metric: Metric, statistic: Statistic): SummaryEntry | undefined {
  return findEntry(summary, 'fleet' satisfies Scope, FLEET, metric, statistic);
}

function fleetCell(summary: RunSummary, metric: Metric, statistic: Statistic): string {
  return cell(fleet(summary, metric, statistic));
}

function cell(entry: SummaryEntry | undefined): string {
  return entry === undefined ? UNKNOWN : withHalfWidth(entry.value, entry.halfWidth95);
}

function percentCell(entry: SummaryEntry | undefined): string {
  return entry === undefined ? UNKNOWN : percent(entry.value, entry.halfWidth95);
}

function optionalPercent(share: number | undefined): string {
  return share === undefined ? UNKNOWN : percent(share);
}

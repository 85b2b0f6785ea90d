import type { Metric, RunSummary, Scope, Statistic } from '../results/summary.ts';
import { FLEET, findEntry, scopeNames } from '../results/summary.ts';
import { bandText } from './bands.ts';
import { figure, percent, withHalfWidth } from './figures.ts';
import { alignedRows, shortened, wrapped } from './table.ts';

const UNKNOWN = '–';
const WATTS_PER_KW = 1_000;

const PER_WORK: readonly (readonly [label: string, metric: Metric])[] = [
  ['J per output token', 'output_token_energy'],
  ['J per token, input or output', 'token_energy'],
  ['Wh per request', 'request_energy'],
];

/** What the fleet draws and what it takes to serve; nothing where energy was not recorded. */
export function energy(summary: RunSummary, columns: number): string[] {
  const total = value(summary, 'fleet', FLEET, 'site_energy', 'total');
  if (total === undefined) return [];
  const accelerator = (statistic: Statistic) => cell(summary, 'accelerator_power', statistic);
  const rows = PER_WORK.map(([label, metric]) => [
    label,
    cell(summary, metric, 'accelerators'),
    cell(summary, metric, 'site'),
    bandText(findEntry(summary, 'fleet', FLEET, metric, 'accelerators')),
  ]);
  return [
    'Power and energy',
    ...alignedRows([
      ['', 'mean', 'peak interval', '80 % band'],
      [
        'W per accelerator',
        accelerator('mean'),
        accelerator('max'),
        bandText(findEntry(summary, 'fleet', FLEET, 'accelerator_power', 'mean')),
      ],
      ['kW, whole site', kilowatts(summary, 'mean'), kilowatts(summary, 'max'), ''],
    ]),
    ...alignedRows([['', 'accelerators', 'whole site', '80 % band'], ...rows]),
    ...wrapped(`  ${whereItWent(summary, total)}`, columns, 2),
    ...byPool(summary),
  ];
}

function whereItWent(summary: RunSummary, total: number): string {
  const of = (metric: Metric) => value(summary, 'fleet', FLEET, metric, 'total') ?? 0;
  const share = (kWh: number) => percent(total === 0 ? 0 : kWh / total);
  const idle = of('idle_energy');
  const pue = value(summary, 'fleet', FLEET, 'pue', 'mean');
  const lent = of('background_energy');
  const background = lent === 0 ? '' : `; ${share(lent)} background work, all included`;
  return `${figure(total)} kWh in the measured window: ${share(of('accelerator_energy') - idle)} accelerators in steps, ${share(idle)} accelerators between steps, ${share(of('host_energy'))} servers and network, ${share(of('facility_energy'))} cooling and conversion${pue === undefined ? '' : ` (PUE ${figure(pue, 2)})`}${background}.`;
}

function byPool(summary: RunSummary): string[] {
  const pools = scopeNames(summary, 'pool');
  if (pools.length < 2) return [];
  const rows = pools.map((pool) => {
    const watts = (statistic: Statistic) => value(summary, 'pool', pool, 'accelerator_power', statistic);
    const perToken = value(summary, 'pool', pool, 'output_token_energy', 'accelerators');
    return [shortened(pool), ...[watts('mean'), watts('max'), perToken].map((each) => text(each))];
  });
  return alignedRows([['', 'W per accelerator', 'peak interval', 'J per output token'], ...rows]);
}

function kilowatts(summary: RunSummary, statistic: Statistic): string {
  const watts = value(summary, 'fleet', FLEET, 'site_power', statistic);
  return text(watts === undefined ? undefined : watts / WATTS_PER_KW);
}

function text(amount: number | undefined): string {
  return amount === undefined ? UNKNOWN : figure(amount);
}

function cell(summary: RunSummary, metric: Metric, statistic: Statistic): string {
  const entry = findEntry(summary, 'fleet', FLEET, metric, statistic);
  return entry === undefined ? UNKNOWN : withHalfWidth(entry.value, entry.halfWidth95);
}

function value(summary: RunSummary, scope: Scope, name: string, metric: Metric, statistic: Statistic) {
  return findEntry(summary, scope, name, metric, statistic)?.value;
}

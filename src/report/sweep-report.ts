import { fleetValue } from '../results/summary.ts';
import type { CostBasis } from '../sim/money-plan.ts';
import type { LatencyFigure, SweptPoint } from '../results/sweep-file.ts';
import { figure, given } from './figures.ts';
import { JSON_SCHEMA_VERSION, figuresDocument } from './json-document.ts';
import { metricName } from './metric-names.ts';
import { basisOf } from './money.ts';
import { alignedRows, shortened, wrapped } from './table.ts';
import { TERMINAL_COLUMNS } from './terminal.ts';

/** A sweep with all its runs. */
export interface SweepReport {
  readonly scenario: string;
  readonly tokenfleetVersion: string;
  readonly points: readonly SweptPoint[];
  /** The file with every figure. */
  readonly path: string;
  readonly latency: LatencyFigure;
  /** What the dollars of each point stand for; rent where it says nothing of money. */
  readonly costBases: readonly (CostBasis | undefined)[];
}

const UNKNOWN = '–';
/** Of a larger sweep only the front is shown. */
const MOST_SHOWN = 40;
const MOST_WORDS = 5;
const MOST_NAMED = 8;

/** Points with their cost and latency, the front marked: plain text. */
export function sweepReport({ scenario, points, path, latency, costBases }: SweepReport): string {
  const front = points.filter(({ isOnFront }) => isOnFront);
  const isCut = points.length > MOST_SHOWN;
  const shown = isCut ? front.slice(0, MOST_SHOWN) : points;
  const paths = points[0]!.settings.map(({ path: each }) => each);
  const name = metricName({ scope: 'fleet', scopeName: '', ...latency });
  const head = ['', 'point', ...columnNames(paths), `${name}, ms`, 'output tok/s', 'USD/Mtok'];
  const rows = shown.map(({ point, settings, summary, isOnFront }) => [
    isOnFront ? '*' : '',
    String(point),
    ...settings.map(({ value }) => settingText(value)),
    optional(fleetValue(summary, latency.metric, latency.statistic)),
    optional(fleetValue(summary, 'output_tokens', 'rate')),
    optional(fleetValue(summary, 'blended_cost', 'fully_loaded')),
  ]);
  const lines = [
    `${scenario}: ${points.length} points${isCut ? `, of which the ${shown.length} on the front are shown` : ''}`,
    ...alignedRows([head, ...rows]),
    `  *: no other point is as low in both cost and ${name}. USD/Mtok: blended, idle time included.`,
    ...wrapped(`  ${basisOf(shownBases(costBases))}`, TERMINAL_COLUMNS, 4),
    `Every figure of every point: ${path}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Points are many: where they differ, the table has a column or its JSON says which. */
function shownBases(costBases: SweepReport['costBases']) {
  return [...new Set(costBases)].map((costBasis) => {
    const points = [...costBases.keys()].filter((index) => costBases[index] === costBasis).map((index) => index + 1);
    const some = points.slice(0, MOST_NAMED).join(', ');
    return { name: points.length > MOST_NAMED ? `${some}, …` : some, costBasis };
  });
}

/** The ends of paths, as short as tells them apart. */
function columnNames(paths: readonly string[]): readonly string[] {
  const ends = (words: number) => paths.map((path) => path.split('.').slice(-words).join('.'));
  for (let words = 1; words <= MOST_WORDS; words++) {
    if (new Set(ends(words)).size === paths.length) return ends(words);
  }
  return paths;
}

function settingText(value: unknown): string {
  if (typeof value === 'number') return given(value);
  return shortened(typeof value === 'string' ? value : JSON.stringify(value));
}

function optional(value: number | undefined): string {
  return value === undefined ? UNKNOWN : figure(value);
}

/** A sweep for a program: its points, and of each the figures of the fleet. */
export function sweepDocument({ scenario, tokenfleetVersion, points, path, latency, costBases }: SweepReport) {
  return {
    json_schema_version: JSON_SCHEMA_VERSION,
    tokenfleet_version: tokenfleetVersion,
    scenario,
    table: path,
    front_of: ['blended_cost_fully_loaded_usd_per_million_tokens', `${latency.metric}_${latency.statistic}_ms`],
    points: points.map(({ point, settings, seeds, summary, isOnFront }, index) => {
      const fleet = summary.filter(({ scope }) => scope === 'fleet');
      return {
        point,
        settings: Object.fromEntries(settings.map(({ path: each, value }) => [each, value])),
        seeds,
        on_front: isOnFront,
        cost_basis: costBases[index] ?? null,
        ...figuresDocument(fleet),
      };
    }),
  };
}

import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { GRADES } from '../sim/plan.ts';
import { BooleanBuffer, Float64Buffer, Int32Buffer } from './column-buffers.ts';
import { SUMMARY_COLUMNS } from './columns.ts';
import type { Column, ColumnList } from './columns.ts';
import { NameBuffer } from './name-buffer.ts';
import { paretoFront } from './pareto.ts';
import { combineSeeds } from './statistics.ts';
import { NO_BAND, SCOPES, STATISTICS, fleetValue } from './summary.ts';
import type { Metric, RunSummary, Statistic } from './summary.ts';
import { TableFile } from './table-file.ts';
import type { FileIdentity } from './table-file.ts';

export const SWEEP_FILE = 'sweep.arrow';

/** One point of a sweep with what it came to. */
export interface SweptPoint {
  /** From 1. */
  readonly point: number;
  readonly settings: readonly { readonly path: string; readonly value: unknown }[];
  readonly seeds: number;
  /** Over all seeds. */
  readonly summary: RunSummary;
  /** Nothing beats it in both cost and latency. */
  readonly isOnFront: boolean;
}

/** What the front is about, besides cost. */
export interface LatencyFigure {
  readonly metric: Metric;
  readonly statistic: Statistic;
}

/** The points of a sweep with their seeds combined, and the front of cost per token and latency among them. */
export function sweptPoints(
  points: readonly (Pick<SweptPoint, 'point' | 'settings'> & { readonly summaries: readonly RunSummary[] })[],
  latency: LatencyFigure,
): SweptPoint[] {
  const combined = points.map(({ point, settings, summaries }) => ({
    ...{ point, settings },
    seeds: summaries.length,
    summary: summaries.length === 1 ? summaries[0]! : combineSeeds(summaries),
  }));
  const front = paretoFront(
    combined.map(({ summary }) => ({
      x: fleetValue(summary, 'blended_cost', 'fully_loaded'),
      y: fleetValue(summary, latency.metric, latency.statistic),
    })),
  );
  return combined.map((point, index) => ({ ...point, isOnFront: front[index]! }));
}

const name = (meaning: string) => ({ kind: 'name', unit: '', meaning }) as const;
const count = (meaning: string) => ({ kind: 'int32', unit: '', meaning }) as const;
const number = (meaning: string) => ({ kind: 'float64', unit: '', meaning }) as const;

/** sweep.arrow: one row per point and figure; after `point` stands a column for every path that the sweep changes. */
const POINT_COLUMN = { point: count('number of the point in the sweep, from 1') } as const;
const FIGURE_COLUMNS = {
  seeds: count('runs the figure rests on'),
  pareto: { kind: 'boolean', unit: '', meaning: 'no other point has both cost per token and latency as low' },
  scope: name('fleet, region, pool, workload or class'),
  scope_name: name('which one'),
  metric: name('what was measured'),
  statistic: name('how it was condensed'),
  value: number('the figure, in the unit of the column unit'),
  unit: name('unit of the value; 1 for counts and shares'),
  half_width_95: { ...number('half-width of the 95 % confidence interval over seeds'), nullable: true },
  grade: name('the worst grade of the profile numbers the figure rests on'),
  band_80: SUMMARY_COLUMNS.band_80,
  band_basis: SUMMARY_COLUMNS.band_basis,
} as const;

/** Rows held at a time. */
const BATCH_ROWS = 16_384;

/** Write all points into one file, which is there as a whole or not at all. The same points give the same bytes. */
export function writeSweep(path: string, points: readonly SweptPoint[], identity: FileIdentity): number {
  const paths = points[0]!.settings.map((setting) => setting.path);
  const columns = { ...POINT_COLUMN, ...Object.fromEntries(paths.map((each) => [each, settingColumn(points, each)])) };
  const rows = points.flatMap(rowsOf);
  const staging = `${path}.${process.pid}.tmp`;
  rmSync(staging, { force: true });
  const file = new TableFile<ColumnList>(
    staging,
    { ...columns, ...FIGURE_COLUMNS },
    namesOf(rows),
    Math.min(rows.length, BATCH_ROWS),
    identity,
  );
  for (let first = 0; first < rows.length; first += BATCH_ROWS) {
    const batch = rows.slice(first, first + BATCH_ROWS);
    batch.forEach((row, index) => setRow(file, index, row));
    file.writeBatch(batch.length);
  }
  file.close();
  const descriptor = openSync(staging, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(staging, path);
  return rows.length;
}

type Row = Readonly<Record<string, string | number | boolean | undefined>>;

function rowsOf({ point, settings, seeds, summary, isOnFront }: SweptPoint): Row[] {
  const set = Object.fromEntries(settings.map(({ path, value }) => [path, cell(value)]));
  return summary.map((entry) => ({
    ...{ point, ...set, seeds, pareto: isOnFront },
    scope: entry.scope,
    scope_name: entry.scopeName,
    metric: entry.metric,
    statistic: entry.statistic,
    value: entry.value,
    unit: entry.unit,
    half_width_95: entry.halfWidth95,
    grade: entry.grade,
    band_80: entry.band?.halfWidth,
    band_basis: entry.band?.basis ?? NO_BAND,
  }));
}

/** Numbers as they are, everything else as one would write it. */
function cell(value: unknown): string | number {
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
}

function settingColumn(points: readonly SweptPoint[], path: string): Column {
  const isNumber = points.every(({ settings }) => typeof valueOf(settings, path) === 'number');
  const meaning = 'what the sweep sets there';
  return { kind: isNumber ? 'float64' : 'name', unit: '', meaning };
}

function valueOf(settings: SweptPoint['settings'], path: string): unknown {
  return settings.find((setting) => setting.path === path)?.value;
}

/** Every text of every column; of the known ones all there can be, so that the rows do not decide the bytes. */
function namesOf(rows: readonly Row[]): Readonly<Record<string, readonly string[]>> {
  const names = new Map<string, Set<string>>([
    ['scope', new Set(SCOPES)],
    ['statistic', new Set(Object.keys(STATISTICS))],
    ['grade', new Set(GRADES)],
  ]);
  for (const row of rows) {
    for (const [column, value] of Object.entries(row)) {
      const texts = names.get(column) ?? new Set();
      names.set(column, texts.add(String(value)));
    }
  }
  return Object.fromEntries([...names].map(([column, texts]) => [column, [...texts]]));
}

function setRow(file: TableFile<ColumnList>, index: number, row: Row): void {
  for (const [column, buffer] of Object.entries(file.buffers)) {
    const value = row[column];
    if (buffer instanceof NameBuffer) buffer.set(index, String(value));
    else if (buffer instanceof Int32Buffer && typeof value === 'number') buffer.set(index, value);
    else if (buffer instanceof BooleanBuffer && typeof value === 'boolean') buffer.set(index, value);
    else if (!(buffer instanceof Float64Buffer)) throw new Error(`the column ${column} cannot hold ${String(value)}`);
    else if (typeof value === 'number') buffer.set(index, value);
    else buffer.setNull(index);
  }
}

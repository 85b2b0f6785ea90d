import { join } from 'node:path';
import { GRADES } from '../sim/plan.ts';
import { SUMMARY_COLUMNS, fileNameOf } from './columns.ts';
import { columnValues, readTable } from './read.ts';
import { NO_BAND, SCOPES, STATISTICS } from './summary.ts';
import type { Metric, RunSummary, Statistic, SummaryEntry, Unit } from './summary.ts';
import { TableFile } from './table-file.ts';
import type { FileIdentity, WrittenTable } from './table-file.ts';

/** Write summary.arrow into a folder that has none; answers what it has become. */
export function writeSummary(dir: string, summary: RunSummary, identity: FileIdentity): WrittenTable {
  const names = {
    scope: SCOPES,
    scope_name: summary.map((entry) => entry.scopeName),
    metric: summary.map((entry) => entry.metric),
    statistic: Object.keys(STATISTICS),
    unit: summary.map((entry) => entry.unit),
    grade: GRADES,
    band_basis: [NO_BAND, ...summary.flatMap(({ band }) => (band === undefined ? [] : [band.basis]))],
  };
  const path = join(dir, fileNameOf('summary'));
  const file = new TableFile(path, SUMMARY_COLUMNS, names, summary.length, identity);
  const buffers = file.buffers;
  summary.forEach((entry, row) => {
    buffers.scope.set(row, entry.scope);
    buffers.scope_name.set(row, entry.scopeName);
    buffers.metric.set(row, entry.metric);
    buffers.statistic.set(row, entry.statistic);
    buffers.value.set(row, entry.value);
    buffers.unit.set(row, entry.unit);
    if (entry.halfWidth95 === undefined) buffers.half_width_95.setNull(row);
    else buffers.half_width_95.set(row, entry.halfWidth95);
    buffers.grade.set(row, entry.grade);
    if (entry.band?.halfWidth === undefined) buffers.band_80.setNull(row);
    else buffers.band_80.set(row, entry.band.halfWidth);
    buffers.band_basis.set(row, entry.band?.basis ?? NO_BAND);
  });
  file.writeBatch(summary.length);
  return file.close();
}

/** The summary that `writeSummary` left in a folder. */
export function readSummary(dir: string): RunSummary {
  const table = readTable(dir, 'summary');
  const texts = (name: string) => columnValues(table, name).map(String);
  const numbers = (name: string) =>
    columnValues(table, name).map((value) => (value === null ? undefined : Number(value)));
  const scopeNames = texts('scope_name');
  const metrics = texts('metric');
  const statistics = texts('statistic');
  const values = numbers('value');
  const units = texts('unit');
  const halfWidths = numbers('half_width_95');
  const grades = texts('grade');
  const bands = numbers('band_80');
  const bases = texts('band_basis');
  return texts('scope').map((scope, row): SummaryEntry => ({
    scope: oneOf(SCOPES, scope),
    scopeName: scopeNames[row]!,
    // Metrics and units are data of the file: one of another version may have more than we know.
    metric: metrics[row] as Metric,
    statistic: statistics[row] as Statistic,
    value: values[row]!,
    unit: units[row] as Unit,
    halfWidth95: halfWidths[row],
    grade: oneOf(GRADES, grades[row]!),
    ...(bases[row] !== NO_BAND && { band: { halfWidth: bands[row], basis: bases[row]! } }),
  }));
}

function oneOf<Text extends string>(known: readonly Text[], text: string): Text {
  const found = known.find((candidate) => candidate === text);
  if (found === undefined) throw new Error(`"${text}" is none of ${known.join(', ')}`);
  return found;
}

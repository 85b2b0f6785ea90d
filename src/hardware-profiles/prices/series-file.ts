import type { CsvCell, CsvFault } from './csv.ts';
import { csvTable, numberIn } from './csv.ts';

/** A recorded series: each value holds from its moment to the next, the last one for a step. */
export interface RecordedSeries {
  /** Rising, ms since 1970. */
  readonly atMs: readonly number[];
  /** USD/kWh, g/kWh, W, or USD per accelerator and hour. */
  readonly values: readonly number[];
  readonly stepMs: number;
  readonly lastLine: number;
}

export type Quantity = 'price' | 'carbon' | 'power' | 'rent';
export type SeriesReading = { readonly series: RecordedSeries } | { readonly faults: readonly CsvFault[] };

const ZONED = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;
const UNZONED = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const G_PER_LB = 453.59237;

interface Unit {
  readonly pattern: RegExp;
  /** To the unit of the values. */
  readonly factor: number;
}

/** Units as the first line of a file names them, spelt without spaces and signs. */
const UNITS: Readonly<Record<Quantity, readonly Unit[]>> = {
  price: [
    { pattern: /(usd|\$|dollars?)(per)?mwh/, factor: 1e-3 },
    { pattern: /(usd|\$|dollars?)(per)?kwh/, factor: 1 },
  ],
  carbon: [
    { pattern: /lbs?(co2e?)?(eq)?(per)?mwh/, factor: G_PER_LB / 1_000 },
    { pattern: /kg(co2e?)?(eq)?(per)?mwh/, factor: 1 },
    { pattern: /g(co2e?)?(eq)?(per)?kwh/, factor: 1 },
  ],
  power: [
    { pattern: /(megawatts?|mw)$/, factor: 1e6 },
    { pattern: /(kilowatts?|kw)$/, factor: 1e3 },
    { pattern: /(watts?|w)$/, factor: 1 },
  ],
  rent: [{ pattern: /(usd|\$|dollars?)(per)?(accelerator|gpu)?h((ou)?r)?$/, factor: 1 }],
};
const WRITE_UNIT: Readonly<Record<Quantity, string>> = {
  price: 'name a column usd_per_mwh or usd_per_kwh',
  carbon: 'name a column gco2_per_kwh, kg_per_mwh or lbs_per_mwh',
  power: 'name a column watts, kw or mw',
  rent: 'name a column usd_per_accelerator_hour',
};
const UNITS_OF: Readonly<Record<Quantity, string>> = {
  price: 'prices',
  carbon: 'carbon intensity',
  power: 'power',
  rent: 'rent',
};
const VALUE_OF: Readonly<Record<Quantity, string>> = {
  price: 'a price',
  carbon: 'a carbon intensity',
  power: 'a power budget',
  rent: 'a rent',
};

/**
 * A table of moments and values, as grid operators (timestamp, USD/MWh) and carbon services (datetime, gCO2/kWh) publish
 * them, of power budgets (time, watts) or of rents (time, USD per accelerator and hour): the first column is the time with its
 * offset from UTC, or its name says UTC; the first column whose name has a unit of the quantity is taken.
 */
export function readSeries(text: string, quantity: Quantity): SeriesReading {
  const { header, rows, lastLine } = csvTable(text);
  const names = header.map((name) =>
    name
      .toLowerCase()
      .replaceAll('₂', '2')
      .replaceAll(/[\s_/.()[\]-]/g, ''),
  );
  const units = names.map((name) => UNITS[quantity].find(({ pattern }) => pattern.test(name)));
  const column = units.findIndex((unit) => unit !== undefined);
  if (column < 1) {
    const message = `no column has a unit of ${UNITS_OF[quantity]} — ${WRITE_UNIT[quantity]}, after the column of times`;
    return { faults: [{ line: 1, column: 1, message }] };
  }
  if (rows.length < 2) {
    const message = 'a series needs two rows or more, so that its step is known — write one row for each hour';
    return { faults: [{ line: lastLine, column: 1, message }] };
  }
  const faults: CsvFault[] = [];
  const isUtc = names[0]!.includes('utc');
  const moments = rows.map(({ line, cells }) => momentOf(cells[0]!, line, isUtc, faults));
  const values = rows.map(({ line, cells }) => {
    const cell = cells[column] ?? { text: '', column: 1 };
    const value = numberIn(cell);
    if (value === undefined || (quantity !== 'price' && value < 0)) {
      const message = `"${cell.text}" is not ${VALUE_OF[quantity]} — write a number${quantity === 'price' ? '' : ', 0 or more'}`;
      faults.push({ line, column: cell.column, message });
    }
    return (value ?? 0) * units[column]!.factor;
  });
  if (faults.length > 0) return { faults };
  const stepMs = usualStep(moments);
  for (let i = 1; i < moments.length; i++) {
    const fault = stepFault(moments[i - 1]!, moments[i]!, stepMs);
    if (fault !== undefined) faults.push({ line: rows[i]!.line, column: 1, message: fault });
  }
  return faults.length > 0 ? { faults } : { series: { atMs: moments, values, stepMs, lastLine } };
}

function momentOf(cell: CsvCell, line: number, isUtc: boolean, faults: CsvFault[]): number {
  const { text, column } = cell;
  const unzoned = UNZONED.test(text);
  const ms = ZONED.test(text) || (isUtc && unzoned) ? Date.parse(unzoned ? `${text.replace(' ', 'T')}Z` : text) : NaN;
  if (Number.isNaN(ms)) {
    const problem = unzoned ? 'has no offset from UTC' : 'is not a date and time';
    const remedy = unzoned
      ? `write ${text.replace(' ', 'T')}Z or with an offset, or call the column datetime_utc`
      : 'write it such as 2026-06-01T12:00Z';
    faults.push({ line, column, message: `"${text}" ${problem} — ${remedy}` });
    return 0;
  }
  return ms;
}

/** The most frequent one, the shorter of two. */
function usualStep(moments: readonly number[]): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < moments.length; i++) {
    const step = moments[i]! - moments[i - 1]!;
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || a - b)[0]?.[0] ?? 0;
}

function stepFault(previousMs: number, nowMs: number, stepMs: number): string | undefined {
  const now = shownMoment(nowMs);
  const step = shownSpan(stepMs);
  if (nowMs === previousMs) return `${now} is there twice — keep one row for each ${step}`;
  if (nowMs < previousMs) return `${now} is before the row above it — sort the rows by time`;
  if (nowMs - previousMs < stepMs) {
    return `${now} overlaps the row above it, which holds for ${step} — keep one row for each ${step}`;
  }
  if (nowMs - previousMs > stepMs) {
    const from = shownMoment(previousMs + stepMs);
    return `nothing is known from ${from} to ${now} — fill the gap, one row for each ${step}`;
  }
  return undefined;
}

export function shownMoment(ms: number): string {
  return new Date(ms).toISOString().replace(/:00\.000Z$/, 'Z');
}

function shownSpan(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`;
}

import { readFileSync } from 'node:fs';
import type { Grade } from '../../sim/plan.ts';
import type { CsvTable } from './csv.ts';
import { csvTable } from './csv.ts';
import type { RentEntry } from './price-book.ts';
import { readPriceBook } from './price-book.ts';
import type { Quantity } from './series-file.ts';

/** A place whose electricity is known. */
export interface Site {
  readonly name: string;
  /** As in the IANA database. */
  readonly timeZone: string;
  readonly usdPerKWh: number;
  readonly pue: number;
  readonly gramsPerKWh: number;
  readonly priceShape: string;
  readonly carbonShape: string;
  readonly source: string;
  readonly grade: Grade;
}

/** How a quantity goes through the day. */
export interface DayShape {
  readonly name: string;
  readonly quantity: Quantity;
  /** Where it was observed: USD/MWh or g/kWh. */
  readonly mean: number;
  /** By hour of the local day, around 1. */
  readonly hours: readonly number[];
  readonly source: string;
  readonly grade: Grade;
}

/** What a provider asks, USD per million tokens. */
export interface ListPrice {
  readonly name: string;
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly date: string;
  readonly source: string;
  readonly grade: Grade;
}

/** The price book of the program. */
export function loadRents(): readonly RentEntry[] {
  const reading = readPriceBook(textOf('rents.csv'));
  if ('faults' in reading) throw new Error(`rents.csv: ${JSON.stringify(reading.faults)}`);
  return reading.entries;
}

export function loadSites(): readonly Site[] {
  return records('sites.csv').map((record) => ({
    name: record['site']!,
    timeZone: record['time_zone']!,
    usdPerKWh: Number(record['usd_per_kwh']),
    pue: Number(record['pue']),
    gramsPerKWh: Number(record['g_per_kwh']),
    priceShape: record['price_shape']!,
    carbonShape: record['carbon_shape']!,
    source: record['source']!,
    grade: record['grade'] as Grade,
  }));
}

export function loadShapes(): readonly DayShape[] {
  return records('shapes.csv').map((record) => ({
    name: record['shape']!,
    quantity: record['quantity'] as Quantity,
    mean: Number(record['mean']),
    hours: Array.from({ length: 24 }, (_, hour) => Number(record[`h${String(hour).padStart(2, '0')}`])),
    source: record['source']!,
    grade: record['grade'] as Grade,
  }));
}

/** Where a list says nothing of cached tokens or of writes, they cost as much as any input. */
export function loadListPrices(): readonly ListPrice[] {
  return records('tariffs.csv').map((record) => {
    const input = Number(record['usd_per_mtok_input']);
    const orInput = (text: string | undefined) => (text === undefined || text === '' ? input : Number(text));
    return {
      name: record['tariff']!,
      input,
      cached: orInput(record['usd_per_mtok_cached']),
      cacheWrite: orInput(record['usd_per_mtok_cache_write']),
      output: Number(record['usd_per_mtok_output']),
      date: record['date']!,
      source: record['source']!,
      grade: record['grade'] as Grade,
    };
  });
}

function records(file: string): Readonly<Record<string, string>>[] {
  const { header, rows }: CsvTable = csvTable(textOf(file));
  return rows.map(({ cells }) => Object.fromEntries(header.map((name, index) => [name, cells[index]?.text ?? ''])));
}

function textOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

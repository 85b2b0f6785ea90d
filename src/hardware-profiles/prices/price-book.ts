import { GRADES } from '../../sim/plan.ts';
import type { Grade } from '../../sim/plan.ts';
import type { CsvCell, CsvFault, CsvRow } from './csv.ts';
import { csvTable, numberIn } from './csv.ts';

export const CONTRACTS = ['on-demand', 'reserve', 'spot'] as const;
export type Contract = (typeof CONTRACTS)[number];

/** One line of a price book: what an accelerator rents for. */
export interface RentEntry {
  readonly accelerator: string;
  /** `any` where the price does not depend on it. */
  readonly region: string;
  readonly contract: Contract;
  /** 0 without a term. */
  readonly termYears: number;
  readonly usdPerAcceleratorHour: number;
  /** When it was asked: YYYY-MM-DD. */
  readonly date: string;
  /** Empty where the book does not say. */
  readonly source: string;
  readonly grade: Grade;
}

export type PriceBookReading = { readonly entries: readonly RentEntry[] } | { readonly faults: readonly CsvFault[] };

export const ANY_REGION = 'any';
const COLUMNS = ['accelerator', 'region', 'contract', 'term_years', 'usd_per_accelerator_hour', 'date'] as const;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Columns by their names in any order; `source` and `grade` (default: estimated) may stand beside them. */
export function readPriceBook(text: string): PriceBookReading {
  const { header, rows, lastLine } = csvTable(text);
  const missing = COLUMNS.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    const message = `a price book needs the column${missing.length === 1 ? '' : 's'} ${missing.join(', ')} — the first line names them: ${COLUMNS.join(',')}`;
    return { faults: [{ line: 1, column: 1, message }] };
  }
  if (rows.length === 0) {
    return {
      faults: [{ line: lastLine, column: 1, message: 'the price book has no prices — write one line for each' }],
    };
  }
  const faults: CsvFault[] = [];
  const entries = rows.map((row) => entryOf(row, header, faults));
  return faults.length > 0 ? { faults } : { entries };
}

function entryOf(row: CsvRow, header: readonly string[], faults: CsvFault[]): RentEntry {
  const cell = (name: string): CsvCell => row.cells[header.indexOf(name)] ?? { text: '', column: 1 };
  const wrong = ({ column }: CsvCell, message: string) => faults.push({ line: row.line, column, message });
  const amount = (name: string, what: string): number => {
    const value = numberIn(cell(name));
    if (value === undefined) wrong(cell(name), `"${cell(name).text}" is not ${what} — write a number`);
    else if (value < 0) wrong(cell(name), `${what} cannot be negative, found ${value} — write 0 or more`);
    return value ?? 0;
  };
  if (cell('accelerator').text === '') wrong(cell('accelerator'), 'the accelerator is missing — write its name');
  const contract = CONTRACTS.find((known) => known === cell('contract').text);
  if (contract === undefined) {
    wrong(cell('contract'), `unknown contract "${cell('contract').text}" — write one of ${CONTRACTS.join(', ')}`);
  }
  const termYears = cell('term_years').text === '' ? 0 : amount('term_years', 'a term in years');
  const usdPerAcceleratorHour = amount('usd_per_accelerator_hour', 'a price in USD per hour');
  if (!DATE.test(cell('date').text)) {
    wrong(cell('date'), `"${cell('date').text}" is not a date — write it such as 2026-05-31`);
  }
  return {
    accelerator: cell('accelerator').text,
    region: cell('region').text === '' ? ANY_REGION : cell('region').text,
    contract: contract ?? 'on-demand',
    termYears,
    usdPerAcceleratorHour,
    date: cell('date').text,
    source: cell('source').text,
    grade: GRADES.find((known) => known === cell('grade').text) ?? 'estimated',
  };
}

import type { SeriesPlan } from '../sim/money-plan.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { faultProblems } from './file-faults.ts';
import type { MoneySources } from './money.ts';
import type { Quantity } from './price-catalogue.ts';
import { constantSeries, recordedSeries } from './price-series.ts';
import type { Path, Problem } from './problem.ts';
import { pathFrom, textOf, unreadable } from './text-files.ts';

/** What is wrong with files, where they are named and in themselves. */
export interface WrongFiles {
  readonly findings: Finding[];
  readonly problems: Problem[];
}

interface SeriesFile {
  readonly quantity: Quantity;
  readonly path: string;
  /** Where the scenario names it. */
  readonly at: Path;
  readonly start: string;
  readonly horizon: number;
}

/** A recorded series over the run. @param wrong where to say what is wrong with its file */
export function fileSeries(
  { quantity, path, at, start, horizon }: SeriesFile,
  { catalogue, files, file }: MoneySources,
  wrong: WrongFiles,
  change?: (value: number) => number,
): SeriesPlan {
  const where = pathFrom(file, path);
  try {
    const reading = catalogue.prices.readSeries(textOf(files, where, 'a series'), quantity);
    if ('faults' in reading) {
      wrong.problems.push(...faultProblems(where, reading.faults));
      return constantSeries(0);
    }
    const series = recordedSeries(reading.series, start, horizon, change);
    if (!('message' in series)) return series;
    wrong.problems.push(...faultProblems(where, [{ line: series.line, column: 1, message: series.message }]));
  } catch (error) {
    wrong.findings.push(finding(at, unreadable(where, error, quantity, 'CSV file')));
  }
  return constantSeries(0);
}

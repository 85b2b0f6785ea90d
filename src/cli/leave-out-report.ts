import { figure } from '../report/figures.ts';
import { alignedRows, wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import type { Aggregate } from '../validation/errors.ts';
import type { LeaveOut } from '../validation/leave-out.ts';
import { columnName } from '../validation/metrics.ts';

/** How far off cases are that coefficients were not fitted to, for a person. */
export function leaveOutReport(result: LeaveOut): string {
  const columns = columnsOf(result);
  const head = ['', '', 'cases', ...columns.map(({ title }) => title)];
  const rows = result.asTheyAre.map((row) => [
    row.suite,
    columnName(row.metric),
    String(row.cases),
    ...columns.map(({ aggregates }) => {
      const same = aggregates.find(({ suite, metric }) => suite === row.suite && metric === row.metric);
      return same === undefined
        ? ''
        : [same.meanApePct, same.medianApePct, same.p90ApePct].map((value) => figure(value, 1)).join(' ');
    }),
  ]);
  const moved = result.coefficients.map(({ name, present, refitted }) => [
    name,
    figure(present, 4),
    figure(refitted, 4),
  ]);
  const lines = [
    `Absolute percentage error of ${result.cases} cases: mean, median, p90`,
    ...alignedRows([head, ...rows], 2),
    ...wrapped(
      '  refitted: coefficients from all of these cases; without: from those that have another value of the tag.',
      TERMINAL_COLUMNS,
      2,
    ),
    '',
    'Coefficients',
    ...alignedRows([['', 'profile', 'refitted'], ...moved], 1),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for a program; docs/cli.md describes every key. */
export function leaveOutDocument(result: LeaveOut): object {
  return {
    cases: result.cases,
    aggregate: columnsOf(result).flatMap(({ key, aggregates }) =>
      aggregates.map(({ suite, metric, cases, meanApePct, medianApePct, p90ApePct }) => ({
        coefficients: key,
        suite,
        metric: columnName(metric),
        cases,
        mean_ape_pct: meanApePct,
        median_ape_pct: medianApePct,
        p90_ape_pct: p90ApePct,
      })),
    ),
    coefficients: result.coefficients.map(({ name, present, refitted }) => ({
      coefficient: name,
      profile: present,
      refitted,
    })),
  };
}

interface Column {
  readonly key: string;
  readonly title: string;
  readonly aggregates: readonly Aggregate[];
}

function columnsOf({ asTheyAre, refitted, leftOut }: LeaveOut): Column[] {
  return [
    { key: 'profiles', title: 'profiles', aggregates: asTheyAre },
    { key: 'refitted', title: 'refitted', aggregates: refitted },
    ...leftOut.map(({ tag, aggregates }) => ({ key: `without ${tag}`, title: `without its ${tag}`, aggregates })),
  ];
}

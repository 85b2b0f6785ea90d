import { figure } from '../report/figures.ts';
import { alignedRows, wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import { groupsOf } from '../validation/errors.ts';
import type { Comparison } from '../validation/errors.ts';
import { columnName } from '../validation/metrics.ts';
import type { CaseOutcome, Validation } from '../validation/validate.ts';

/** Cases of a suite and metric that are shown for being furthest off. */
const WORST_SHOWN = 3;
/** Of reasons that many cases share, how many cases are named. */
const NAMED_CASES = 2;

/** What `--json` prints. */
export function validationDocument({ aggregates, cases, sweeps }: Validation): object {
  return {
    aggregate: aggregates.map(({ suite, metric, cases: count, meanApePct, medianApePct, p90ApePct }) => ({
      suite,
      metric: columnName(metric),
      cases: count,
      mean_ape_pct: meanApePct,
      median_ape_pct: medianApePct,
      p90_ape_pct: p90ApePct,
    })),
    cases: [
      ...cases.map((outcome) => ({
        suite: outcome.given.suite,
        case: outcome.given.id,
        status: outcome.status,
        ...(outcome.status === 'compared' ? { replayed: outcome.replayed } : { reason: outcome.reason }),
        tags: outcome.given.tags ?? {},
        source: outcome.given.source,
        metrics: outcome.status === 'compared' ? outcome.comparisons.map(metricDocument) : [],
      })),
      ...sweeps.map((sweep) => ({
        suite: sweep.suite,
        case: sweep.id,
        status: 'compared',
        metrics: [metricDocument(sweep)],
      })),
    ],
  };
}

function metricDocument({ metric, measured, simulated, errorPct }: Comparison): object {
  return { metric: columnName(metric), measured, simulated, error_pct: errorPct };
}

/** The same for people: every case, then the suites, then what was left out and why. */
export function validationReport(validation: Validation): string {
  const sections = [
    ...caseSections(validation),
    ['Absolute percentage error, by suite', ...aggregateRows(validation)],
    ['Furthest off', ...worstRows(validation)],
    ...leftOut(validation.cases),
    [countLine(validation.cases)],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function comparisonsOf({ cases, sweeps }: Validation): Comparison[] {
  return [...cases.flatMap((outcome) => (outcome.status === 'compared' ? outcome.comparisons : [])), ...sweeps];
}

function caseSections(validation: Validation): string[][] {
  return groupsOf(comparisonsOf(validation), ({ suite }) => suite).map((ofSuite) => {
    const metrics = [...new Set(ofSuite.map(({ metric }) => metric))];
    const rows = groupsOf(ofSuite, ({ id }) => id).map((ofCase) => [
      ofCase[0]!.id,
      ...metrics.map((metric) => signed(ofCase.find((comparison) => comparison.metric === metric)?.errorPct)),
    ]);
    return [`${ofSuite[0]!.suite}: simulated over measured, %`, ...alignedRows([['', ...metrics], ...rows])];
  });
}

function aggregateRows({ aggregates }: Validation): string[] {
  const head = ['', '', 'cases', 'mean %', 'median %', 'p90 %', 'bias %'];
  const rows = aggregates.map(({ suite, metric, cases, meanApePct, medianApePct, p90ApePct, biasPct }) => [
    suite,
    metric,
    String(cases),
    ...[meanApePct, medianApePct, p90ApePct].map((value) => figure(value, 1)),
    signed(biasPct),
  ]);
  return [
    ...alignedRows([head, ...rows], 2),
    '  bias: mean of the signed errors; above 0, the simulation is too high.',
  ];
}

function worstRows(validation: Validation): string[] {
  const rows = groupsOf(comparisonsOf(validation), ({ suite, metric }) => `${suite} ${metric}`).flatMap((alike) =>
    alike
      .toSorted((a, b) => Math.abs(b.errorPct) - Math.abs(a.errorPct))
      .slice(0, WORST_SHOWN)
      .map(({ suite, metric, id, measured, simulated, errorPct }) => [
        suite,
        metric,
        id,
        figure(measured),
        figure(simulated),
        signed(errorPct),
      ]),
  );
  return alignedRows([['', '', '', 'measured', 'simulated', 'error %'], ...rows], 3);
}

/** Once for each reason, with the number of cases it holds for. */
function leftOut(cases: readonly CaseOutcome[]): string[][] {
  return (['excluded', 'skipped', 'failed'] as const).flatMap((status) => {
    const those = cases.flatMap((outcome) => (outcome.status === status ? [outcome] : []));
    if (those.length === 0) return [];
    const reasons = groupsOf(those, ({ given, reason }) => `${given.suite} ${reason}`).flatMap((alike) => {
      const { given, reason } = alike[0]!;
      const named = alike.slice(0, NAMED_CASES).map((outcome) => outcome.given.id);
      const more = alike.length > named.length ? ', …' : '';
      return wrapped(`  ${given.suite}, ${alike.length}: ${reason} (${named.join(', ')}${more})`, TERMINAL_COLUMNS, 4);
    });
    return [[`${status[0]!.toUpperCase()}${status.slice(1)}`, ...reasons]];
  });
}

function countLine(cases: readonly CaseOutcome[]): string {
  const count = (status: CaseOutcome['status']) => cases.filter((outcome) => outcome.status === status).length;
  const replayed = cases.filter((outcome) => outcome.status === 'compared' && outcome.replayed).length;
  const parts = [`${count('compared')} cases compared`, ...(replayed > 0 ? [`${replayed} of them replayed`] : [])];
  return `${[...parts, `${count('excluded')} excluded`, `${count('skipped')} skipped`, `${count('failed')} failed`].join(', ')}.`;
}

function signed(value: number | undefined): string {
  if (value === undefined) return '';
  const text = figure(Math.abs(value), 1);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

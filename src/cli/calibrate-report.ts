import { alignedRows, wrapped } from '../report/table.ts';
import { figure } from '../report/figures.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import { COEFFICIENT_NAMES } from '../validation/calibration-coefficients.ts';
import type { Coefficient } from '../validation/calibration-coefficients.ts';
import type { Calibration, Residual } from '../validation/calibration-fit.ts';
import { loadText } from '../validation/calibration-points.ts';
import { groupsOf } from '../validation/errors.ts';
import { columnName } from '../validation/metrics.ts';

const NAMES: Readonly<Record<Coefficient, string>> = {
  weightReads: 'reading weights',
  kvReads: 'reading the KV cache',
  compute: 'computing',
  links: 'exchange between accelerators',
  layerFloor: 'small kernels of a layer',
};

/** What the fit found and how far off it is, for a person. */
export function calibrationReport({ factors, informed, residuals }: Calibration, profile: string): string {
  const changed = COEFFICIENT_NAMES.map((name) => [
    NAMES[name],
    figure(factors[name], 3),
    informed[name] ? 'measured' : 'estimated: the points hardly tell',
  ]);
  const rows = residuals.map((each) => [
    `${each.point.at}: ${loadText(each.point)}`,
    columnName(each.metric),
    figure(each.measured),
    ...[each.before, each.after, each.leftOut].map(signedPct),
  ]);
  const lines = [
    'Time, relative to the profile that was started from',
    ...alignedRows(changed, 1),
    '',
    'Error of each point, %',
    ...alignedRows([['', '', 'measured', 'before', 'after', 'left out'], ...rows], 2),
    '',
    'Mean absolute error, %',
    ...alignedRows([['', 'points', 'before', 'after', 'left out'], ...means(residuals)]),
    ...wrapped(
      '  left out: with coefficients from all other loads, so as a load would come out that was not measured.',
      TERMINAL_COLUMNS,
      2,
    ),
    ...(isWorse(residuals) ? ['', ...wrapped(WARNING, TERMINAL_COLUMNS)] : []),
    '',
    `Profile: ${profile} (a scenario names it as \`accelerator: ${profile}\`)`,
  ];
  return `${lines.join('\n')}\n`;
}

const WARNING =
  'Warning: loads that are left out come out worse than with the profile that was started from. The points contradict each other or the model; keep the original, or measure more.';

/** The same for a program; docs/cli.md describes every key. */
export function calibrationDocument({ factors, informed, residuals }: Calibration, profile: string): object {
  return {
    profile,
    coefficients: COEFFICIENT_NAMES.map((name) => ({
      coefficient: name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      time_factor: factors[name],
      grade: informed[name] ? 'measured' : 'estimated',
    })),
    points: residuals.map(({ point, metric, measured, before, after, leftOut }) => ({
      point: point.at,
      metric: columnName(metric),
      measured,
      error_before_pct: 100 * before,
      error_pct: 100 * after,
      error_left_out_pct: 100 * leftOut,
    })),
  };
}

function means(residuals: readonly Residual[]): string[][] {
  return groupsOf(residuals, ({ metric }) => metric).map((alike) => [
    columnName(alike[0]!.metric),
    String(alike.length),
    ...(['before', 'after', 'leftOut'] as const).map((key) => figure(100 * meanOf(alike, key), 1)),
  ]);
}

function isWorse(residuals: readonly Residual[]): boolean {
  return meanOf(residuals, 'leftOut') > meanOf(residuals, 'before');
}

function meanOf(residuals: readonly Residual[], key: 'before' | 'after' | 'leftOut'): number {
  return residuals.reduce((sum, each) => sum + Math.abs(each[key]), 0) / residuals.length;
}

function signedPct(share: number): string {
  const text = figure(Math.abs(100 * share), 1);
  return Number(text) === 0 ? text : `${share < 0 ? '−' : '+'}${text}`;
}

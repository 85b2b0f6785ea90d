import { describe, expect, test } from 'vitest';
import { compareRuns, headlineHalfWidths } from '../../src/results/comparison.ts';
import type { ComparedRuns, FigureDifference } from '../../src/results/comparison.ts';
import { FLEET } from '../../src/results/summary.ts';
import type { Metric, RunSummary, Scope, Statistic } from '../../src/results/summary.ts';
import { Mm1 } from './mm1.ts';

type Row = readonly [metric: Metric, statistic: Statistic, value: number, scope?: Scope];

function summary(...rows: readonly Row[]): RunSummary {
  return rows.map(([metric, statistic, value, scope = 'fleet']) => ({
    scope,
    scopeName: scope === 'fleet' ? FLEET : 'desk',
    metric,
    statistic,
    value,
    unit: 'ms',
    halfWidth95: undefined,
    grade: 'measured',
  }));
}

/** A run for each value of one figure. */
const runsOf = (name: string, values: readonly number[], metric: Metric = 'ttft', statistic: Statistic = 'p99') => ({
  name,
  summaries: values.map((value) => summary([metric, statistic, value])),
});

function only(baseline: ComparedRuns, variant: ComparedRuns): FigureDifference {
  const { figures } = compareRuns([baseline, variant]).variants[0]!;
  expect(figures).toHaveLength(1);
  return figures[0]!;
}

describe('a figure', () => {
  const baseline = runsOf('a', [100, 200, 150, 120]);

  test('that is lower with every seed alike is lower, however far the seeds are apart', () => {
    const figure = only(baseline, runsOf('b', [69, 140, 104, 84]));

    expect(figure.verdict).toBe('lower');
    expect(figure.baseline.value).toBe(142.5);
    expect(figure.paired.difference.value).toBe(99.25 - 142.5);
    expect(figure.paired.relative!.value).toBeCloseTo(99.25 / 142.5 - 1, 12);
    // The spread of the seeds cancels: it is ten times that of the difference relative to the baseline.
    expect(figure.paired.relative!.halfWidth95!).toBeLessThan(figure.baseline.halfWidth95! / 142.5 / 10);
  });

  test('that is higher with some seeds and lower with others does not differ', () => {
    expect(only(baseline, runsOf('b', [110, 190, 160, 115])).verdict).toBe('no difference');
  });

  test('that is the same with every seed is equal, and no hypothesis', () => {
    expect(only(baseline, runsOf('b', [100, 200, 150, 120]))).toMatchObject({ verdict: 'equal', adjustedP: undefined });
  });

  test('of one seed is not judged', () => {
    expect(only(runsOf('a', [1]), runsOf('b', [2])).verdict).toBe('one seed');
  });

  test('that one of them lacks is left out, and rests on the seeds that have it', () => {
    const a = { name: 'a', summaries: [summary(['ttft', 'p99', 1], ['tpot', 'p99', 1]), summary(['ttft', 'p99', 3])] };
    const b = { name: 'b', summaries: [summary(['ttft', 'p99', 2]), summary()] };
    const { figures } = compareRuns([a, b]).variants[0]!;

    expect(figures.map(({ metric, paired }) => [metric, paired.pairs])).toEqual([['ttft', 1]]);
  });

  test('that the scenario asks for is not compared', () => {
    expect(
      compareRuns([runsOf('a', [1, 2], 'slo_attainment', 'target'), runsOf('b', [3, 4], 'slo_attainment', 'target')])
        .variants[0]!.figures,
    ).toEqual([]);
  });
});

describe('Holm’s correction', () => {
  const noisy = (offset: number) => [100, 104, 99, 103].map((value, i) => value + offset * [1, 1.1, 0.9, 1.2][i]!);
  const runs = (name: string, rows: (seed: number) => readonly Row[]): ComparedRuns => ({
    name,
    summaries: [0, 1, 2, 3].map((seed) => summary(...rows(seed))),
  });

  test('counts a figure and its multiples once: a rate, its total, the only pool', () => {
    const rows = (values: readonly number[]) => (seed: number) =>
      [
        ['served_requests', 'rate', values[seed]!],
        ['served_requests', 'total', 900 * values[seed]!],
        ['served_requests', 'rate', values[seed]!, 'pool'],
      ] as const;
    const { figures } = compareRuns([runs('a', rows(noisy(0))), runs('b', rows(noisy(3)))]).variants[0]!;

    expect(figures).toHaveLength(3);
    for (const { adjustedP, paired } of figures) expect(adjustedP).toBe(paired.p);
  });

  test('holds figures apart whose differences are proportional and whose baselines are not: each has its own p', () => {
    const [before, after] = [noisy(0), noisy(3)];
    const rows = (values: readonly number[]) => (seed: number) =>
      [
        ['ttft', 'p99', values[seed]!],
        ['ttft', 'p50', values[seed]! + 1_000 * seed],
      ] as const;
    const { figures } = compareRuns([runs('a', rows(before)), runs('b', rows(after))]).variants[0]!;
    const [first, second] = figures.map(({ paired }) => paired.p!);
    const [least, most] = [Math.min(first!, second!), Math.max(first!, second!)];

    expect(least).not.toBe(most);
    expect(figures.map(({ adjustedP }) => adjustedP)).toEqual(
      [first!, second!].map((p) => (p === least ? 2 * least : Math.max(2 * least, most))),
    );
  });

  test('counts every variant, and the headlines apart from the rest', () => {
    const rows = (values: readonly number[]) => (seed: number) =>
      [
        ['ttft', 'p99', values[seed]!],
        ['queue', 'p99', values[seed]! * (seed + 1)],
      ] as const;
    const { variants } = compareRuns([
      runs('a', rows(noisy(0))),
      runs('b', rows(noisy(3))),
      runs('c', rows(noisy(-2))),
    ]);
    const headlines = variants.map(({ figures }) => figures[0]!);

    expect(headlines.map(({ isHeadline }) => isHeadline)).toEqual([true, true]);
    expect(variants.map(({ figures }) => figures[1]!.isHeadline)).toEqual([false, false]);
    expect(Math.min(...headlines.map(({ adjustedP }) => adjustedP!))).toBe(
      2 * Math.min(...headlines.map(({ paired }) => paired.p!)),
    );
  });
});

describe('a difference that the model may be further off than', () => {
  const [a, b] = [runsOf('a', [100, 101, 99]), runsOf('b', [90, 91, 89])];
  const errorsOf = (systems: Readonly<Record<string, string>>) => (variant: string) => [
    { system: systems[variant]!, share: 1, relativeHalfWidth95: 0.2 },
  ];

  test('is not decided between different hardware', () => {
    const [figure] = compareRuns([a, b], errorsOf({ a: 'h100', b: 'b200' })).variants[0]!.figures;

    expect(figure!.verdict).toBe('not decided');
    expect(figure!.decisionHalfWidth95).toBeCloseTo(Math.hypot(20, 18), 2);
  });

  test('is decided between policies on the same', () => {
    const [figure] = compareRuns([a, b], errorsOf({ a: 'h100', b: 'h100' })).variants[0]!.figures;

    expect(figure!.verdict).toBe('lower');
  });
});

test('among ten variants that differ by nothing but chance, a false verdict is rare: below 5 % of 500 comparisons', () => {
  let wrong = 0;
  for (let seed = 1; seed <= 500; seed++) {
    const queue = new Mm1(0.001, seed);
    const value = () => Array.from({ length: 20 }, () => queue.next()).reduce((sum, time) => sum + time, 0);
    const runs = Array.from({ length: 11 }, (_, arm) => runsOf(`arm ${arm}`, Array.from({ length: 8 }, value)));
    const verdicts = compareRuns(runs).variants.flatMap(({ figures }) => figures.map(({ verdict }) => verdict));
    if (verdicts.some((verdict) => verdict !== 'no difference')) wrong++;
  }

  // 5 % and three standard errors of 500.
  expect(wrong / 500).toBeLessThan(0.08);
});

test('the stopping rule looks at headline differences relative to the baseline', () => {
  const comparison = compareRuns([runsOf('a', [100, 100, 100]), runsOf('b', [101, 102, 103])]);

  expect(headlineHalfWidths(comparison)).toEqual([comparison.variants[0]!.figures[0]!.paired.relative!.halfWidth95]);
  expect(
    headlineHalfWidths(compareRuns([runsOf('a', [1, 2], 'rent', 'total'), runsOf('b', [2, 4], 'rent', 'total')])),
  ).toEqual([]);
});

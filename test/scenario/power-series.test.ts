import { describe, expect, test } from 'vitest';
import { changed, filesOf, scenarioOf, told } from './support.ts';

/** The good scenario begins at 08:00-04:00 and lasts a quarter of an hour; its site draws 15.0 kW idle. */
const text = (domain: string) => changed(['slos:', `power: { kind: uniform-cap, domains: [${domain}] }\nslos:`]);
const FROM_FILE = '{ level: site, file: budget.csv }';
const problems = (csv: string) => told(text(FROM_FILE), 'desk.yaml', filesOf({ 'budget.csv': csv }));
const rows = (...lines: readonly string[]) =>
  `time,watts\n${lines.map((line) => `2026-06-01T12:${line}`).join('\n')}\n`;

const MINUTE_NS = 60e9;

test('a budget from a file begins at the start of the scenario and changes where a row does', () => {
  const csv = rows('00Z,40000', '05Z,30000', '10Z,35000');
  const { power } = scenarioOf(text(FROM_FILE), 'desk.yaml', filesOf({ 'budget.csv': csv }));
  expect(power!.domains[0]!.budget).toEqual([
    { fromNs: 0, watts: 40_000 },
    { fromNs: 5 * MINUTE_NS, watts: 30_000 },
    { fromNs: 10 * MINUTE_NS, watts: 35_000 },
  ]);
});

test('rows before the start count up to it, and a column may be in kW', () => {
  const csv = 'time,limit_kw\n2026-06-01T11:50Z,50\n2026-06-01T11:57Z,40\n2026-06-01T12:04Z,30\n2026-06-01T12:11Z,20\n';
  const { power } = scenarioOf(text(FROM_FILE), 'desk.yaml', filesOf({ 'budget.csv': csv }));
  expect(power!.domains[0]!.budget).toEqual([
    { fromNs: 0, watts: 40_000 },
    { fromNs: 4 * MINUTE_NS, watts: 30_000 },
    { fromNs: 11 * MINUTE_NS, watts: 20_000 },
  ]);
});

describe('what the user hears of a budget from a file', () => {
  test('a gap, an overlap, a row twice, rows out of order', () => {
    const csv = rows('00Z,40000', '05Z,40000', '15Z,40000', '17Z,40000', '17Z,40000', '16Z,40000', '21Z,40000');
    expect(problems(csv)).toMatchInlineSnapshot(`
      "budget.csv:4:1
          nothing is known from 2026-06-01T12:10Z to 2026-06-01T12:15Z — fill the gap, one row for each 5 min
      budget.csv:5:1
          2026-06-01T12:17Z overlaps the row above it, which holds for 5 min — keep one row for each 5 min
      budget.csv:6:1
          2026-06-01T12:17Z is there twice — keep one row for each 5 min
      budget.csv:7:1
          2026-06-01T12:16Z is before the row above it — sort the rows by time

      4 problems; nothing was simulated."
    `);
  });

  test('a negative budget, and one that is no number', () => {
    expect(problems(rows('00Z,-40000', '05Z,forty', '10Z,40000'))).toMatchInlineSnapshot(`
      "budget.csv:2:19
          "-40000" is not a power budget — write a number, 0 or more
      budget.csv:3:19
          "forty" is not a power budget — write a number, 0 or more

      2 problems; nothing was simulated."
    `);
  });

  test('a file that begins late, and one that ends early', () => {
    expect(problems(rows('05Z,40000', '10Z,40000', '15Z,40000'))).toMatchInlineSnapshot(`
      "budget.csv:2:1
          the series begins at 2026-06-01T12:05Z, after the start of the scenario at 2026-06-01T12:00Z — add the rows before

      1 problem; nothing was simulated."
    `);
    expect(problems(rows('00Z,40000', '05Z,40000'))).toMatchInlineSnapshot(`
      "budget.csv:3:1
          the series ends at 2026-06-01T12:10Z, before the horizon at 2026-06-01T12:15Z — add rows, or shorten the horizon

      1 problem; nothing was simulated."
    `);
  });

  test('no column of power, and no file', () => {
    expect(problems('time,price\n2026-06-01T12:00Z,3\n')).toMatchInlineSnapshot(`
      "budget.csv:1:1
          no column has a unit of power — name a column watts, kw or mw, after the column of times

      1 problem; nothing was simulated."
    `);
    expect(told(text(FROM_FILE))).toMatchInlineSnapshot(`
      "desk.yaml:14:60  power.domains[0].file
          there is no power file at budget.csv — a path in a scenario is relative to it

      1 problem; nothing was simulated."
    `);
  });

  test('a budget of the file that idle accelerators pass', () => {
    expect(problems(rows('00Z,40000', '05Z,9000', '10Z,40000'))).toMatchInlineSnapshot(`
      "desk.yaml:14:39  power.domains[0]
          virginia: the budget of 9.00 kW from 300 s on is below the 15.0 kW that it draws idle, with 32 accelerators — no policy can keep it: raise the budget or take accelerators away

      1 problem; nothing was simulated."
    `);
  });

  test('a budget beside the file, or windows', () => {
    expect(told(text('{ level: site, kW: 40, file: budget.csv }'))).toMatchInlineSnapshot(`
      "desk.yaml:14:68  power.domains[0].file
          the budget is given twice, by kW and file — keep one
      desk.yaml:14:68  power.domains[0].file
          there is no power file at budget.csv — a path in a scenario is relative to it

      2 problems; nothing was simulated."
    `);
    const windows = 'windows: [{ from: 1min, to: 2min, share: 0.9 }]';
    expect(
      told(
        text(`{ level: site, file: budget.csv, ${windows} }`),
        'desk.yaml',
        filesOf({ 'budget.csv': rows('00Z,4') }),
      ),
    ).toMatchInlineSnapshot(`
      "desk.yaml:14:81  power.domains[0].windows
          windows are parts of a constant budget — write them into the file
      budget.csv:2:1
          a series needs two rows or more, so that its step is known — write one row for each hour

      2 problems; nothing was simulated."
    `);
  });
});

import { describe, expect, test } from 'vitest';
import { changed, filesOf, GOOD, told } from './support.ts';

const DESK = '{ name: desk, template: h100-70b, instances: 8 }';
const pool = (procurement: string) => [DESK, DESK.replace(' }', `, procurement: ${procurement} }`)] as const;
const region = (keys: string) => ['    pue: 1.15\n', `    pue: 1.15\n    ${keys}\n`] as const;
const prices = (csv: string) =>
  told(changed(region('electricity: { file: lmp.csv }')), 'desk.yaml', filesOf({ 'lmp.csv': csv }));
const rows = (...times: string[]) =>
  `timestamp,usd_per_mwh\n${times.map((time) => `2026-06-01T${time}Z,30\n`).join('')}`;

describe('what the user hears of money', () => {
  test('a life that is negative', () => {
    expect(told(changed(pool('{ kind: own, lifeYears: -3 }')))).toMatchInlineSnapshot(`
      "desk.yaml:11:94  regions[0].pools[0].procurement.lifeYears
          must be above 0, found -3

      1 problem; nothing was simulated."
    `);
  });

  test('a kind that is none', () => {
    expect(told(changed(pool('{ kind: lease }')))).toMatchInlineSnapshot(`
      "desk.yaml:11:78  regions[0].pools[0].procurement.kind
          unknown kind "lease" — known: own, rent, reserve, spot

      1 problem; nothing was simulated."
    `);
  });

  test('prompts computed where somebody else may want the machine', () => {
    const spot = '{ kind: spot, evictionsPerHour: 1 }';
    const prefill = changed([DESK, DESK.replace(' }', `, role: prefill, procurement: ${spot} }`)]);
    expect(told(prefill)).toContain(
      'a prefill pool cannot be taken away: requests are handed over as soon as their prompts are computed — leave evictionsPerHour out, or use a mixed pool',
    );
  });

  test('a price book without the accelerator', () => {
    const book =
      'accelerator,region,contract,term_years,usd_per_accelerator_hour,date\nb200,any,on-demand,0,5,2026-05-01';
    const text = `${GOOD}money: { priceBook: rents.csv }\n`;
    expect(told(text, 'desk.yaml', filesOf({ 'rents.csv': book }))).toMatchInlineSnapshot(`
      "desk.yaml:11:9  regions[0].pools[0]
          rents.csv has no price of h100-sxm, on-demand, in virginia — write rentUsdPerAcceleratorHour, or add the line h100-sxm,virginia,on-demand,0,<usd>,<date> to a price book

      1 problem; nothing was simulated."
    `);
  });

  test('a contract that the price book does not have, though others', () => {
    expect(told(changed(pool('{ kind: reserve, termYears: 2 }')))).toMatchInlineSnapshot(`
      "desk.yaml:11:70  regions[0].pools[0].procurement
          the price book has no price of h100-sxm, reserve for 2 years, in virginia (it has on-demand, spot, reserve for 1 year, reserve for 3 years) — write usdPerAcceleratorHour, or add the line h100-sxm,virginia,reserve,2,<usd>,<date> to a price book

      1 problem; nothing was simulated."
    `);
  });

  test('everything wrong with a price book', () => {
    const book = [
      'accelerator,region,contract,term_years,usd_per_accelerator_hour,date',
      'h100-sxm,any,leased,0,2.5,2026-05-01',
      'h100-sxm,any,on-demand,0,-2.5,2026-05-01',
      'h100-sxm,any,on-demand,0,cheap,May',
    ].join('\n');
    const text = `${GOOD}money: { priceBook: rents.csv }\n`;
    expect(told(text, 'desk.yaml', filesOf({ 'rents.csv': book }))).toMatchInlineSnapshot(`
      "rents.csv:2:14
          unknown contract "leased" — write one of on-demand, reserve, spot
      rents.csv:3:26
          a price in USD per hour cannot be negative, found -2.5 — write 0 or more
      rents.csv:4:26
          "cheap" is not a price in USD per hour — write a number
      rents.csv:4:32
          "May" is not a date — write it such as 2026-05-31

      4 problems; nothing was simulated."
    `);
    expect(told(text, 'desk.yaml', filesOf({ 'rents.csv': 'gpu,price\nh100,2\n' }))).toMatchInlineSnapshot(`
      "rents.csv:1:1
          a price book needs the columns accelerator, region, contract, term_years, usd_per_accelerator_hour, date — the first line names them: accelerator,region,contract,term_years,usd_per_accelerator_hour,date

      1 problem; nothing was simulated."
    `);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:16:21  money.priceBook
          there is no price book file at rents.csv — a path in a scenario is relative to it

      1 problem; nothing was simulated."
    `);
  });

  test('prices with a gap', () => {
    expect(prices(rows('12:00', '12:05', '12:10', '12:25'))).toMatchInlineSnapshot(`
      "lmp.csv:5:1
          nothing is known from 2026-06-01T12:15Z to 2026-06-01T12:25Z — fill the gap, one row for each 5 min

      1 problem; nothing was simulated."
    `);
  });

  test('prices that overlap, or are there twice, or go back', () => {
    expect(prices(rows('12:00', '12:05', '12:07', '12:12'))).toMatchInlineSnapshot(`
      "lmp.csv:4:1
          2026-06-01T12:07Z overlaps the row above it, which holds for 5 min — keep one row for each 5 min

      1 problem; nothing was simulated."
    `);
    expect(prices(rows('12:00', '12:05', '12:05', '12:10'))).toMatchInlineSnapshot(`
      "lmp.csv:4:1
          2026-06-01T12:05Z is there twice — keep one row for each 5 min

      1 problem; nothing was simulated."
    `);
    expect(prices(rows('12:00', '12:05', '12:10', '11:55'))).toMatchInlineSnapshot(`
      "lmp.csv:5:1
          2026-06-01T11:55Z is before the row above it — sort the rows by time

      1 problem; nothing was simulated."
    `);
  });

  test('prices that begin too late or end too early', () => {
    expect(prices(rows('12:05', '12:10', '12:15'))).toMatchInlineSnapshot(`
      "lmp.csv:2:1
          the series begins at 2026-06-01T12:05Z, after the start of the scenario at 2026-06-01T12:00Z — add the rows before

      1 problem; nothing was simulated."
    `);
    expect(prices(rows('12:00', '12:05'))).toMatchInlineSnapshot(`
      "lmp.csv:3:1
          the series ends at 2026-06-01T12:10Z, before the horizon at 2026-06-01T12:15Z — add rows, or shorten the horizon

      1 problem; nothing was simulated."
    `);
  });

  test('prices without a zone, a number or a unit', () => {
    expect(prices('timestamp,usd_per_mwh\n2026-06-01 12:00,30\n2026-06-01 12:05,n/a\n')).toMatchInlineSnapshot(`
      "lmp.csv:2:1
          "2026-06-01 12:00" has no offset from UTC — write 2026-06-01T12:00Z or with an offset, or call the column datetime_utc
      lmp.csv:3:1
          "2026-06-01 12:05" has no offset from UTC — write 2026-06-01T12:05Z or with an offset, or call the column datetime_utc
      lmp.csv:3:18
          "n/a" is not a price — write a number

      3 problems; nothing was simulated."
    `);
    expect(prices('timestamp,price\n2026-06-01T12:00Z,30\n')).toMatchInlineSnapshot(`
      "lmp.csv:1:1
          no column has a unit of prices — name a column usd_per_mwh or usd_per_kwh, after the column of times

      1 problem; nothing was simulated."
    `);
  });

  test('a file of carbon that is not there, and a shape beside it', () => {
    expect(told(changed(region('carbon: { file: carbon.csv }')))).toMatchInlineSnapshot(`
      "desk.yaml:10:21  regions[0].carbon.file
          there is no carbon file at carbon.csv — a path in a scenario is relative to it

      1 problem; nothing was simulated."
    `);
    expect(told(changed(region('carbon: { file: carbon.csv, shape: ercot }')))).toMatchInlineSnapshot(`
      "desk.yaml:10:13  regions[0].carbon
          names a shape and a file — keep one

      1 problem; nothing was simulated."
    `);
  });

  test('a region that says neither price nor site', () => {
    expect(told(changed(['    electricityUsdPerKWh: 0.0892\n', '']))).toMatchInlineSnapshot(`
      "desk.yaml:7:5  regions[0].electricityUsdPerKWh
          \`electricityUsdPerKWh\` is missing — write it, or a site: that has it

      1 problem; nothing was simulated."
    `);
    expect(told(changed(region('site: texas')))).toMatchInlineSnapshot(`
      "desk.yaml:10:11  regions[0].site
          unknown site "texas" — did you mean "texas-ercot"? known: california, cipher-tx, finland, france, georgia, germany, iceland, india-mumbai, iowa, ireland, iren-bc, japan, new-mexico, new-york, north-dakota, norway, ohio-pjm, oregon, quebec, saudi-uae, singapore, texas-ercot, uk, virginia-pjm

      1 problem; nothing was simulated."
    `);
    expect(told(changed(region('timeZone: Texas')))).toMatchInlineSnapshot(`
      "desk.yaml:10:15  regions[0].timeZone
          "Texas" is no time zone — write it such as America/New_York

      1 problem; nothing was simulated."
    `);
  });

  test('names that do not exist', () => {
    const text = `${GOOD}money:
  tariffs: { llama-3.1-7b: { like: gpt-5.4 }, llama-3.1-70b: { inputUsdPerMtok: 1 } }
  subscriptions: [{ workload: suport, usdPerUserMonth: 20, meanMtokPerUserMonth: 5 }]
  idleRule: reserved
commitments:
  - { name: base, accelerator: h100-sxm, region: oregon, accelerators: 8, usdPerAcceleratorHour: 2 }
`;
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:17:28  money.tariffs.llama-3.1-7b
          unknown model "llama-3.1-7b" — did you mean "llama-3.1-70b"? known: llama-3.1-70b
      desk.yaml:17:62  money.tariffs.llama-3.1-70b
          has no price — write like: with a price list, or inputUsdPerMtok and outputUsdPerMtok
      desk.yaml:18:31  money.subscriptions[0].workload
          unknown workload "suport" — did you mean "support"? known: support
      desk.yaml:19:13  money.idleRule
          \`reserved\` needs to know who has reserved what — write reserved: { <workload>: <share> } beside it
      desk.yaml:21:50  commitments[0].region
          unknown region "oregon" — known: virginia

      5 problems; nothing was simulated."
    `);
  });
});

import { describe, expect, test } from 'vitest';
import { changed, filesOf, scenarioOf, told } from './support.ts';

const DESK = '{ name: desk, template: h100-70b, instances: 8 }';
const text = (keys: string) => changed([DESK, DESK.replace(' }', `, procurement: { kind: spot, ${keys} } }`)]);
const FILE = 'priceFile: spot.csv';
/** The good scenario begins at 12:00Z and lasts a quarter of an hour. */
const rows = (...usd: readonly number[]) =>
  `time,usd_per_accelerator_hour\n${usd.map((price, k) => `2026-06-01T12:0${k}Z,${price}\n`).join('')}`;
const USUAL = rows(1, 2, 3, 1, 2, 1, 1, 1, 1, 2);
const MINUTE_NS = 60e9;

function poolOf(keys: string, csv: string) {
  const short = text(keys).replace('horizon: 15min', 'horizon: 10min');
  const scenario = scenarioOf(short, 'desk.yaml', filesOf({ 'spot.csv': csv }));
  return { eviction: scenario.pools[0]!.eviction, procurement: scenario.money!.pools[0]!.procurement };
}

describe('a pool whose rent changes', () => {
  test('is asked back in the minutes in which its price is above the bid, up to the horizon', () => {
    const { eviction } = poolOf(`${FILE}, bidUsdPerAcceleratorHour: 1.5, noticeS: 120`, USUAL);
    expect(eviction).toMatchObject({
      scarceNs: [
        [MINUTE_NS, 3 * MINUTE_NS],
        [4 * MINUTE_NS, 5 * MINUTE_NS],
        [9 * MINUTE_NS, 10 * MINUTE_NS],
      ],
      noticeNs: 120e9,
    });
    expect(eviction).not.toHaveProperty('meanNs');
  });

  test('is not taken away at its own bid, and costs the mean where one number is asked', () => {
    const { eviction, procurement } = poolOf(`${FILE}, bidUsdPerAcceleratorHour: 3`, USUAL);
    expect(eviction).toMatchObject({ scarceNs: [] });
    expect(procurement).toMatchObject({ kind: 'spot', usdPerAcceleratorHour: 1.5, bidUsdPerAcceleratorHour: 3 });
  });

  test('is never taken away without a bid, and may be taken away by chance, too', () => {
    expect(poolOf(FILE, USUAL).eviction).toBeUndefined();
    const both = poolOf(`${FILE}, bidUsdPerAcceleratorHour: 2, evictionsPerHour: 2`, USUAL).eviction;
    expect(both).toMatchObject({ meanNs: 30 * MINUTE_NS, scarceNs: [[2 * MINUTE_NS, 3 * MINUTE_NS]] });
  });
});

describe('what the user hears of spot prices', () => {
  const problems = (keys: string, files = { 'spot.csv': USUAL }) => told(text(keys), 'desk.yaml', filesOf(files));

  test('a bid without prices, and two prices', () => {
    expect(problems('bidUsdPerAcceleratorHour: 2')).toMatchInlineSnapshot(`
      "desk.yaml:11:110  regions[0].pools[0].procurement.bidUsdPerAcceleratorHour
          a bid needs prices that pass it — write priceFile: <CSV file> beside it

      1 problem; nothing was simulated."
    `);
    expect(problems(`${FILE}, usdPerAcceleratorHour: 2`)).toMatchInlineSnapshot(`
      "desk.yaml:11:95  regions[0].pools[0].procurement.priceFile
          the price is given twice, by usdPerAcceleratorHour and priceFile — keep one

      1 problem; nothing was simulated."
    `);
  });

  test('a file that is not there, ends too early, or is no table of rents', () => {
    expect(problems('priceFile: sopt.csv')).toMatchInlineSnapshot(`
      "desk.yaml:11:95  regions[0].pools[0].procurement.priceFile
          there is no rent file at sopt.csv — a path in a scenario is relative to it

      1 problem; nothing was simulated."
    `);
    expect(problems(FILE)).toMatchInlineSnapshot(`
      "spot.csv:11:1
          the series ends at 2026-06-01T12:10Z, before the horizon at 2026-06-01T12:15Z — add rows, or shorten the horizon

      1 problem; nothing was simulated."
    `);
    expect(problems(FILE, { 'spot.csv': 'time,usd_per_kwh\n2026-06-01T12:00Z,1\n' })).toMatchInlineSnapshot(`
      "spot.csv:1:1
          no column has a unit of rent — name a column usd_per_accelerator_hour, after the column of times

      1 problem; nothing was simulated."
    `);
    expect(problems(FILE, { 'spot.csv': rows(1, -2) })).toMatchInlineSnapshot(`
      "spot.csv:3:19
          "-2" is not a rent — write a number, 0 or more

      1 problem; nothing was simulated."
    `);
  });

  test('a bid below every price', () => {
    const long = 'time,usd_per_hour\n2026-06-01T12:00Z,1.5\n2026-06-01T13:00Z,1.75\n';
    expect(problems(`${FILE}, bidUsdPerAcceleratorHour: 0.5`, { 'spot.csv': long })).toMatchInlineSnapshot(`
      "desk.yaml:11:131  regions[0].pools[0].procurement.bidUsdPerAcceleratorHour
          the bid of 0.5 USD/h is below every price up to the horizon, so nothing is ever lent — write 1.5 or more

      1 problem; nothing was simulated."
    `);
  });
});

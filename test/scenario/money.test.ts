import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { ownedUsdPerHour } from '../../src/economics/ownership.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { meanOver, valueAt } from '../../src/sim/series.ts';
import { changed, filesOf, GOOD, scenarioOf, told } from './support.ts';

const HOUR_NS = 3_600e9;
const DESK = '{ name: desk, template: h100-70b, instances: 8 }';
const pool = (procurement: string) => [DESK, DESK.replace(' }', `, procurement: ${procurement} }`)] as const;
const money = (text: string, files = filesOf({})) => scenarioOf(text, 'desk.yaml', files).money!;

test('a scenario without a word of money has no plan of it', () => {
  expect(scenarioOf(GOOD).money).toBeUndefined();
});

describe('a pool', () => {
  test('that is owned costs what its profile says: the H100 1.52 USD/h without electricity', () => {
    const { procurement, typicalItWatts } = money(changed(pool('{ kind: own }'))).pools[0]!;
    if (procurement.kind !== 'own') throw new Error('not owned');
    const { it, building, maintenance, staff } = ownedUsdPerHour(procurement, 'economic');

    expect(it + building + maintenance + staff).toBeCloseTo(1.61 - 0.088, 2);
    expect(typicalItWatts).toBe(1_050);
    expect(scenarioOf(changed(pool('{ kind: own }'))).pools[0]!.rentUsdPerAcceleratorHour).toBe(0);
  });

  test('is rented at the price it says, reserved and spot at those of the price book', () => {
    const usd = (procurement: string) => scenarioOf(changed(pool(procurement))).pools[0]!.rentUsdPerAcceleratorHour;

    expect(usd('{ kind: rent }')).toBe(catalogue.accelerator('h100-sxm').cost.rentUsdPerHour);
    expect(usd('{ kind: reserve, termYears: 3 }')).toBe(1.3);
    expect(usd('{ kind: spot }')).toBe(1.25);
    expect(usd('{ kind: spot, usdPerAcceleratorHour: 0.9 }')).toBe(0.9);
  });

  test('that is owned pays for memory and drives beside its servers, those of an instance for each, a shared one once', () => {
    const tiers =
      'kvTiers: [{ kind: dram, capacityGB: 1000, usdPerGB: 10 }, { kind: ssd, capacityGB: 8000 }, { kind: remote, capacityGB: 64000, usdPerGB: 0.15 }]';
    const keys = (kind: string) => `{ kind: ${kind} }, ${tiers}, engine: { prefixCaching: true }`;
    const { procurement } = money(changed(pool(keys('own')))).pools[0]!;
    if (procurement.kind !== 'own') throw new Error('not owned');
    const { itCapexUsd } = catalogue.accelerator('h100-sxm').cost;

    // Eight instances of four accelerators.
    expect(procurement.capexUsd).toBeCloseTo(itCapexUsd + (1_000 * 10) / 4 + (64_000 * 0.15) / 32, 9);
    expect(told(changed(pool(keys('rent'))))).toContain(
      'what is rented has its stores in the rent — leave it out, or write procurement: { kind: own }',
    );
  });

  test('takes the newest price at the start from the price book of the user, of its region first', () => {
    const book = [
      'accelerator,region,contract,term_years,usd_per_accelerator_hour,date',
      'h100-sxm,any,on-demand,0,2.1,2026-05-01',
      'h100-sxm,virginia,on-demand,0,2.9,2026-03-05',
      'h100-sxm,virginia,on-demand,0,2.7,2026-05-05',
      'h100-sxm,virginia,on-demand,0,2.2,2026-06-05',
    ].join('\n');
    const text = `${GOOD}money: { priceBook: rents.csv }\n`;
    expect(scenarioOf(text, 'desk.yaml', filesOf({ 'rents.csv': book })).pools[0]!.rentUsdPerAcceleratorHour).toBe(2.7);
  });
});

test('prices older than 90 days at the start are warned of, by name and age', () => {
  const text = changed(pool('{ kind: reserve, termYears: 3 }'), ['2026-06-01T08:00', '2026-08-15T08:00']);
  const reading = readScenario(text, 'desk.yaml', catalogue);

  expect(reading.ok && reading.warnings).toEqual([
    'the price book: the price of h100-sxm, reserve for 3 years, is of 2026-04-30, 107 days before the start — check it',
  ]);
});

describe('electricity', () => {
  const region = (keys: string) => changed(['    electricityUsdPerKWh: 0.0892\n    pue: 1.15\n', `    ${keys}\n`]);

  test('of a site has its price, PUE, carbon and hours, on its own clock', () => {
    const text = region('site: texas-ercot');
    const [texas] = money(text).regions;
    // 08:00 in New York is 07:00 in Texas, and peak is at 19:00: 12 hours later.
    const day = [0, 12].map((hour) => valueAt(texas!.usdPerKWh, hour * HOUR_NS));

    expect(scenarioOf(text).regions[0]).toEqual({ name: 'virginia', electricityUsdPerKWh: 0.0663, pue: 1.15 });
    expect(day[0]).toBeCloseTo(0.0663 + 0.03066 * (1.12 - 1), 9);
    expect(day[1]).toBeCloseTo(0.0663 + 0.03066 * (2.42 - 1), 9);
    expect(meanOver(texas!.usdPerKWh, 0, 24 * HOUR_NS)).toBeCloseTo(0.0663, 3);
    expect(meanOver(texas!.gramsPerKWh!, 0, 24 * HOUR_NS)).toBeCloseTo(370, 0);
  });

  test('says more than its site where it says something', () => {
    const [virginia] = money(region('site: texas-ercot, electricityUsdPerKWh: 0.05'.replace(', ', '\n    '))).regions;
    expect(meanOver(virginia!.usdPerKWh, 0, 24 * HOUR_NS)).toBeCloseTo(0.05, 3);
  });

  test('changes within the hour where the clock of the start does', () => {
    const text = region('electricityUsdPerKWh: 0.1\n    pue: 1.1\n    electricity: { shape: pjm }');
    const { usdPerKWh } = money(text.replace('T08:00-04:00', 'T08:45-04:00')).regions[0]!;

    expect(usdPerKWh.atNs[1]).toBe(HOUR_NS / 4);
    expect(usdPerKWh.atNs).toHaveLength(25);
    expect(valueAt(usdPerKWh, HOUR_NS / 4)).toBeCloseTo(0.1 + 0.042 * (0.977 - 1), 9);
    expect(meanOver(usdPerKWh, 0, 24 * HOUR_NS)).toBeCloseTo(meanOver(usdPerKWh, 7 * HOUR_NS, 31 * HOUR_NS), 12);
  });

  test('of a file holds from row to row, at its own offset, with delivery added', () => {
    const text = region(
      'electricityUsdPerKWh: 0\n    pue: 1.1\n    electricity: { file: lmp.csv, deliveryUsdPerKWh: 0.02 }',
    );
    const rows = ['timestamp,node,LMP (USD/MWh)', '2026-06-01T06:55-05:00,HB,30', '2026-06-01T07:00-05:00,HB,-10'];
    const csv = [...rows, '2026-06-01T07:05-05:00,HB,90', '2026-06-01T07:10-05:00,HB,60'].join('\n');
    const { usdPerKWh } = money(text, filesOf({ 'lmp.csv': csv })).regions[0]!;

    expect(usdPerKWh.atNs).toEqual([0, 300e9, 600e9]);
    expect(usdPerKWh.values.map((value) => Number(value.toFixed(9)))).toEqual([0.01, 0.11, 0.08]);
  });

  test.each([
    ['Datetime (UTC),Carbon Intensity gCO₂eq/kWh (direct)\n2026-06-01 12:00:00,400\n2026-06-01 13:00:00,300\n', 400],
    ['point_time,value_lbs_per_mwh\n2026-06-01T12:00:00+00:00,1000\n2026-06-01T12:05:00+00:00,900\n', 453.59237],
  ])('and its carbon, as services publish it: %j', (csv, grams) => {
    const text = region('electricityUsdPerKWh: 0.1\n    pue: 1.1\n    carbon: { file: carbon.csv }').replace(
      '15min',
      '8min',
    );
    expect(money(text, filesOf({ 'carbon.csv': csv })).regions[0]!.gramsPerKWh!.values[0]).toBeCloseTo(grams, 9);
  });
});

describe('what customers pay', () => {
  test('is like a price list, but for what is written beside it; batches pay half', () => {
    const text = `${GOOD.replace('kind: chat, ', 'kind: chat, ')}money: { tariffs: { llama-3.1-70b: { like: claude-sonnet-4.6, outputUsdPerMtok: 12 } } }\n`;
    expect(money(text).workloads[0]!.tariff).toEqual({
      input: 3,
      cached: 0.3,
      cacheWrite: 3.75,
      output: 12,
      cacheWriteShare: 0,
    });
  });

  test('is a flat fee instead of the price list where there is one', () => {
    const fee = '{ workload: support, usdPerUserMonth: 20, meanMtokPerUserMonth: 8 }';
    const text = `${GOOD}money: { tariffs: { llama-3.1-70b: { like: gpt-5.4 } }, subscriptions: [${fee}] }\n`;
    expect(money(text).workloads[0]).toEqual({
      reservedShare: 0,
      subscription: { usdPerUserMonth: 20, meanMtokPerUserMonth: 8, sigma: 1.5 },
    });
  });
});

test('commitments have the price of the book, and everything else as written', () => {
  const one = '{ name: base, accelerator: h100-sxm, region: virginia, accelerators: 24, termYears: 3, takeOrPay: 0.8 }';
  expect(money(`${GOOD}commitments: [${one}]\n`).commitments).toEqual([
    {
      name: 'base',
      accelerator: 'h100-sxm',
      region: 0,
      accelerators: 24,
      termHours: 26_280,
      usdPerAcceleratorHour: 1.3,
      upfrontUsdPerAccelerator: 0,
      costOfCapital: 0.1,
      takeOrPay: 0.8,
    },
  ]);
});

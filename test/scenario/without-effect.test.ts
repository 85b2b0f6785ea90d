import { expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { GOOD, changed, filesOf, told } from './support.ts';

function warnings(text: string): readonly string[] {
  const reading = readScenario(text, 'desk.yaml', catalogue, filesOf({}));
  if (!reading.ok) throw new Error(told(text));
  return reading.warnings;
}

const POOL = 'instances: 8 }';
const owned = changed([POOL, 'instances: 8, procurement: { kind: own } }']);
const withSite = changed(['    electricityUsdPerKWh: 0.0892\n', '    site: virginia-pjm\n']);
const base = (region = 'virginia') =>
  `commitments:\n  - { name: base, accelerator: h100-sxm, region: ${region}, accelerators: 8, usdPerAcceleratorHour: 2 }\n`;

test('a commitment that no pool can use', () => {
  expect(warnings(GOOD + base())).toEqual([]);
  expect(warnings(owned + base())).toEqual([
    'commitment "base": no pool in "virginia" rents h100-sxm by the hour, so all of it is paid for and none is used',
  ]);
});

test('a policy that keeps budgets where there are none, and a budget that changes when all is over', () => {
  expect(warnings(`${GOOD}power: { kind: evenly }\n`)).toEqual([
    'power: evenly keeps budgets, and there are none — write domains: [{ level: site, kW: … }]',
  ]);
  const late = 'windows: [{ from: 10min, to: 12min, share: 0.9 }, { from: 3h, to: 4h, share: 0.9 }]';
  expect(warnings(`${GOOD}power: { kind: evenly, domains: [{ level: site, kW: 40, ${late} }] }\n`)).toEqual([
    'power: the budget of "virginia" changes after 3.00 h, the horizon is 0.25 h',
  ]);
});

test('a policy that follows a price that never changes', () => {
  const follow = 'power: { kind: follow-price }\n';
  expect(warnings(withSite + follow)).toEqual([]);
  expect(warnings(`${GOOD}power: { kind: follow-price, lowUsdPerKWh: 0.05, highUsdPerKWh: 0.1 }\n`)).toEqual([]);
  expect(warnings(GOOD + follow)).toEqual([
    'power: follow-price has nothing to follow: the price of electricity never changes — write a site:, or a shape: or file: of its hours',
  ]);
});

test('work that is told to wait and never does', () => {
  const admission = (options: string) => `admission: { kind: cheapest-hours, workloads: [support]${options} }\n`;
  expect(warnings(withSite + admission(', latestH: 4'))).toEqual([]);
  expect(warnings(withSite + admission(''))).toEqual([
    'admission: "support" has no deadlines, so cheapest-hours defers nothing of it — write latestH',
  ]);
  expect(warnings(GOOD + admission(', by: carbon, latestH: 4'))).toEqual([
    'admission: cheapest-hours has nothing to follow: the carbon of electricity never changes — write a site:, or a shape: or file: of its hours',
  ]);
});

test('units that are easily taken for each other', () => {
  const keys = changed(
    ['pue: 1.15', 'pue: 115'],
    ['electricityUsdPerKWh: 0.0892', 'electricityUsdPerKWh: 8.92'],
    [POOL, 'instances: 8, procurement: { kind: own, provisionedWattsPerAccelerator: 1.3, costOfCapital: 10 } }'],
  );
  expect(told(keys)).toMatchInlineSnapshot(`
    "desk.yaml:8:27  regions[0].electricityUsdPerKWh
        must be at most 5, found 8.92 — write USD, not cents, such as 0.0892
    desk.yaml:9:10  regions[0].pue
        must be at most 5, found 115 — write the ratio, such as 1.15
    desk.yaml:11:115  regions[0].pools[0].procurement.provisionedWattsPerAccelerator
        must be at least 10, found 1.3 — write watts, such as 1275
    desk.yaml:11:135  regions[0].pools[0].procurement.costOfCapital
        must be below 1, found 10 — a share: write 0.1 for 10 %

    4 problems; nothing was simulated."
  `);
});

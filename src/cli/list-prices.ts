import { catalogue } from '../catalogue.ts';
import { figure } from '../report/figures.ts';
import { alignedRows, wrapped } from '../report/table.ts';
import { TERMINAL_COLUMNS } from '../report/terminal.ts';
import type { Contract, Quantity } from '../scenario/price-catalogue.ts';

const UNKNOWN = '–';

/** Places whose electricity and carbon the program knows. */
export function siteLines(): string[] {
  const rows = catalogue.prices.sites.map((site) => [
    site.name,
    site.timeZone,
    site.priceShape,
    site.carbonShape,
    figure(site.usdPerKWh, 4),
    figure(site.gramsPerKWh, 0),
    figure(site.pue, 2),
  ]);
  return [
    ...alignedRows([['', 'time zone', 'price by hour', 'carbon by hour', 'USD/kWh', 'g/kWh', 'PUE'], ...rows], 4),
    '  by hour: how a day goes around the mean; a region may name another one, or a file of its own.',
    ...wrapped(`  electricity: { shape }: ${shapesOf('price')}`, TERMINAL_COLUMNS, 4),
    ...wrapped(`  carbon: { shape }: ${shapesOf('carbon')}`, TERMINAL_COLUMNS, 4),
  ];
}

function shapesOf(quantity: Quantity): string {
  return catalogue.prices.shapes.flatMap((shape) => (shape.quantity === quantity ? [shape.name] : [])).join(', ');
}

export function siteSourceLines(): string[] {
  const { sites, shapes } = catalogue.prices;
  return [
    ...sites.flatMap(({ name, usdPerKWh, gramsPerKWh, grade, source }) =>
      sourced(`${name}: ${usdPerKWh} USD/kWh, ${gramsPerKWh} g/kWh (${grade})`, source),
    ),
    ...shapes.flatMap(({ name, quantity, mean, grade, source }) =>
      sourced(
        `${name}: hours of the day around ${mean} ${quantity === 'price' ? 'USD/MWh' : 'g/kWh'} (${grade})`,
        source,
      ),
    ),
  ];
}

/** What accelerators rent for, and what tokens are sold for. */
export function priceLines(): string[] {
  const { rents, listPrices } = catalogue.prices;
  const accelerators = [...new Set(rents.map(({ accelerator }) => accelerator))];
  const rows = accelerators.map((accelerator) => {
    const own = rents.filter((entry) => entry.accelerator === accelerator);
    const cell = (contract: Contract, termYears: number) => {
      const entry = own.find((each) => each.contract === contract && each.termYears === termYears);
      return entry === undefined ? UNKNOWN : figure(entry.usdPerAcceleratorHour, 2);
    };
    const dates = own.map(({ date }) => date).toSorted();
    return [accelerator, cell('on-demand', 0), cell('spot', 0), cell('reserve', 1), cell('reserve', 3), dates[0]!];
  });
  const tariffs = listPrices.map(({ name, input, cached, cacheWrite, output, date }) => [
    name,
    ...[input, cached, cacheWrite, output].map((usd) => figure(usd, usd < 0.1 ? 4 : 3)),
    date,
  ]);
  return [
    ...alignedRows([['USD/h', 'on demand', 'spot', '1 year', '3 years', 'oldest of'], ...rows]),
    '',
    ...alignedRows([['USD per million tokens', 'input', 'cached', 'cache write', 'output', 'of'], ...tariffs]),
    ...wrapped(
      '  Rents of reserved and spot capacity are used where a scenario writes none, and all of them where money.priceBook names a CSV file of one’s own; a rent that is more than 90 days older than the start is warned of. Lists of token prices are for money.tariffs: `like:` takes one. Check both before you publish anything.',
      TERMINAL_COLUMNS,
      2,
    ),
  ];
}

export function priceSourceLines(): string[] {
  const { rents, listPrices } = catalogue.prices;
  return [
    ...rents.flatMap(({ accelerator, contract, termYears, usdPerAcceleratorHour, date, grade, source }) => {
      const term = termYears === 0 ? '' : ` for ${termYears} year${termYears === 1 ? '' : 's'}`;
      return sourced(`${accelerator}: ${usdPerAcceleratorHour} USD/h, ${contract}${term}, ${date} (${grade})`, source);
    }),
    ...listPrices.flatMap(({ name, date, grade, source }) => sourced(`${name}: ${date} (${grade})`, source)),
  ];
}

function sourced(what: string, source: string): string[] {
  return [...wrapped(`    ${what}`, TERMINAL_COLUMNS, 8), ...wrapped(`        ${source}`, TERMINAL_COLUMNS, 8)];
}

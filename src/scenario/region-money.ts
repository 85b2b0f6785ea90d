import type { RegionMoneyPlan, SeriesPlan } from '../sim/money-plan.ts';
import type { RegionPlan } from '../sim/plan.ts';
import type { MoneySources } from './money.ts';
import type { PriceCatalogue, ShapeEntry, SiteEntry } from './price-catalogue.ts';
import { constantSeries, dailySeries, minuteOfDay } from './price-series.ts';
import type { ScenarioInput } from './schema.ts';
import { fileSeries, type WrongFiles } from './series-files.ts';

type RegionInput = ScenarioInput['regions'][number];

const KWH_PER_MWH = 1_000;

/** Mean price and PUE: as written, or those of the site. */
export function regionPlan(region: RegionInput, prices: PriceCatalogue): RegionPlan {
  const site = siteOf(region, prices);
  return {
    name: region.name,
    electricityUsdPerKWh: region.electricityUsdPerKWh ?? site?.usdPerKWh ?? 0,
    pue: region.pue ?? site?.pue ?? 1,
  };
}

/** Price and carbon of a region over the run. @param wrong where to say what is wrong with a file */
export function regionMoney(
  region: RegionInput,
  index: number,
  input: Pick<ScenarioInput, 'start' | 'horizon'>,
  sources: MoneySources,
  wrong: WrongFiles,
): RegionMoneyPlan {
  const { prices } = sources.catalogue;
  const site = siteOf(region, prices);
  const minute = minuteOfDay(input.start, region.timeZone ?? site?.timeZone);
  const daily = (level: number, shapeName: string | undefined, movingOf: (shape: ShapeEntry) => number): SeriesPlan => {
    const shape = prices.shapes.find(({ name }) => name === shapeName);
    return shape === undefined ? constantSeries(level) : dailySeries(level, movingOf(shape), shape, minute);
  };
  const recorded = (key: 'electricity' | 'carbon', path: string, change?: (value: number) => number) =>
    fileSeries(
      { quantity: key === 'carbon' ? 'carbon' : 'price', path, at: ['regions', index, key, 'file'], ...input },
      sources,
      wrong,
      change,
    );
  const usd = regionPlan(region, prices).electricityUsdPerKWh;
  const { electricity, carbon } = region;
  // What the market asks goes up and down with the hours; what a customer pays beyond, for delivery, does not.
  const market = (shape: ShapeEntry) => Math.min(usd, shape.mean / KWH_PER_MWH);
  const usdPerKWh =
    electricity?.file === undefined
      ? daily(usd, electricity?.shape ?? site?.priceShape, market)
      : recorded('electricity', electricity.file, (price) => price + electricity.deliveryUsdPerKWh);
  const carbonShape = carbon?.shape ?? site?.carbonShape;
  const grams = region.carbonGramsPerKWh ?? site?.gramsPerKWh ?? meanOf(prices, carbonShape);
  const byDay = grams === undefined ? undefined : daily(grams, carbonShape, () => grams);
  const gramsPerKWh = carbon?.file === undefined ? byDay : recorded('carbon', carbon.file);
  return {
    usdPerKWh,
    ...(gramsPerKWh !== undefined && { gramsPerKWh }),
    demandUsdPerKWMonth: region.demandChargeUsdPerKWMonth,
  };
}

function meanOf(prices: PriceCatalogue, shape: string | undefined): number | undefined {
  return prices.shapes.find(({ name }) => name === shape)?.mean;
}

function siteOf(region: RegionInput, prices: PriceCatalogue): SiteEntry | undefined {
  return prices.sites.find(({ name }) => name === region.site);
}

import type { RegionMoneyPlan, SeriesPlan } from '../sim/money-plan.ts';
import type { RegionPlan } from '../sim/plan.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import { faultProblems } from './file-faults.ts';
import type { MoneySources } from './money.ts';
import type { PriceCatalogue, Quantity, ShapeEntry, SiteEntry } from './price-catalogue.ts';
import { constantSeries, dailySeries, minuteOfDay, recordedSeries } from './price-series.ts';
import type { Problem } from './problem.ts';
import type { ScenarioInput } from './schema.ts';
import { pathFrom, textOf, unreadable } from './text-files.ts';

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

/** What is wrong with files, where they are named and in themselves. */
export interface WrongFiles {
  readonly findings: Finding[];
  readonly problems: Problem[];
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
    fileSeries({ key, path, region: index, ...input }, sources, wrong, change);
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

interface SeriesFile {
  readonly key: 'electricity' | 'carbon';
  readonly path: string;
  readonly region: number;
  readonly start: string;
  readonly horizon: number;
}

function fileSeries(
  { key, path, region, start, horizon }: SeriesFile,
  { catalogue, files, file }: MoneySources,
  wrong: WrongFiles,
  change?: (value: number) => number,
): SeriesPlan {
  const quantity: Quantity = key === 'carbon' ? 'carbon' : 'price';
  const where = pathFrom(file, path);
  try {
    const reading = catalogue.prices.readSeries(textOf(files, where, 'a series'), quantity);
    if ('faults' in reading) {
      wrong.problems.push(...faultProblems(where, reading.faults));
      return constantSeries(0);
    }
    const series = recordedSeries(reading.series, start, horizon, change);
    if (!('message' in series)) return series;
    wrong.problems.push(...faultProblems(where, [{ line: series.line, column: 1, message: series.message }]));
  } catch (error) {
    const sentence = unreadable(where, error, quantity, 'CSV file');
    wrong.findings.push(finding(['regions', region, key, 'file'], sentence));
  }
  return constantSeries(0);
}

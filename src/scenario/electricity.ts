import { z } from 'zod';
import type { Catalogue } from './catalogue-types.ts';
import { known } from './fields.ts';
import type { Quantity, ShapeEntry } from './price-catalogue.ts';

const MISSING = 'is missing — write it, or a site: that has it';

/** No year's mean is near it; hours of recorded prices may be. */
const MOST_USD_PER_KWH = 5;
const MOST_PUE = 5;

/** What a region may say of its electricity. */
export function electricityKeys({ prices }: Catalogue) {
  const sites = prices.sites.map(({ name }) => name);
  return {
    site: known(
      'site',
      sites,
      'a place that the program knows: price and carbon with their hours of the day, PUE, time zone; keys beside it win',
    ).optional(),
    electricityUsdPerKWh: z
      .number()
      .min(0)
      .max(MOST_USD_PER_KWH, {
        error: ({ input }) =>
          `must be at most ${MOST_USD_PER_KWH}, found ${String(input)} — write USD, not cents, such as 0.0892`,
      })
      .optional()
      .describe('price of electricity, the mean where it changes by the hour, USD/kWh (required without a site)'),
    pue: z
      .number()
      .min(1)
      .max(MOST_PUE, {
        error: ({ input }) => `must be at most ${MOST_PUE}, found ${String(input)} — write the ratio, such as 1.15`,
      })
      .optional()
      .describe('facility energy / IT energy, at least 1 (required without a site)'),
    timeZone: z
      .string()
      .refine(isTimeZone, {
        error: ({ input }) => `${JSON.stringify(input)} is no time zone — write it such as America/New_York`,
      })
      .optional()
      .describe('whose hours a daily shape goes by, such as America/New_York (default: the offset of start)'),
    electricity: z
      .strictObject({
        ...shapeOrFile(
          prices.shapes.filter(({ quantity }) => quantity === 'price').map(({ name }) => name),
          'price',
        ),
        deliveryUsdPerKWh: z
          .number()
          .min(0)
          .default(0)
          .describe('what is paid beyond the prices of the file for delivery, USD/kWh (default: 0)'),
      })
      .superRefine(eitherOne)
      .optional()
      .describe(
        'how the price changes: by a daily shape, or as recorded in a file (default: that of the site, or not)',
      ),
    ...carbonKeys(prices.shapes),
    demandChargeUsdPerKWMonth: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'charge for the highest mean draw of a quarter of an hour of what is owned, USD per kW and month (default: 0)',
      ),
  };
}

function carbonKeys(shapes: readonly ShapeEntry[]) {
  return {
    carbonGramsPerKWh: z
      .number()
      .min(0)
      .optional()
      .describe(
        'CO2-equivalent of electricity, the mean where it changes by the hour, g/kWh (default: that of the site)',
      ),
    carbon: z
      .strictObject(
        shapeOrFile(
          shapes.filter(({ quantity }) => quantity === 'carbon').map(({ name }) => name),
          'carbon',
        ),
      )
      .superRefine(eitherOne)
      .optional()
      .describe(
        'how its carbon changes: by a daily shape, or as recorded in a file (default: that of the site, or not)',
      ),
  };
}

interface Region {
  readonly site?: string | undefined;
  readonly electricityUsdPerKWh?: number | undefined;
  readonly pue?: number | undefined;
}

/** Without a site, a region says its price and PUE itself. */
export function saysItsPrice(region: Region, context: z.RefinementCtx): void {
  for (const key of ['electricityUsdPerKWh', 'pue'] as const) {
    if (region[key] !== undefined || region.site !== undefined) continue;
    context.addIssue({ code: 'custom', message: `\`${key}\` ${MISSING}`, path: [key] });
  }
}

function shapeOrFile(shapes: readonly string[], quantity: Quantity) {
  const holds = quantity === 'price' ? 'a column of times and one of USD/MWh' : 'a column of times and one of gCO2/kWh';
  return {
    shape: known('shape', shapes, 'a shape of the day').optional(),
    file: z.string().min(1).optional().describe(`a CSV file, relative to the scenario: ${holds}`),
  };
}

function eitherOne(given: { shape?: string | undefined; file?: string | undefined }, context: z.RefinementCtx): void {
  if ((given.shape === undefined) !== (given.file === undefined)) return;
  const message =
    given.shape === undefined ? 'names neither a shape nor a file — write one' : 'names a shape and a file — keep one';
  context.addIssue({ code: 'custom', message });
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

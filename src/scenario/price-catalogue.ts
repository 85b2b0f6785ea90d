import type { Grade } from '../sim/plan.ts';

/** Prices and carbon that a scenario can name, and the readers of a user's own files. */
export interface PriceCatalogue {
  readonly sites: readonly SiteEntry[];
  readonly shapes: readonly ShapeEntry[];
  readonly listPrices: readonly ListPriceEntry[];
  /** The price book of the program. */
  readonly rents: readonly RentEntry[];
  readPriceBook(text: string): { readonly entries: readonly RentEntry[] } | { readonly faults: readonly FileFault[] };
  readSeries(
    text: string,
    quantity: Quantity,
  ): { readonly series: SeriesEntry } | { readonly faults: readonly FileFault[] };
}

export type Quantity = 'price' | 'carbon' | 'power' | 'rent';
export const CONTRACTS = ['on-demand', 'reserve', 'spot'] as const;
export type Contract = (typeof CONTRACTS)[number];

export interface SiteEntry {
  readonly name: string;
  readonly timeZone: string;
  readonly usdPerKWh: number;
  readonly pue: number;
  readonly gramsPerKWh: number;
  readonly priceShape: string;
  readonly carbonShape: string;
}

export interface ShapeEntry {
  readonly name: string;
  readonly quantity: Quantity;
  /** USD/MWh or g/kWh. */
  readonly mean: number;
  /** By hour of the local day, around 1. */
  readonly hours: readonly number[];
}

/** USD per million tokens. */
export interface ListPriceEntry {
  readonly name: string;
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly output: number;
}

export interface RentEntry {
  readonly accelerator: string;
  readonly region: string;
  readonly contract: Contract;
  readonly termYears: number;
  readonly usdPerAcceleratorHour: number;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly grade: Grade;
}

/** Values in USD/kWh, g/kWh, W or USD per accelerator and hour, each until the next moment, the last for a step. */
export interface SeriesEntry {
  /** Ms since 1970. */
  readonly atMs: readonly number[];
  readonly values: readonly number[];
  readonly stepMs: number;
  readonly lastLine: number;
}

export interface FileFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

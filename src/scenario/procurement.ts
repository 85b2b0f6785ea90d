import { z } from 'zod';
import type { OwnPlan, PoolMoneyPlan, RentPlan, SeriesPlan } from '../sim/money-plan.ts';
import { GRADES } from '../sim/plan.ts';
import type { Grade } from '../sim/plan.ts';
import { meanOver } from '../sim/series.ts';
import type { Ns } from '../sim/units.ts';
import type { AcceleratorEntry } from './catalogue-types.ts';
import type { Finding } from './explain.ts';
import { finding } from './draft.ts';
import { evictionKeys, evictionProblems } from './evictions.ts';
import type { Path } from './problem.ts';
import type { BookOfRents } from './rents.ts';

const DEFAULTS = {
  lifeYears: 5,
  residualShare: 0,
  costOfCapital: 0.1,
  buildingUsdPerMW: 12e6,
  buildingLifeYears: 15,
  buildingCostOfCapital: 0.08,
  maintenanceShare: 0.03,
  staffUsdPerAcceleratorHour: 0.03,
} as const;
/** Of a price by the hour, where neither scenario nor price book says one. */
const SPOT_DISCOUNT = 0.55;
const WATTS_PER_KW = 1_000;
/** The smallest accelerators draw several times that. */
const LEAST_PROVISIONED_WATTS = 10;
/** Facility over IT, in the typical draw of the profiles. */
const TYPICAL_PUE = 1.2;

export type ProcurementInput = z.output<ReturnType<typeof procurementSchema>>;

/** How a pool is paid for. */
export function procurementSchema() {
  const usd = z.number().min(0).optional();
  return z.discriminatedUnion('kind', [
    ownSchema(),
    z.strictObject({
      kind: z.literal('rent').describe('rented by the hour, at rentUsdPerAcceleratorHour'),
    }),
    z.strictObject({
      kind: z.literal('reserve').describe('all of it reserved for a term'),
      termYears: z.number().positive().default(1).describe('length of the contract, years (default: 1)'),
      usdPerAcceleratorHour: usd.describe('rent, USD/h (default: that of the price book)'),
    }),
    z
      .strictObject({
        kind: z.literal('spot').describe('rented as long as nobody else wants it'),
        usdPerAcceleratorHour: usd.describe(
          `rent, USD/h (default: that of the price book, or ${100 * (1 - SPOT_DISCOUNT)} % of the rent by the hour)`,
        ),
        ...evictionKeys(),
      })
      .superRefine(evictionProblems),
  ]);
}

function ownSchema() {
  const usd = z.number().min(0).optional();
  const years = (byDefault: number, what: string) =>
    z.number().positive().default(byDefault).describe(`${what}, years (default: ${byDefault})`);
  const rate = (byDefault: number, what: string) =>
    z.number().min(0).lt(1).default(byDefault).describe(`${what} (default: ${byDefault})`);
  return z.strictObject({
    kind: z.literal('own').describe('bought: capital, building, maintenance, staff, electricity, peak draw'),
    capexUsdPerAccelerator: usd.describe(
      'price of an accelerator with its share of server, network and storage, USD (default: that of the profile)',
    ),
    lifeYears: years(DEFAULTS.lifeYears, 'life that capital is written off over'),
    residualShare: rate(DEFAULTS.residualShare, 'share of the price that is left at the end of its life'),
    costOfCapital: rate(DEFAULTS.costOfCapital, 'cost of capital per year, as a share'),
    provisionedWattsPerAccelerator: z
      .number()
      .min(LEAST_PROVISIONED_WATTS, {
        error: ({ input }) =>
          `must be at least ${LEAST_PROVISIONED_WATTS}, found ${String(input)} — write watts, such as 1275`,
      })
      .optional()
      .describe('IT watts that the building provides for an accelerator (default: the most its server draws)'),
    buildingUsdPerMW: z
      .number()
      .min(0)
      .default(DEFAULTS.buildingUsdPerMW)
      .describe(`price of the building, USD per MW of IT (default: ${DEFAULTS.buildingUsdPerMW})`),
    buildingLifeYears: years(DEFAULTS.buildingLifeYears, 'life of the building'),
    buildingCostOfCapital: rate(DEFAULTS.buildingCostOfCapital, 'cost of capital of the building per year, as a share'),
    maintenanceShare: rate(DEFAULTS.maintenanceShare, 'maintenance per year, as a share of the price'),
    staffUsdPerAcceleratorHour: z
      .number()
      .min(0)
      .default(DEFAULTS.staffUsdPerAcceleratorHour)
      .describe(`people, USD per accelerator and hour (default: ${DEFAULTS.staffUsdPerAcceleratorHour})`),
    fixedUsdPerMonth: z
      .number()
      .min(0)
      .default(0)
      .describe('people and contracts of the pool whatever its size, USD per month (default: 0)'),
    committedUsdPerAcceleratorHour: usd.describe(
      'committed rent to compare with, USD/h (default: one year in the price book, if it has that)',
    ),
  });
}

/** What decides the dollars of a pool. */
export interface PaidPool {
  readonly accelerator: string;
  readonly region: string;
  readonly profile: AcceleratorEntry;
  readonly input: ProcurementInput | undefined;
  /** Written in the scenario. */
  readonly rentUsdPerAcceleratorHour: number | undefined;
  /** Of memory and drives for KV cache that are bought beside the servers. */
  readonly storesUsdPerAccelerator: number;
  /** Where `input` stands, or would. */
  readonly path: Path;
}

/** What rents are looked up in. */
export interface Rents {
  readonly book: BookOfRents;
  readonly horizonNs: Ns;
  /** Of a file that the scenario names. */
  overTime(path: string, at: Path): SeriesPlan;
}

/** How a pool is paid for, with every default filled in; or what is missing. */
export function procured(pool: PaidPool, rents: Rents): PoolMoneyPlan | Finding {
  const { book } = rents;
  const { input = { kind: 'rent' }, profile } = pool;
  const typicalItWatts = profile.power.facilityWattsTypical / TYPICAL_PUE;
  const profileGrade: Grade = profile.grades?.cost ?? 'estimated';
  if (input.kind === 'own') {
    const grade = input.capexUsdPerAccelerator === undefined ? profileGrade : GRADES[0];
    return { procurement: ownPlan(input, pool, book), typicalItWatts, grade };
  }
  const byTheHour = book.isUsers ? book.find(pool, 'on-demand', 0) : undefined;
  const rent = pool.rentUsdPerAcceleratorHour ?? byTheHour?.usdPerAcceleratorHour;
  if (input.kind === 'rent') {
    if (rent === undefined && book.isUsers) return missingIn(book, pool, 'rentUsdPerAcceleratorHour', 'on-demand', 0);
    const procurement = { kind: input.kind, usdPerAcceleratorHour: rent ?? profile.cost.rentUsdPerHour };
    const grade = pool.rentUsdPerAcceleratorHour === undefined ? (byTheHour?.grade ?? profileGrade) : GRADES[0];
    return { procurement, typicalItWatts, grade };
  }
  if (input.kind === 'spot' && input.priceFile !== undefined) {
    const { priceFile, bidUsdPerAcceleratorHour } = input;
    const procurement = spotOverTime(pool, { priceFile, bidUsdPerAcceleratorHour }, rents);
    return 'sentence' in procurement ? procurement : { procurement, typicalItWatts, grade: GRADES[0] };
  }
  const termYears = input.kind === 'reserve' ? input.termYears : 0;
  const entry = input.usdPerAcceleratorHour === undefined ? book.find(pool, input.kind, termYears) : undefined;
  const discounted = input.kind === 'spot' && rent !== undefined ? rent * (1 - SPOT_DISCOUNT) : undefined;
  const usdPerAcceleratorHour = input.usdPerAcceleratorHour ?? entry?.usdPerAcceleratorHour ?? discounted;
  if (usdPerAcceleratorHour === undefined) {
    return missingIn(book, pool, 'usdPerAcceleratorHour', input.kind, termYears);
  }
  const grade = input.usdPerAcceleratorHour === undefined ? (entry?.grade ?? 'estimated') : GRADES[0];
  return { procurement: { kind: input.kind, usdPerAcceleratorHour }, typicalItWatts, grade };
}

/** A rent that changes. A bid below all of it would never hold anything. */
function spotOverTime(
  { path }: PaidPool,
  { priceFile, bidUsdPerAcceleratorHour: bid }: { priceFile: string; bidUsdPerAcceleratorHour: number | undefined },
  { horizonNs, overTime }: Rents,
): RentPlan | Finding {
  const usdOverTime = overTime(priceFile, [...path, 'priceFile']);
  const lowest = Math.min(...usdOverTime.values);
  if (bid !== undefined && bid < lowest) {
    const sentence = `the bid of ${bid} USD/h is below every price up to the horizon, so nothing is ever lent`;
    return finding([...path, 'bidUsdPerAcceleratorHour'], `${sentence} — write ${lowest} or more`);
  }
  return {
    kind: 'spot',
    usdPerAcceleratorHour: meanOver(usdOverTime, 0, Math.max(1, horizonNs)),
    usdOverTime,
    ...(bid !== undefined && { bidUsdPerAcceleratorHour: bid }),
  };
}

function ownPlan(input: Extract<ProcurementInput, { kind: 'own' }>, pool: PaidPool, book: BookOfRents): OwnPlan {
  const { cost, power } = pool.profile;
  const committed =
    input.committedUsdPerAcceleratorHour ?? book.find(pool, 'reserve', 1, { quietly: true })?.usdPerAcceleratorHour;
  return {
    kind: 'own',
    capexUsd: (input.capexUsdPerAccelerator ?? cost.itCapexUsd) + pool.storesUsdPerAccelerator,
    lifeYears: input.lifeYears,
    residualShare: input.residualShare,
    costOfCapital: input.costOfCapital,
    provisionedKW: (input.provisionedWattsPerAccelerator ?? power.serverWattsMax) / WATTS_PER_KW,
    buildingUsdPerMW: input.buildingUsdPerMW,
    buildingLifeYears: input.buildingLifeYears,
    buildingCostOfCapital: input.buildingCostOfCapital,
    maintenanceShare: input.maintenanceShare,
    staffUsdPerHour: input.staffUsdPerAcceleratorHour,
    fixedUsdPerMonth: input.fixedUsdPerMonth,
    rentUsdPerHour: pool.rentUsdPerAcceleratorHour ?? cost.rentUsdPerHour,
    ...(committed !== undefined && { committedUsdPerHour: committed }),
  };
}

function missingIn(
  book: BookOfRents,
  pool: PaidPool,
  key: string,
  contract: 'on-demand' | 'reserve' | 'spot',
  termYears: number,
): Finding {
  return finding(pool.path, book.missing(pool, contract, termYears, key));
}

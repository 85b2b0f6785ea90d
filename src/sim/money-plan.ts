import type { Grade } from './plan.ts';
import type { Ns } from './units.ts';

/**
 * What a dollar of the bill stands for. `economic`: capital is paid for as an annuity at the cost of capital;
 * `accounting`: straight-line depreciation; `cash`: only what is paid in the measured window, so nothing for what was
 * bought before.
 */
export const COST_BASES = ['economic', 'accounting', 'cash'] as const;
export type CostBasis = (typeof COST_BASES)[number];

/** Who is charged for idle time; see src/economics/idle-weights.ts. */
export const IDLE_RULES = ['pro-rata', 'peak-responsible', 'reserved'] as const;
export type IdleRule = (typeof IDLE_RULES)[number];

/** A quantity that is constant between moments: `values[i]` holds from `atNs[i]` on. */
export interface SeriesPlan {
  /** Rising, the first is 0. */
  readonly atNs: readonly Ns[];
  /** As many as moments. */
  readonly values: readonly number[];
  /** It begins anew after so long; left out, the last value holds for ever. */
  readonly periodNs?: Ns;
}

/** Everything about a run that is money or carbon: no time of any request rests on it, unless a power policy follows a series. */
export interface MoneyPlan {
  readonly costBasis: CostBasis;
  readonly idleRule: IdleRule;
  /** One per region of the plan. */
  readonly regions: readonly RegionMoneyPlan[];
  /** One per pool of the plan. */
  readonly pools: readonly PoolMoneyPlan[];
  /** Filled in this order. */
  readonly commitments: readonly CommitmentPlan[];
  /** One per workload of the plan. */
  readonly workloads: readonly WorkloadMoneyPlan[];
}

export interface RegionMoneyPlan {
  readonly usdPerKWh: SeriesPlan;
  /** Left out, nothing is known of its carbon. */
  readonly gramsPerKWh?: SeriesPlan;
  /** Of the highest mean draw of a quarter of an hour. */
  readonly demandUsdPerKWMonth: number;
}

export interface PoolMoneyPlan {
  readonly procurement: OwnPlan | RentPlan;
  /** Draw of one accelerator with its share of server and network, where a run does not simulate power. */
  readonly typicalItWatts: number;
  /** The worst of the profile numbers that its dollars rest on. */
  readonly grade: Grade;
}

export interface RentPlan {
  readonly kind: 'rent' | 'reserve' | 'spot';
  /** Of a price that changes, the mean from the start to the horizon. */
  readonly usdPerAcceleratorHour: number;
  /** How it changes, USD per accelerator and hour; left out, it does not. */
  readonly usdOverTime?: SeriesPlan;
  /** Above this price nothing is to be had; left out, whatever it is. */
  readonly bidUsdPerAcceleratorHour?: number;
}

/** Per accelerator, with its share of server, network, storage and building. */
export interface OwnPlan {
  readonly kind: 'own';
  readonly capexUsd: number;
  readonly lifeYears: number;
  /** Of the capex, left at the end of its life. */
  readonly residualShare: number;
  /** Per year. */
  readonly costOfCapital: number;
  /** What the building was built for. */
  readonly provisionedKW: number;
  readonly buildingUsdPerMW: number;
  readonly buildingLifeYears: number;
  readonly buildingCostOfCapital: number;
  /** Of the capex, per year. */
  readonly maintenanceShare: number;
  readonly staffUsdPerHour: number;
  /** Of the whole pool, whatever its size. */
  readonly fixedUsdPerMonth: number;
  /** What one would rent for instead, by the hour and committed. */
  readonly rentUsdPerHour: number;
  readonly committedUsdPerHour?: number;
}

/** Accelerators that are paid for whether they are needed or not. */
export interface CommitmentPlan {
  readonly name: string;
  readonly accelerator: string;
  /** Index into regions. */
  readonly region: number;
  readonly accelerators: number;
  readonly termHours: number;
  readonly usdPerAcceleratorHour: number;
  /** Once per accelerator, at the beginning of the term. */
  readonly upfrontUsdPerAccelerator: number;
  /** Per year; what is paid in advance is paid back with it over the term. */
  readonly costOfCapital: number;
  /** Share of the rate that is due for hours that nobody uses, in [0, 1]. */
  readonly takeOrPay: number;
}

export interface WorkloadMoneyPlan {
  /** Of the capacity, under the rule `reserved`; shares of all workloads are weighed against each other. */
  readonly reservedShare: number;
  readonly tariff?: TariffPlan;
  readonly subscription?: SubscriptionPlan;
}

/** What customers pay, USD per million tokens. */
export interface TariffPlan {
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly output: number;
  /** Of the input tokens that were not cached, those that are billed as writes. */
  readonly cacheWriteShare: number;
}

/** A flat fee; what a user wants is lognormal. */
export interface SubscriptionPlan {
  readonly usdPerUserMonth: number;
  /** Mean of what a user would take without a cap, in million tokens. */
  readonly meanMtokPerUserMonth: number;
  /** Standard deviation of its logarithm. */
  readonly sigma: number;
  /** Left out, there is no cap. */
  readonly capMtokPerUserMonth?: number;
}

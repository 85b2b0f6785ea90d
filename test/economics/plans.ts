import type { MoneyPlan, OwnPlan } from '../../src/sim/money-plan.ts';
import { plan } from '../results/fixtures.ts';

export const HOUR_NS = 3_600e9;

/** Two hours from the end of a warm-up of one; the pools of the fixtures: 8 H100s in Virginia, 8 and an L40S in Oregon. */
export const hours = { ...plan, warmUpNs: HOUR_NS, horizonNs: 3 * HOUR_NS };

export const owned: OwnPlan = {
  kind: 'own',
  capexUsd: 38_500,
  lifeYears: 5,
  residualShare: 0,
  costOfCapital: 0.1,
  provisionedKW: 1.275,
  buildingUsdPerMW: 12e6,
  buildingLifeYears: 15,
  buildingCostOfCapital: 0.08,
  maintenanceShare: 0.03,
  staffUsdPerHour: 0.03,
  fixedUsdPerMonth: 0,
  rentUsdPerHour: 2.35,
};

/** The first pool is owned, the others are rented; Virginia's electricity is dearer from half past one on. */
export const money: MoneyPlan = {
  costBasis: 'economic',
  idleRule: 'pro-rata',
  regions: [
    {
      usdPerKWh: { atNs: [0, 1.5 * HOUR_NS], values: [0.1, 0.3] },
      gramsPerKWh: { atNs: [0], values: [400] },
      demandUsdPerKWMonth: 14.6,
    },
    { usdPerKWh: { atNs: [0], values: [0.07] }, demandUsdPerKWMonth: 0 },
  ],
  pools: [
    { procurement: owned, typicalItWatts: 1_000, grade: 'estimated' },
    { procurement: { kind: 'rent', usdPerAcceleratorHour: 2 }, typicalItWatts: 1_000, grade: 'measured' },
    { procurement: { kind: 'spot', usdPerAcceleratorHour: 0.5 }, typicalItWatts: 400, grade: 'measured' },
  ],
  commitments: [],
  workloads: [{ reservedShare: 0 }, { reservedShare: 0 }],
};

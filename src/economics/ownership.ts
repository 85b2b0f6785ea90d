import type { CostBasis, OwnPlan } from '../sim/money-plan.ts';

const HOURS_PER_YEAR = 8_760;
const KW_PER_MW = 1_000;

/** What owning one accelerator costs, USD per hour; electricity aside. */
export interface OwnedUsdPerHour {
  /** Server, network and storage. */
  readonly it: number;
  readonly building: number;
  readonly maintenance: number;
  readonly staff: number;
}

/** The yearly payment for a loan of 1 over some years: r / (1 − (1 + r)^−n), and 1/n without interest. */
export function capitalRecoveryFactor(rate: number, years: number): number {
  return rate === 0 ? 1 / years : rate / (1 - discount(rate, years));
}

/**
 * Total cost of ownership per accelerator and hour, all 8,760 hours of a year. On the economic basis capital is an
 * annuity: (capex − residual / (1 + r)^n) × CRF(r, n). On the accounting basis it is written off in equal parts:
 * (capex − residual) / n. On the cash basis it is nothing: it was paid when it was bought.
 */
export function ownedUsdPerHour(own: OwnPlan, basis: CostBasis): OwnedUsdPerHour {
  const buildingUsd = (own.provisionedKW / KW_PER_MW) * own.buildingUsdPerMW;
  const it = yearlyCapital(basis, own.capexUsd, own.capexUsd * own.residualShare, own.costOfCapital, own.lifeYears);
  const building = yearlyCapital(basis, buildingUsd, 0, own.buildingCostOfCapital, own.buildingLifeYears);
  return {
    it: it / HOURS_PER_YEAR,
    building: building / HOURS_PER_YEAR,
    maintenance: (own.capexUsd * own.maintenanceShare) / HOURS_PER_YEAR,
    staff: own.staffUsdPerHour,
  };
}

/** USD per hour of a payment in advance for a term, spread as capital is. @param rate cost of capital per year */
export function upfrontUsdPerHour(usd: number, termHours: number, rate: number, basis: CostBasis): number {
  return yearlyCapital(basis, usd, 0, rate, termHours / HOURS_PER_YEAR) / HOURS_PER_YEAR;
}

function yearlyCapital(basis: CostBasis, usd: number, residualUsd: number, rate: number, years: number): number {
  switch (basis) {
    case 'economic':
      return (usd - residualUsd * discount(rate, years)) * capitalRecoveryFactor(rate, years);
    case 'accounting':
      return (usd - residualUsd) / years;
    case 'cash':
      return 0;
  }
}

/** What a dollar in some years is worth now: (1 + r)^−n. */
function discount(rate: number, years: number): number {
  return Math.exp(-years * Math.log1p(rate));
}

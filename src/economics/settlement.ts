import type { MoneyPlan } from '../sim/money-plan.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { PoolAccount } from './accounts.ts';
import type { CostRow } from './attribution.ts';
import { attribute } from './attribution.ts';
import type { PoolBill } from './bills.ts';
import { billTotal, onInstances, poolBills } from './bills.ts';
import type { CommitmentUse } from './commitments.ts';
import { fillCommitments } from './commitments.ts';
import type { OnPath } from './on-path.ts';
import type { PoolMeter } from './pool-meter.ts';
import type { RequestMeter, WorkloadDemand } from './request-meter.ts';

/** All that the measured window of a run cost, and who caused it. */
export interface Settlement {
  /** One per pool of the plan. */
  readonly bills: readonly PoolBill[];
  /** One per pool of the plan. */
  readonly accounts: readonly PoolAccount[];
  readonly commitments: readonly CommitmentUse[];
  readonly rows: readonly CostRow[];
  /** One per workload of the plan. */
  readonly demands: readonly WorkloadDemand[];
  /** Energy was simulated, and does not follow from the typical draw of the profiles. */
  readonly simulatesPower: boolean;
}

/** Draw up the bills from the meters of a finished run, and attribute them. */
export function settle(
  plan: RunPlan,
  money: MoneyPlan,
  { pieces }: Pick<OnPath, 'pieces'>,
  poolMeter: Pick<PoolMeter, 'pools' | 'simulatesPower'>,
  requestMeter: Pick<RequestMeter, 'uses' | 'demands' | 'peakNs'>,
): Settlement {
  const windowNs = plan.horizonNs - plan.warmUpNs;
  const switchedOn = plan.pools.map((pool, index) => onInstances(pool, poolMeter.pools[index]!, windowNs));
  const commitments = fillCommitments(plan.pools, money, pieces);
  const bills = poolBills(plan, money, poolMeter.pools, commitments);
  const accounts = switchedOn.map((instances, index): PoolAccount => {
    const { busyNs, prefillNs, joules, grams, lent } = poolMeter.pools[index]!;
    const instanceNs = instances * windowNs - (lent?.ns ?? 0);
    return { usd: billTotal(bills[index]!), instanceNs, busyNs, prefillNs, joules, grams, lent };
  });
  const rows = attribute({
    pools: accounts,
    uses: requestMeter.uses,
    unused: commitments.uses.map(({ unusedUsd, pools }) => ({ usd: unusedUsd, pools })),
    idle: { rule: money.idleRule, peakNs: requestMeter.peakNs(), reserved: reservedShares(plan, money) },
  });
  return {
    bills,
    accounts,
    commitments: commitments.uses,
    rows: rows.filter(({ kind, direct }) => kind !== 'unused' || direct.usd > 0),
    demands: requestMeter.demands,
    simulatesPower: poolMeter.simulatesPower,
  };
}

/** A scenario that says nothing of money: every pool is rented, electricity has one price, and nothing is sold. */
export function moneyOf(plan: Pick<RunPlan, 'money' | 'regions' | 'pools' | 'workloads'>): MoneyPlan {
  return (
    plan.money ?? {
      costBasis: 'economic',
      idleRule: 'pro-rata',
      regions: plan.regions.map(({ electricityUsdPerKWh }) => ({
        usdPerKWh: { atNs: [0], values: [electricityUsdPerKWh] },
        demandUsdPerKWMonth: 0,
      })),
      pools: plan.pools.map(({ rentUsdPerAcceleratorHour, grade }) => ({
        procurement: { kind: 'rent', usdPerAcceleratorHour: rentUsdPerAcceleratorHour },
        typicalItWatts: 0,
        grade,
      })),
      commitments: [],
      workloads: plan.workloads.map(() => ({ reservedShare: 0 })),
    }
  );
}

/** A workload has reserved nothing of pools that do not serve its model. */
function reservedShares(plan: Pick<RunPlan, 'pools' | 'workloads'>, money: MoneyPlan): number[][] {
  return plan.pools.map(({ model }) =>
    plan.workloads.map((workload, index) => (workload.model === model ? money.workloads[index]!.reservedShare : 0)),
  );
}

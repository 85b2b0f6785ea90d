import { lentUsdOf } from '../economics/accounts.ts';
import { backgroundFigures } from '../economics/background-figures.ts';
import type { CostFigure } from '../economics/figures.ts';
import {
  commitmentFigures,
  demandFigures,
  feeFigures,
  ownershipFigures,
  placeFigures,
  tokenFigures,
} from '../economics/figures.ts';
import { OnPath } from '../economics/on-path.ts';
import { PoolMeter } from '../economics/pool-meter.ts';
import { RequestMeter } from '../economics/request-meter.ts';
import { moneyOf, settle } from '../economics/settlement.ts';
import { costEntries } from '../results/cost-entries.ts';
import type { AttributedCost } from '../results/cost-file.ts';
import { NO_CLASS, classOfWorkloads, metObjectives, perRequestObjectives } from '../results/slo.ts';
import type { SummaryEntry } from '../results/summary.ts';
import type { RunPlan } from '../sim/plan.ts';
import type { RequestColumns } from '../sim/records.ts';
import { RequestStatus } from '../sim/records.ts';

/** What a finished run cost. */
export interface RunCosts {
  /** Who caused what. */
  readonly rows: readonly AttributedCost[];
  /** Of serving, one per pool, USD: what was lent is not in it. */
  readonly billsUsd: readonly number[];
  readonly entries: readonly SummaryEntry[];
}

/** The meters of one run: sinks beside the result files, read when it has ended. */
export class RunMeters {
  readonly pools: PoolMeter;
  readonly path: OnPath;
  readonly requests: RequestMeter;
  readonly #plan: RunPlan;

  constructor(plan: RunPlan) {
    this.#plan = plan;
    this.pools = new PoolMeter(plan, moneyOf(plan));
    this.path = new OnPath(plan);
    this.requests = new RequestMeter(plan, isGoodIn(plan));
  }

  costs(): RunCosts {
    const plan = this.#plan;
    const money = moneyOf(plan);
    const settlement = settle(plan, money, this.path, this.pools, this.requests);
    const entries = costEntries(plan, {
      ofPools: (pools, isPool) => [
        ...placeFigures(plan, money, settlement, pools),
        ...backgroundFigures(plan, settlement, pools),
        ...(isPool ? ownershipFigures(plan, money, settlement, pools[0]!) : []),
      ],
      ofWorkloads: (workloads, isFleet): CostFigure[] => [
        ...demandFigures(plan, money, settlement, workloads),
        ...tokenFigures(settlement, workloads, isFleet),
        ...(workloads.length === 1 && !isFleet ? feeFigures(money, settlement, workloads[0]!) : []),
      ],
      ofBackground: (pools) => backgroundFigures(plan, settlement, pools),
      ofCommitment: (index) => commitmentFigures(settlement, index),
    });
    return {
      rows: settlement.rows,
      billsUsd: settlement.accounts.map((account) => account.usd - lentUsdOf(account)),
      entries,
    };
  }
}

/** A request without objectives is good when it was served. */
function isGoodIn(plan: RunPlan): (columns: RequestColumns, row: number) => boolean {
  const classOfWorkload = classOfWorkloads(plan);
  const objectives = plan.slos.map(perRequestObjectives);
  return (columns, row) => {
    if (columns.status[row] !== RequestStatus.served) return false;
    const index = classOfWorkload[columns.workload[row]!]!;
    return index === NO_CLASS || metObjectives(objectives[index]!, columns, row);
  };
}

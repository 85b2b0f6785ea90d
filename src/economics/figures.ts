import type { MoneyPlan } from '../sim/money-plan.ts';
import type { RunPlan } from '../sim/plan.ts';
import { NS_PER_HOUR, NS_PER_S } from '../sim/units.ts';
import type { Amounts } from './accounts.ts';
import { plus, sumOf } from './accounts.ts';
import type { CostKind, CostRow } from './attribution.ts';
import { BILL_PARTS, billTotal, HOURS_PER_MONTH } from './bills.ts';
import { breakEvenAgainstCommitted, breakEvenAgainstOnDemand, leastUseShare } from './break-even.ts';
import { grossMargin, revenueOf } from './revenue.ts';
import type { Settlement } from './settlement.ts';
import { subscriptionFigures, subscriptionUsd } from './subscription-figures.ts';

/** One figure of what a run cost; results/cost-entries.ts gives it unit and grade. */
export interface CostFigure {
  readonly metric: string;
  readonly statistic: 'total' | 'mean' | 'share' | 'fully_loaded' | 'busy_only';
  readonly value: number | undefined;
}

const MILLION = 1e6;
const JOULES_PER_WH = 3_600;

/** What the pools of a place cost, and what that is made of. */
export function placeFigures(
  plan: RunPlan,
  money: MoneyPlan,
  settlement: Settlement,
  pools: readonly number[],
): CostFigure[] {
  const unusedUsd = settlement.commitments
    .filter((use) => isWithin(use.pools.length > 0 ? use.pools : poolsOf(plan, use.region), pools))
    .reduce((sum, use) => sum + use.unusedUsd, 0);
  const billUsd = sumBy(pools, (pool) => billTotal(settlement.bills[pool]!)) + unusedUsd;
  const rows = settlement.rows.filter((row) => pools.includes(row.pool));
  const idle = sumOf(rows.filter(({ kind }) => kind === 'idle').map(({ direct }) => direct));
  const all = sumOf(rows.map(({ direct }) => direct));
  const tokens = sumBy(rows, (row) => row.tokens);
  const lent = sumOf(rows.filter(({ kind }) => kind === 'background').map(({ direct }) => direct));
  const servingUsd = billUsd - lent.usd;
  const meanWatts = (all.joules - lent.joules) / ((plan.horizonNs - plan.warmUpNs) / NS_PER_S);
  const hasCarbon = pools.every((pool) => money.regions[plan.pools[pool]!.region]!.gramsPerKWh !== undefined);
  return [
    figure('bill', 'total', billUsd),
    figure('idle_bill', 'total', idle.usd),
    figure('idle_bill', 'share', idle.usd / billUsd),
    ...BILL_PARTS.map((part) => {
      return figure(`${part}_bill`, 'total', positive(sumBy(pools, (pool) => settlement.bills[pool]![part])));
    }),
    figure('unused_bill', 'total', positive(unusedUsd)),
    figure('carbon', 'total', hasCarbon && all.joules > 0 ? all.grams : undefined),
    figure('tokens_per_usd_per_watt', 'mean', all.joules > 0 ? tokens / servingUsd / meanWatts : undefined),
  ];
}

/** Whether a pool that is owned should be. Hours are those in which accelerators have work. */
export function ownershipFigures(plan: RunPlan, money: MoneyPlan, settlement: Settlement, pool: number): CostFigure[] {
  const { procurement } = money.pools[pool]!;
  if (procurement.kind !== 'own') return [];
  const { instances, acceleratorsPerInstance } = plan.pools[pool]!;
  const { busyNs, instanceNs } = settlement.accounts[pool]!;
  const hours = (plan.horizonNs - plan.warmUpNs) / NS_PER_HOUR;
  const { fixedUsdPerMonth, rentUsdPerHour, committedUsdPerHour } = procurement;
  const billUsd = billTotal(settlement.bills[pool]!) - fixedUsdPerMonth * (hours / HOURS_PER_MONTH);
  const ownedUsdPerHour = billUsd / hours / (instances * acceleratorsPerInstance);
  const useShare = Math.min(1, busyNs / instanceNs);
  const owning = { ownedUsdPerHour, fixedUsdPerMonth, useShare };
  return [
    figure('owned_hour', 'mean', ownedUsdPerHour),
    figure('least_use', 'share', leastUseShare({ ownedUsdPerHour, rentUsdPerHour })),
    figure('break_even_on_demand', 'mean', breakEvenAgainstOnDemand({ ...owning, rentUsdPerHour })),
    figure(
      'break_even_committed',
      'mean',
      committedUsdPerHour === undefined
        ? undefined
        : breakEvenAgainstCommitted({ ...owning, rentUsdPerHour: committedUsdPerHour }),
    ),
  ];
}

/** What became of one commitment. */
export function commitmentFigures({ commitments }: Settlement, index: number): CostFigure[] {
  const { committedHours, usedHours, neededHours, usd, unusedUsd } = commitments[index]!;
  return [
    figure('bill', 'total', usd),
    figure('unused_bill', 'total', unusedUsd),
    figure('commitment_coverage', 'share', neededHours === 0 ? undefined : usedHours / neededHours),
    figure('commitment_use', 'share', usedHours / committedHours),
  ];
}

/** What the requests of some workloads cost, and brought in. */
export function demandFigures(
  plan: RunPlan,
  money: MoneyPlan,
  settlement: Settlement,
  workloads: readonly number[],
): CostFigure[] {
  const rows = settlement.rows.filter((row) => workloads.includes(row.workload));
  const direct = sumOf(rows.map((row) => row.direct));
  const loaded = plus(direct, sumOf(rows.map((row) => row.loaded)));
  const demands = workloads.map((workload) => settlement.demands[workload]!);
  const requests = sumBy(demands, ({ servedRequests }) => servedRequests);
  const tasks = sumBy(demands, (demand) => demand.tasks);
  const goodTasks = tasks - sumBy(demands, (demand) => demand.failedTasks);
  const acceleratorNs = sumBy(rows, (row) => row.resourceNs * (plan.pools[row.pool]?.acceleratorsPerInstance ?? 0));
  const tokens = sumBy(rows, (row) => row.tokens);
  const revenueUsd = sumBy(workloads, (workload) => workloadRevenueUsd(money, settlement, workload));
  const hasCarbon = rows.some((row) => row.direct.grams + row.loaded.grams > 0);
  return [
    ...both('request_cost', direct, loaded, ({ usd }) => per(usd, requests)),
    ...both('request_energy', direct, loaded, ({ joules }) => positive(per(joules / JOULES_PER_WH, requests) ?? 0)),
    ...both('request_carbon', direct, loaded, ({ grams }) => (hasCarbon ? per(grams, requests) : undefined)),
    figure('task_cost', 'fully_loaded', per(loaded.usd, tasks)),
    figure('successful_task_cost', 'fully_loaded', per(loaded.usd, goodTasks)),
    figure('task_tokens', 'mean', per(tokens, tasks)),
    figure('task_accelerator_time', 'mean', acceleratorNs > 0 ? per(acceleratorNs / NS_PER_S, tasks) : undefined),
    figure('revenue', 'total', positive(revenueUsd)),
    figure('gross_margin', 'share', grossMargin(loaded.usd, revenueUsd)),
  ];
}

/** USD per million tokens by kind, of some workloads. */
export function tokenFigures({ rows }: Settlement, workloads: readonly number[], isFleet: boolean): CostFigure[] {
  const of = (...kinds: CostKind[]) =>
    rows.filter((row) => workloads.includes(row.workload) && kinds.includes(row.kind));
  const prices: readonly (readonly [metric: string, rows: readonly CostRow[]])[] = [
    ['uncached_input_cost', of('input')],
    ['reasoning_cost', of('reasoning')],
    // Those of the fleet count all tokens of the window, whether their requests have left or not.
    ...(isFleet
      ? []
      : ([
          ['input_cost', of('input', 'cached')],
          ['output_cost', of('output', 'reasoning')],
          ['blended_cost', of('input', 'cached', 'output', 'reasoning')],
        ] as const)),
  ];
  return prices.flatMap(([metric, priced]) => {
    const direct = sumOf(priced.map((row) => row.direct));
    const loaded = plus(direct, sumOf(priced.map((row) => row.loaded)));
    return both(metric, direct, loaded, ({ usd }) =>
      per(
        usd * MILLION,
        sumBy(priced, ({ tokens }) => tokens),
      ),
    );
  });
}

/** Of a workload that is sold for a flat fee. */
export function feeFigures(money: MoneyPlan, settlement: Settlement, workload: number): CostFigure[] {
  const { subscription } = money.workloads[workload]!;
  if (subscription === undefined) return [];
  const rows = settlement.rows.filter((row) => row.workload === workload);
  const usd = sumBy(rows, ({ direct, loaded }) => direct.usd + loaded.usd);
  return subscriptionFigures(subscription, usd, tokensOf(settlement, workload));
}

function workloadRevenueUsd({ workloads }: MoneyPlan, settlement: Settlement, workload: number): number {
  const { tariff, subscription } = workloads[workload]!;
  const metered = tariff === undefined ? 0 : revenueOf(settlement.demands[workload]!, tariff).totalUsd;
  return metered + (subscription === undefined ? 0 : subscriptionUsd(subscription, tokensOf(settlement, workload)));
}

function tokensOf({ demands }: Settlement, workload: number): number {
  const { inputTokens, cachedTokens, outputTokens } = demands[workload]!;
  return inputTokens + cachedTokens + outputTokens;
}

function poolsOf({ pools }: RunPlan, region: number): number[] {
  return [...pools.keys()].filter((pool) => pools[pool]!.region === region);
}

function isWithin(some: readonly number[], all: readonly number[]): boolean {
  return some.every((each) => all.includes(each));
}

function both(
  metric: string,
  direct: Amounts,
  loaded: Amounts,
  value: (amounts: Amounts) => number | undefined,
): CostFigure[] {
  return [figure(metric, 'fully_loaded', value(loaded)), figure(metric, 'busy_only', value(direct))];
}

function figure(metric: string, statistic: CostFigure['statistic'], value: number | undefined): CostFigure {
  return { metric, statistic, value };
}

/** A part that a bill does not have is left out. */
function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

function per(amount: number, count: number): number | undefined {
  return count > 0 ? amount / count : undefined;
}

function sumBy<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}

import type { MoneyPlan, SeriesPlan } from '../sim/money-plan.ts';
import type { ModulePlan, PoolPlan, RegionPlan } from '../sim/plan.ts';
import type { PowerControlPlan } from '../sim/power-control-plan.ts';
import { NS_PER_HOUR, type Ns } from '../sim/units.ts';

/** Of a scenario, what decides whether something that it asks for can ever happen. */
export interface Asked {
  readonly horizonNs: Ns;
  readonly regions: readonly Pick<RegionPlan, 'name'>[];
  readonly pools: readonly Pick<PoolPlan, 'region' | 'accelerator'>[];
  readonly workloads: readonly (ModulePlan & { readonly name: string })[];
  readonly admission: ModulePlan;
  readonly power?: PowerControlPlan | undefined;
  readonly money?: MoneyPlan | undefined;
}

type Followed = 'usdPerKWh' | 'gramsPerKWh';
const NAME_OF: Readonly<Record<Followed, string>> = { usdPerKWh: 'price', gramsPerKWh: 'carbon' };

/** Policies that look at budgets and at nothing else. */
const KEEPS_BUDGETS = [
  'uniform-cap',
  'evenly',
  'priority-aware',
  'prefill-first',
  'decode-first',
  'two-threshold',
  'shed',
  'batch-limit',
];
/** Kinds of workloads whose requests have deadlines. */
const HAS_DEADLINES = ['batch', 'mix'];
const REMEDY = 'write a site:, or a shape: or file: of its hours';

/** What a scenario asks for in vain: money that is spent for nothing, and policies that have nothing to decide. */
export function withoutEffect(asked: Asked): string[] {
  return [...unusableCommitments(asked), ...vainPower(asked), ...vainDeferral(asked)];
}

function unusableCommitments({ money, pools, regions }: Asked): string[] {
  return (money?.commitments ?? []).flatMap(({ name, accelerator, region }) => {
    const isUsable = pools.some((pool, index) => {
      const { kind } = money!.pools[index]!.procurement;
      return kind === 'rent' && pool.accelerator === accelerator && pool.region === region;
    });
    const where = `no pool in "${regions[region]!.name}" rents ${accelerator} by the hour`;
    return isUsable ? [] : [`commitment "${name}": ${where}, so all of it is paid for and none is used`];
  });
}

function vainPower({ power, pools, regions, money, horizonNs }: Asked): string[] {
  if (power === undefined) return [];
  const { kind, domains, options } = power;
  const late = domains.flatMap(({ name, budget }) => {
    const step = budget.find(({ fromNs }) => fromNs >= horizonNs && fromNs > 0);
    const [at, end] = [(step?.fromNs ?? 0) / NS_PER_HOUR, horizonNs / NS_PER_HOUR].map((h) => h.toFixed(2));
    return step === undefined ? [] : [`power: the budget of "${name}" changes after ${at} h, the horizon is ${end} h`];
  });
  const budgetless = KEEPS_BUDGETS.includes(kind) && domains.length === 0;
  const followed = kind === 'follow-price' ? 'usdPerKWh' : kind === 'follow-carbon' ? 'gramsPerKWh' : undefined;
  const isBounded = Object.keys(options).some((key) => /^(low|high)(Usd|Grams)/.test(key));
  return [
    ...late.slice(0, 1),
    ...(budgetless
      ? [`power: ${kind} keeps budgets, and there are none — write domains: [{ level: site, kW: … }]`]
      : []),
    ...(followed === undefined || isBounded ? [] : even(followed, { pools, regions, money }, `power: ${kind}`)),
  ];
}

function vainDeferral({ admission: { kind, options }, workloads, ...places }: Asked): string[] {
  if (kind !== 'cheapest-hours' && kind !== 'when-idle') return [];
  const {
    workloads: patient = [],
    latestH = 0,
    by,
  } = options as Readonly<{
    workloads?: readonly string[];
    latestH?: number;
    by?: string;
  }>;
  const hurried = workloads.filter(
    (workload) => patient.includes(workload.name) && !HAS_DEADLINES.includes(workload.kind),
  );
  const followed = by === 'carbon' ? 'gramsPerKWh' : 'usdPerKWh';
  return [
    ...(latestH > 0 ? [] : hurried).map(
      ({ name }) => `admission: "${name}" has no deadlines, so ${kind} defers nothing of it — write latestH`,
    ),
    ...(kind === 'cheapest-hours' ? even(followed, places, `admission: ${kind}`) : []),
  ];
}

/** Who follows hours that are all alike. */
function even(followed: Followed, { pools, regions, money }: Pick<Asked, 'pools' | 'regions' | 'money'>, who: string) {
  const series = regions.map((_, index) => money?.regions[index]?.[followed]);
  const concerned = [...regions.keys()].filter((index) => pools.some(({ region }) => region === index));
  if (concerned.some((index) => changes(series[index]))) return [];
  const quantity = NAME_OF[followed];
  return [`${who} has nothing to follow: the ${quantity} of electricity never changes — ${REMEDY}`];
}

function changes(series: SeriesPlan | undefined): boolean {
  return series !== undefined && series.values.some((value) => value !== series.values[0]);
}

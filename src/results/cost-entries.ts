import type { RunPlan } from '../sim/plan.ts';
import { FLEET, METRICS, worstGrade } from './summary.ts';
import type { Scope, Statistic, SummaryEntry } from './summary.ts';

/** A figure of what something cost; src/economics has how. */
export interface AttributedFigure {
  readonly metric: string;
  readonly statistic: Statistic;
  readonly value: number | undefined;
}

/** Where the figures of a run come from: those of some pools, of some workloads, of a commitment. */
export interface CostFigures {
  ofPools(pools: readonly number[], isPool: boolean): readonly AttributedFigure[];
  ofWorkloads(workloads: readonly number[], isFleet: boolean): readonly AttributedFigure[];
  /** Of what background work had of some pools. */
  ofBackground(pools: readonly number[]): readonly AttributedFigure[];
  ofCommitment(index: number): readonly AttributedFigure[];
}

/** Rows of the summary: what fleet, regions and pools cost, what requests cost and bring in, and commitments. */
export function costEntries(plan: RunPlan, figures: CostFigures): SummaryEntry[] {
  const allPools = [...plan.pools.keys()];
  const allWorkloads = [...plan.workloads.keys()];
  const poolsOf = (workloads: readonly number[]) => {
    const models = new Set(workloads.map((workload) => plan.workloads[workload]!.model));
    return allPools.filter((pool) => models.has(plan.pools[pool]!.model));
  };
  const entries = (
    scope: Scope,
    scopeName: string,
    pools: readonly number[],
    found: readonly AttributedFigure[],
  ): SummaryEntry[] => found.flatMap((figure) => entryOf(plan, scope, scopeName, pools, figure));
  return [
    ...entries('fleet', FLEET, allPools, figures.ofPools(allPools, false)),
    ...entries('fleet', FLEET, allPools, figures.ofWorkloads(allWorkloads, true)),
    ...plan.regions.flatMap(({ name }, region) => {
      const pools = allPools.filter((pool) => plan.pools[pool]!.region === region);
      return pools.length === 0 ? [] : entries('region', name, pools, figures.ofPools(pools, false));
    }),
    ...plan.pools.flatMap(({ name }, pool) => entries('pool', name, [pool], figures.ofPools([pool], true))),
    ...plan.workloads.flatMap(({ name }, workload) =>
      entries('workload', name, poolsOf([workload]), figures.ofWorkloads([workload], false)),
    ),
    ...plan.slos.flatMap((slo) =>
      entries('class', slo.class, poolsOf(slo.workloads), figures.ofWorkloads(slo.workloads, false)),
    ),
    ...tenantsOf(plan).flatMap(({ name, pools }) => entries('background', name, pools, figures.ofBackground(pools))),
    ...(plan.money?.commitments ?? []).flatMap(({ name, region }, index) => {
      const pools = allPools.filter((pool) => plan.pools[pool]!.region === region);
      return entries('commitment', name, pools, figures.ofCommitment(index));
    }),
  ];
}

/** Who has what scaling releases, and of which pools. */
function tenantsOf({ pools }: RunPlan): { readonly name: string; readonly pools: readonly number[] }[] {
  const tenantOf = pools.map(({ scaling }) => scaling?.background?.name);
  const names = [...new Set(tenantOf.filter((name) => name !== undefined))];
  return names.map((name) => ({ name, pools: [...pools.keys()].filter((pool) => tenantOf[pool] === name) }));
}

/** A figure that nothing is known of is left out. */
function entryOf(
  plan: RunPlan,
  scope: Scope,
  scopeName: string,
  pools: readonly number[],
  { metric, statistic, value }: AttributedFigure,
): SummaryEntry[] {
  if (!isMetric(metric)) throw new Error(`the list of metrics has no "${metric}"`);
  if (value === undefined || !Number.isFinite(value)) return [];
  const grades = pools.flatMap((pool) => {
    const money = plan.money?.pools[pool];
    return [plan.pools[pool]!.grade, ...(money === undefined ? [] : [money.grade])];
  });
  const unit = statistic === 'share' ? '1' : METRICS[metric].unit;
  return [{ scope, scopeName, metric, statistic, value, unit, halfWidth95: undefined, grade: worstGrade(grades) }];
}

function isMetric(name: string): name is keyof typeof METRICS {
  return Object.hasOwn(METRICS, name);
}

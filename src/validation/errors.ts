import { quantile } from './figures.ts';
import type { ComparedMetric } from './metrics.ts';

/** One figure of one case, measured and simulated. */
export interface Comparison {
  readonly suite: string;
  readonly id: string;
  readonly metric: ComparedMetric;
  readonly measured: number;
  readonly simulated: number;
  /** simulated / measured − 1, %. */
  readonly errorPct: number;
}

export function comparison(
  suite: string,
  id: string,
  metric: ComparedMetric,
  measured: number,
  simulated: number,
): Comparison {
  return { suite, id, metric, measured, simulated, errorPct: 100 * (simulated / measured - 1) };
}

/** How far a metric is off over the cases of a suite; APE is the absolute percentage error. */
export interface Aggregate {
  readonly suite: string;
  readonly metric: ComparedMetric;
  readonly cases: number;
  readonly meanApePct: number;
  readonly medianApePct: number;
  readonly p90ApePct: number;
  /** Mean of the signed errors: above 0 where the simulation is too high. */
  readonly biasPct: number;
}

/** One for each suite and metric, in the order in which they first appear. */
export function aggregates(comparisons: readonly Comparison[]): Aggregate[] {
  return groupsOf(comparisons, ({ suite, metric }) => `${suite} ${metric}`).map((alike) => {
    const { suite, metric } = alike[0]!;
    const apes = Float64Array.from(alike, ({ errorPct }) => Math.abs(errorPct)).sort();
    return {
      suite,
      metric,
      cases: alike.length,
      meanApePct: mean(apes),
      medianApePct: quantile(apes, 0.5),
      p90ApePct: quantile(apes, 0.9),
      biasPct: mean(Float64Array.from(alike, ({ errorPct }) => errorPct)),
    };
  });
}

/** What has the same key together, in the order in which the keys first appear. */
export function groupsOf<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function mean(sample: Float64Array): number {
  return sample.reduce((sum, value) => sum + value, 0) / sample.length;
}

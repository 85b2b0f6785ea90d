import type { BandFigure, PoolPlan, RunPlan } from '../sim/plan.ts';
import type { ModelErrorsOf } from './comparison.ts';
import type { ModelError } from './comparison-decision.ts';
import type { SummaryEntry } from './summary.ts';

/** Half of a 95 % interval, in standard deviations. */
const DEVIATIONS_95 = 1.96;
/** The error is a factor, which is never negative: no band of a single system may undo the sign of what it scales. */
const WIDEST = 0.99;
/** What speed settles when the fleet does not keep up. */
const OF_SPEED: readonly SummaryEntry['metric'][] = [
  'served_requests',
  'prompt_tokens',
  'output_tokens',
  'goodput',
  'input_cost',
  'output_cost',
  'blended_cost',
];

/**
 * The errors that validation has put into the plans, by name of what is compared. A figure of several pools rests on each
 * with the share of its accelerators; a pool without a band adds nothing.
 */
export function modelErrorsOf(plans: ReadonlyMap<string, RunPlan>): ModelErrorsOf {
  return (name, entry) => {
    const plan = plans.get(name);
    if (plan === undefined) return [];
    const pools = poolsOf(plan, entry);
    const accelerators = pools.reduce((sum, pool) => sum + size(pool), 0);
    return pools.flatMap((pool) => {
      const sigma = sigmaOf(pool, entry);
      return sigma === undefined ? [] : [errorOf(plan, pool, size(pool) / accelerators, sigma)];
    });
  };
}

function errorOf(plan: RunPlan, pool: PoolPlan, share: number, sigma: number): ModelError {
  const system = JSON.stringify([pool.accelerator, pool.conditions?.engine ?? '', plan.models[pool.model]]);
  return { system, share, relativeHalfWidth95: Math.min(WIDEST, DEVIATIONS_95 * sigma) };
}

function size({ instances, acceleratorsPerInstance }: PoolPlan): number {
  return instances * acceleratorsPerInstance;
}

/** The pools that a figure comes of: of requests, those that serve their model. */
function poolsOf(plan: RunPlan, { scope, scopeName }: SummaryEntry): readonly PoolPlan[] {
  const serving = (workloads: readonly number[]) => {
    const models = new Set(workloads.map((workload) => plan.workloads[workload]!.model));
    return plan.pools.filter(({ model }) => models.has(model));
  };
  switch (scope) {
    case 'fleet':
      return plan.pools;
    case 'region':
      return plan.pools.filter(({ region }) => plan.regions[region]!.name === scopeName);
    case 'pool':
      return plan.pools.filter(({ name }) => name === scopeName);
    case 'workload':
      return serving(plan.workloads.flatMap(({ name }, index) => (name === scopeName ? [index] : [])));
    case 'class':
      return serving(plan.slos.flatMap((slo) => (slo.class === scopeName ? slo.workloads : [])));
    case 'background':
    case 'commitment':
    case 'domain':
      return [];
  }
}

function sigmaOf({ errorBands }: PoolPlan, { metric, statistic }: SummaryEntry): number | undefined {
  if (errorBands === undefined) return undefined;
  const isRate = OF_SPEED.includes(metric);
  if (isRate && errorBands.keepsUp) return undefined;
  const figure: string = isRate ? ('rate' satisfies BandFigure) : `${metric} ${statistic}`;
  return errorBands.bands.find((band) => band.figure === figure)?.sigma;
}

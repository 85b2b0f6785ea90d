import type { EvictionTotals } from '../sim/eviction-plan.ts';
import type { RunPlan } from '../sim/plan.ts';
import { FLEET, METRICS, worstGrade } from './summary.ts';
import type { Metric, Scope, SummaryEntry } from './summary.ts';

/** Rows of the summary: what was taken away, by pool and in all, over the whole run. @param totals one per pool */
export function evictionEntries(
  { pools }: Pick<RunPlan, 'pools'>,
  totals: readonly EvictionTotals[] = [],
): SummaryEntry[] {
  const concerned = [...totals.keys()].filter((pool) => pools[pool]!.eviction !== undefined);
  if (concerned.length === 0) return [];
  const sum = (some: readonly number[], figure: (totals: EvictionTotals) => number) =>
    some.reduce((total, pool) => total + figure(totals[pool]!), 0);
  const entries = (scope: Scope, scopeName: string, some: readonly number[]): SummaryEntry[] => {
    const grade = worstGrade(some.map((pool) => pools[pool]!.grade));
    const entry = (metric: Metric & keyof typeof METRICS, value: number): SummaryEntry => {
      const { unit } = METRICS[metric];
      return { scope, scopeName, metric, statistic: 'total', value, unit, halfWidth95: undefined, grade };
    };
    return [
      entry(
        'evictions',
        sum(some, ({ evictedInstances }) => evictedInstances),
      ),
      entry(
        'lost_attempts',
        sum(some, ({ lostRequests }) => lostRequests),
      ),
      entry(
        'lost_output_tokens',
        sum(some, ({ lostOutputTokens }) => lostOutputTokens),
      ),
    ];
  };
  return [
    ...entries('fleet', FLEET, concerned),
    ...concerned.flatMap((pool) => entries('pool', pools[pool]!.name, [pool])),
  ];
}

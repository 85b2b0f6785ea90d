import type { RunPlan } from '../sim/plan.ts';
import type { PowerDomainTotals } from '../sim/power-control-plan.ts';
import { NS_PER_S } from '../sim/units.ts';
import { METRICS, worstGrade } from './summary.ts';
import type { Metric, Statistic, SummaryEntry } from './summary.ts';

/** What came of the power budgets of a run: the whole run, its warm-up included. */
export function powerEntries(
  { power, pools }: Pick<RunPlan, 'power' | 'pools'>,
  totals: readonly PowerDomainTotals[] = [],
): SummaryEntry[] {
  const gradeOfInstance = pools.flatMap(({ instances, powerGrade }) =>
    Array.from({ length: instances }, () => powerGrade),
  );
  return totals.flatMap(({ name, peakWatts, overBudgetNs, brakedNs, brakes }, domain) => {
    const { instances, budget } = power!.domains[domain]!;
    const grade = worstGrade(instances.map((instance) => gradeOfInstance[instance]!));
    const entry = (metric: Metric & keyof typeof METRICS, statistic: Statistic, value: number): SummaryEntry => {
      return {
        scope: 'domain',
        scopeName: name,
        metric,
        statistic,
        value,
        unit: METRICS[metric].unit,
        halfWidth95: undefined,
        grade,
      };
    };
    return [
      entry('domain_power', 'max', peakWatts),
      entry('domain_power', 'limit', Math.min(...budget.map(({ watts }) => watts))),
      entry('over_budget', 'total', overBudgetNs / NS_PER_S),
      entry('braked', 'total', brakedNs / NS_PER_S),
      entry('brakes', 'total', brakes),
    ];
  });
}

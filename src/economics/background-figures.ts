import type { RunPlan } from '../sim/plan.ts';
import { NS_PER_HOUR } from '../sim/units.ts';
import { sumOf } from './accounts.ts';
import type { CostFigure } from './figures.ts';
import type { Settlement } from './settlement.ts';

/**
 * What background work had of some pools, what that is worth, and what it caused. Hours are those of accelerators:
 *
 *   useful hours = hours of work − hours lost at recalls
 *   value        = Σ over pools of useful hours × what an hour is worth there
 */
export function backgroundFigures(plan: RunPlan, settlement: Settlement, pools: readonly number[]): CostFigure[] {
  const lending = pools.flatMap((pool) => {
    const { acceleratorsPerInstance, scaling } = plan.pools[pool]!;
    const { lent } = settlement.accounts[pool]!;
    if (scaling?.background === undefined || lent === undefined) return [];
    const hours = (ns: number) => (ns / NS_PER_HOUR) * acceleratorsPerInstance;
    const usefulHours = hours(lent.usefulNs);
    const valueUsd = usefulHours * scaling.background.valueUsdPerAcceleratorHour;
    return [{ hours: hours(lent.ns), usefulHours, recalls: lent.recalls, valueUsd }];
  });
  if (lending.length === 0) return [];
  const sum = (amount: (each: (typeof lending)[number]) => number) =>
    lending.reduce((total, each) => total + amount(each), 0);
  const rows = settlement.rows.filter(({ pool, kind }) => kind === 'background' && pools.includes(pool));
  const { usd, joules, grams } = sumOf(rows.map(({ direct }) => direct));
  const hours = sum((each) => each.hours);
  const usefulHours = sum((each) => each.usefulHours);
  const figure = (metric: string, statistic: CostFigure['statistic'], value: number | undefined): CostFigure => {
    return { metric, statistic, value };
  };
  return [
    figure('lent_time', 'total', hours),
    figure('useful_time', 'total', usefulHours),
    figure('useful_time', 'share', hours > 0 ? usefulHours / hours : undefined),
    figure(
      'recalls',
      'total',
      sum((each) => each.recalls),
    ),
    figure(
      'background_value',
      'total',
      sum((each) => each.valueUsd),
    ),
    figure('background_bill', 'total', usd),
    figure('background_energy', 'total', joules > 0 ? joules / 3.6e6 : undefined),
    figure('background_carbon', 'total', grams > 0 ? grams : undefined),
  ];
}

import { RequestStatus } from '../sim/records.ts';
import type { RequestColumns } from '../sim/records.ts';
import type { ObjectivePlan, RunPlan, SloPlan } from '../sim/plan.ts';
import { NS_PER_MS } from '../sim/units.ts';

/** The class of a workload that no objectives cover. */
export const NO_CLASS = -1;

/** Position in plan.slos of the class each workload belongs to, or NO_CLASS. */
export function classOfWorkloads(plan: Pick<RunPlan, 'workloads' | 'slos'>): Int32Array {
  const classes = new Int32Array(plan.workloads.length).fill(NO_CLASS);
  plan.slos.forEach((slo, index) => {
    for (const workload of slo.workloads) {
      if (classes[workload] !== NO_CLASS) {
        throw new Error(
          `workload ${workload} is in the classes ${plan.slos[classes[workload]!]!.class} and ${slo.class}`,
        );
      }
      classes[workload] = index;
    }
  });
  return classes;
}

/** Time per output token after the first; undefined for a single token. */
export function tpotNs(columns: RequestColumns, row: number): number | undefined {
  const gaps = columns.outputTokens[row]! - 1;
  return gaps === 0 ? undefined : (columns.finishNs[row]! - columns.firstTokenNs[row]!) / gaps;
}

/** Whether one served request kept the limit of an objective. A single token has no TPOT to break. */
export function withinLimit(objective: ObjectivePlan, columns: RequestColumns, row: number): boolean {
  const limitNs = objective.limitMs * NS_PER_MS;
  switch (objective.metric) {
    case 'ttft':
      return columns.firstTokenNs[row]! - columns.arrivalNs[row]! <= limitNs;
    case 'tpot':
      return (tpotNs(columns, row) ?? 0) <= limitNs;
    case 'e2e':
      return columns.finishNs[row]! - columns.arrivalNs[row]! <= limitNs;
  }
}

/**
 * The objectives a single request is held to: of each metric the one with the highest quantile. A p50 limit says what
 * half of the requests may exceed, so it is no limit for each of them.
 */
export function perRequestObjectives(slo: SloPlan): readonly ObjectivePlan[] {
  return slo.objectives.filter(
    (objective) =>
      !slo.objectives.some((other) => other.metric === objective.metric && other.quantile > objective.quantile),
  );
}

/** Whether a request met every objective of its class; a rejected one met none. */
export function metObjectives(objectives: readonly ObjectivePlan[], columns: RequestColumns, row: number): boolean {
  if (columns.status[row] !== RequestStatus.served) return false;
  for (const objective of objectives) if (!withinLimit(objective, columns, row)) return false;
  return true;
}

import type { BackgroundTimes } from '../../src/sim/background-plan.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import type { TimelineRow } from '../support/collect.ts';
import type { ReferenceInstance } from './reference-instance.ts';

export type LentColumns = Pick<TimelineRow, 'lentNs' | 'usefulNs' | 'recalls' | 'backgroundJoules'>;

/** What a job did by `ageNs` of a loan, told step by step: restore, work, save, work, save, … */
function story(ageNs: number, { restoreNs, checkpointEveryNs, checkpointNs }: BackgroundTimes) {
  let leftNs = ageNs - restoreNs;
  let savedNs = 0;
  for (;;) {
    if (leftNs < checkpointEveryNs) return { savedNs, unsavedNs: Math.max(0, leftNs), savingNs: 0 };
    leftNs -= checkpointEveryNs;
    if (leftNs < checkpointNs) return { savedNs, unsavedNs: checkpointEveryNs, savingNs: checkpointNs - leftNs };
    leftNs -= checkpointNs;
    savedNs += checkpointEveryNs;
  }
}

export function endLoan({ loans }: ReferenceInstance, nowNs: number): void {
  loans.at(-1)!.untilNs = nowNs;
}

/** From the end of the latest loan until the instance is free. */
export function letGoNs({ loans }: ReferenceInstance, job: BackgroundTimes): number {
  const { fromNs, untilNs } = loans.at(-1)!;
  const { unsavedNs, savingNs } = story(untilNs - fromNs, job);
  if (job.onRecall === 'drop' || unsavedNs === 0) return 0;
  return savingNs > 0 ? savingNs : job.checkpointNs;
}

/** All work of an instance up to a moment, less what was lost by then. */
function usefulNsAt({ loans }: ReferenceInstance, nowNs: number, job: BackgroundTimes): number {
  let usefulNs = 0;
  for (const { fromNs, untilNs } of loans) {
    if (fromNs >= nowNs) continue;
    const { savedNs, unsavedNs } = story(Math.min(untilNs, nowNs) - fromNs, job);
    usefulNs += savedNs + (untilNs <= nowNs && job.onRecall === 'drop' ? 0 : unsavedNs);
  }
  return usefulNs;
}

/** Of one pool in one interval. What happens at its end belongs to it, and at 0 to the first one. */
export function lentColumns(
  { acceleratorsPerInstance: n = 1, power, scaling }: SimulationPlan['pools'][number],
  instances: readonly ReferenceInstance[],
  startNs: number,
  endNs: number,
): LentColumns {
  const job = scaling?.background;
  if (job === undefined) return { lentNs: 0, usefulNs: 0, recalls: 0, backgroundJoules: 0 };
  const sum = (figure: (instance: ReferenceInstance) => number) =>
    instances.reduce((total, instance) => total + figure(instance), 0);
  const lentNs = sum(({ loans }) =>
    loans.reduce(
      (total, loan) => total + Math.max(0, Math.min(loan.untilNs, endNs) - Math.max(loan.fromNs, startNs)),
      0,
    ),
  );
  const usefulNs = sum((instance) => usefulNsAt(instance, endNs, job) - usefulNsAt(instance, startNs, job));
  const recalls = sum(({ loans }) => loans.filter(({ untilNs }) => untilNs > startNs && untilNs <= endNs).length);
  return { lentNs, usefulNs, recalls, backgroundJoules: power === undefined ? 0 : joules(lentNs, n, power, job) };
}

function joules(
  lentNs: number,
  n: number,
  power: NonNullable<SimulationPlan['pools'][number]['power']>,
  { drawWatts }: BackgroundTimes,
): number {
  const { hostIdleWatts, hostBusyWatts, networkWatts, ratedWatts, pue } = power;
  const b = 0.3 * (pue - 1);
  const a = pue - 1 - b;
  const watts = drawWatts + hostIdleWatts + hostBusyWatts + networkWatts;
  return ((lentNs * n) / 1e9) * (watts * (1 + a) + b * ratedWatts);
}

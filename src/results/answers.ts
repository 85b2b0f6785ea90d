import type { RunPlan } from '../sim/plan.ts';
import { REQUEST_STATUS_NAMES, type RequestColumns, RequestStatus } from '../sim/records.ts';
import type { METRICS, Metric, Statistic } from './summary.ts';
import { total } from './sums.ts';

/** Who answered the requests of one workload, how well, and why some were turned away. */
export class AnswerTally {
  /** By status. */
  readonly left: number[] = REQUEST_STATUS_NAMES.map(() => 0);
  /** By model. */
  readonly answered: number[];
  /** Answered by more than one model. */
  escalated = 0;
  attempts = 0;
  wrong = 0;

  constructor(models: number) {
    this.answered = Array<number>(models).fill(0);
  }

  count({ status, model, attempts, wrong }: RequestColumns, row: number): void {
    this.left[status[row]!]!++;
    if (status[row] !== RequestStatus.served) return;
    this.answered[model[row]!]!++;
    this.attempts += attempts[row]!;
    if (attempts[row]! > 1) this.escalated++;
    this.wrong += wrong[row]!;
  }
}

export type Figure = readonly [metric: Metric, statistic: Statistic, value: number];

const REASONS = [
  ['throttled_requests', RequestStatus.throttled],
  ['queue_full_requests', RequestStatus.queueFull],
  ['shed_requests', RequestStatus.shed],
] as const satisfies readonly (readonly [keyof typeof METRICS, number])[];

/** A workload, as far as this is concerned. */
interface Answered {
  readonly answers: AnswerTally;
}

type AnswerPlan = Pick<RunPlan, 'models' | 'workloads' | 'admission'>;

/**
 * Why requests were turned away, where somebody decides that; and who answered the others, where models take turns.
 *
 * @param workloads indices
 * @param all one per workload of the plan
 */
export function answerFigures(plan: AnswerPlan, workloads: readonly number[], all: readonly Answered[]): Figure[] {
  const tallies = workloads.map((workload) => all[workload]!.answers);
  const arrived = total(tallies, ({ left }) => total(left, (count) => count));
  const isAsked = plan.admission !== undefined && plan.admission.kind !== 'accept';
  const reasons = REASONS.flatMap(([metric, status]): Figure[] => {
    const count = total(tallies, ({ left }) => left[status]!);
    return [
      [metric, 'total', count],
      [metric, 'share', count / arrived],
    ];
  });
  return [...(isAsked ? reasons : []), ...turnFigures(plan, workloads, all)];
}

function turnFigures(plan: AnswerPlan, workloads: readonly number[], all: readonly Answered[]): Figure[] {
  const isDegraded = plan.admission?.kind === 'degrade';
  const talliesOf = (some: readonly number[]) => some.map((workload) => all[workload]!.answers);
  const turning = talliesOf(workloads.filter((workload) => takesTurns(plan, workload)));
  const concerned = isDegraded ? talliesOf(workloads) : turning;
  if (concerned.length === 0) return [];
  const answered = total(concerned, ({ left }) => left[RequestStatus.served]!);
  const byModel = plan.models.map((name, model): Figure => {
    const count = total(concerned, (tally) => tally.answered[model]!);
    return [`answered_by_${name}`, 'share', count / answered];
  });
  const judged = total(turning, ({ left }) => left[RequestStatus.served]!);
  const part = (metric: keyof typeof METRICS, count: number): Figure[] => [
    [metric, 'total', count],
    [metric, 'share', count / judged],
  ];
  return [
    ...byModel,
    ...part(
      'escalated_requests',
      total(turning, ({ escalated }) => escalated),
    ),
    ...part(
      'wrong_answers',
      total(turning, ({ wrong }) => wrong),
    ),
  ];
}

/**
 * What an answer costs, and a right one: the bill and the judges of the measured window over the requests served in it.
 *
 * @param all one per workload of the plan
 * @param served by all pools in the window
 */
export function answerCosts(plan: AnswerPlan, all: readonly Answered[], billUsd: number, served: number): Figure[] {
  const tallies = all.map(({ answers }) => answers);
  const turning = tallies.filter((_, workload) => takesTurns(plan, workload));
  if (turning.length === 0) return [];
  const answered = total(tallies, ({ left }) => left[RequestStatus.served]!);
  const judgeUsd = total([...tallies.keys()], (workload) => judgeUsdOf(plan, workload, tallies[workload]!));
  const answerUsd = billUsd / served + judgeUsd / answered;
  const right = 1 - total(turning, ({ wrong }) => wrong) / answered;
  return [
    ['answer_cost', 'fully_loaded', answerUsd],
    ['right_answer_cost', 'fully_loaded', answerUsd / right],
  ];
}

function takesTurns({ workloads }: AnswerPlan, workload: number): boolean {
  return workloads[workload]!.modelRouting !== undefined;
}

/** Every answer is judged but those of the last model. */
function judgeUsdOf({ workloads, models }: AnswerPlan, workload: number, tally: AnswerTally): number {
  const { judgeUsdPerAnswer, models: names } = workloads[workload]!.modelRouting?.options ?? {};
  if (typeof judgeUsdPerAnswer !== 'number' || !Array.isArray(names)) return 0;
  const last = models.indexOf(String(names.at(-1)));
  return judgeUsdPerAnswer * (tally.attempts - tally.answered[last]!);
}

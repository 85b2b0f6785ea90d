import { RequestStatus } from '../sim/records.ts';
import type { RequestColumns } from '../sim/records.ts';
import { total } from './sums.ts';

/** Requests that have a deadline, and the jobs that they make up: requests of one job have one deadline in common. */
export class DeadlineTally {
  requests = 0;
  requestsOnTime = 0;
  /** By deadline, whether all of its requests have kept it. */
  readonly jobs = new Map<number, boolean>();

  count({ deadlineNs, finishNs, status }: RequestColumns, row: number): void {
    const dueNs = deadlineNs[row]!;
    const isOnTime = status[row] === RequestStatus.served && finishNs[row]! <= dueNs;
    this.requests++;
    if (isOnTime) this.requestsOnTime++;
    this.jobs.set(dueNs, isOnTime && (this.jobs.get(dueNs) ?? true));
  }
}

type DeadlineFigure = readonly [
  metric: 'requests_on_time' | 'jobs_on_time',
  statistic: 'total' | 'share',
  value: number,
];

/** None where nothing has a deadline. */
export function deadlineFigures(tallies: readonly { readonly deadlines: DeadlineTally }[]): readonly DeadlineFigure[] {
  const requests = total(tallies, ({ deadlines }) => deadlines.requests);
  if (requests === 0) return [];
  const onTime = total(tallies, ({ deadlines }) => deadlines.requestsOnTime);
  const jobs = tallies.flatMap(({ deadlines }) => [...deadlines.jobs.values()]);
  const jobsOnTime = jobs.filter((isOnTime) => isOnTime).length;
  return [
    ['requests_on_time', 'total', onTime],
    ['requests_on_time', 'share', onTime / requests],
    ['jobs_on_time', 'total', jobsOnTime],
    ['jobs_on_time', 'share', jobsOnTime / jobs.length],
  ];
}

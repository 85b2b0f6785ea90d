import type { Metric, RunSummary } from '../results/summary.ts';
import { findEntry, scopeNames } from '../results/summary.ts';
import { figure, percent } from './figures.ts';
import { alignedRows, shortened } from './table.ts';

/** How batch work kept its deadlines; no lines where nothing has one. */
export function deadlines(summary: RunSummary): string[] {
  const rows = scopeNames(summary, 'workload').flatMap((name) => {
    const share = (metric: Metric) => {
      const entry = findEntry(summary, 'workload', name, metric, 'share');
      return entry === undefined ? '' : percent(entry.value, entry.halfWidth95);
    };
    const jobs = findEntry(summary, 'workload', name, 'jobs_on_time', 'total');
    if (jobs === undefined) return [];
    return [[shortened(name), share('requests_on_time'), share('jobs_on_time'), figure(jobs.value, 0)]];
  });
  if (rows.length === 0) return [];
  return ['Done by the deadline', ...alignedRows([['', 'requests', 'jobs', 'number of jobs'], ...rows])];
}

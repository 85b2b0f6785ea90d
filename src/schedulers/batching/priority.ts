import { byRank } from './by-rank.ts';

/** As vLLM does it with `--scheduling-policy priority`: low numbers first, in admission and, last, in preemption. */
export const priority = byRank(
  'priority',
  'the requests of the workload with the lowest `priority` first; the others may wait for ever',
  (request, requests) => requests.priority(request),
  'last-in-order',
);

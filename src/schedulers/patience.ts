import { z } from 'zod';
import type { RequestView } from '../sim/ports.ts';
import { NS_PER_HOUR, type Ns } from '../sim/units.ts';

/** How long work that is not urgent can be held back, as a scenario writes it. */
export const patienceShape = {
  workloads: z.array(z.string()).min(1).describe('the workloads that can wait'),
  leadH: z
    .number()
    .min(0)
    .default(1)
    .describe('a request with a deadline is begun so long before it, at the latest: what it takes to compute it, h'),
  latestH: z
    .number()
    .min(0)
    .default(0)
    .describe('one without a deadline is begun at most so long after its arrival, h'),
};

export interface Patience {
  readonly workloads: readonly string[];
  readonly leadH: number;
  readonly latestH: number;
}

/** Until when a request may be held back, a whole number of ns; before now where it cannot wait. */
export function latestStart(
  { workloads: patient, leadH, latestH }: Patience,
  workloads: readonly string[],
): (request: number, requests: RequestView) => Ns {
  const canWait = workloads.map((name) => patient.includes(name));
  return (request, requests) => {
    if (!canWait[requests.workload(request)]!) return -Infinity;
    const deadlineNs = requests.deadlineNs(request);
    const byArrivalNs = requests.arrivalNs(request) + latestH * NS_PER_HOUR;
    return Math.floor(deadlineNs === Infinity ? byArrivalNs : deadlineNs - leadH * NS_PER_HOUR);
  };
}

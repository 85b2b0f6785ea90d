import { comparison, groupsOf } from './errors.ts';
import type { Comparison } from './errors.ts';
import type { Figures } from './figures.ts';
import { SWEEP_METRIC } from './metrics.ts';
import type { ValidationCase } from './read-cases.ts';

export interface Simulated {
  readonly given: ValidationCase;
  readonly figures: Figures;
}

/** One point of a sweep, on either side. */
interface Load {
  readonly requestsPerS: number;
  readonly value: number;
}

/** Of every sweep, the highest rate that keeps the objective, found from the same rates measured and simulated. */
export function sweepComparisons(simulated: readonly Simulated[]): Comparison[] {
  const points = simulated.filter(({ given }) => given.sweep !== undefined);
  return groupsOf(points, ({ given }) => `${given.suite} ${given.sweep!.name}`).flatMap((sweep) => {
    const { suite, sweep: about } = sweep[0]!.given;
    const { name, objective, limit } = about!;
    const measured = highestLoad(
      loads(sweep, ({ given }) => given.sweep!.value),
      limit,
    );
    const found = highestLoad(
      loads(sweep, ({ figures }) => figures[objective]),
      limit,
    );
    if (measured === undefined || found === undefined) return [];
    return [comparison(suite, name, SWEEP_METRIC, measured, found)];
  });
}

function loads(sweep: readonly Simulated[], valueOf: (point: Simulated) => number | undefined): Load[] {
  const all = sweep.flatMap((point) => {
    const requestsPerS = offeredRate(point.given);
    const value = valueOf(point);
    return requestsPerS === undefined || value === undefined ? [] : [{ requestsPerS, value }];
  });
  return all.sort((a, b) => a.requestsPerS - b.requestsPerS);
}

/** The rate of the last stage: those before it warm up. */
function offeredRate({ workload }: ValidationCase): number | undefined {
  const stages = workload['stages'];
  const last: unknown = Array.isArray(stages) ? stages.at(-1) : undefined;
  const rate: unknown = typeof last === 'object' && last !== null && 'requestsPerS' in last ? last.requestsPerS : null;
  return typeof rate === 'number' ? rate : undefined;
}

/**
 * Where the objective is lost: between the last rate that keeps it and the first that does not, on a straight line of the
 * logarithm of its value. Undefined where every rate keeps it, or none: the sweep does not say.
 */
export function highestLoad(points: readonly Load[], limit: number): number | undefined {
  const lost = points.findIndex(({ value }) => value > limit);
  const above = points[lost];
  const below = points[lost - 1];
  if (above === undefined || below === undefined) return undefined;
  const along = Math.log(limit / below.value) / Math.log(above.value / below.value);
  return below.requestsPerS + along * (above.requestsPerS - below.requestsPerS);
}

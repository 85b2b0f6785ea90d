import { z } from 'zod';
import type { SeriesPlan } from '../../sim/money-plan.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { valueAt } from '../../sim/series.ts';

const clock = () => z.number().gt(0).max(1);

/** Of every policy that follows a series of the region. */
export const clockFloors = {
  floor: clock()
    .default(0.6)
    .describe('lowest clock, as a share of the highest: where the series is at `high` or above'),
  highPriorityFloor: clock()
    .optional()
    .describe('the same of pools that are not among lowPriorityPools (default: the same)'),
};

export interface Following {
  readonly floor: number;
  readonly highPriorityFloor?: number | undefined;
  /** Full clock at or below it; undefined: the lowest value of the series. */
  readonly low?: number | undefined;
  /** The floor at or above it; undefined: the highest value of the series. */
  readonly high?: number | undefined;
}

/**
 * Clocks fall in proportion from `low` to `high`. What the series says now is public, so it needs no telemetry and is not as
 * old; orders go out when telemetry comes.
 *
 * @param seriesOfPool full clock where it is undefined
 */
export function follow(
  { floor, highPriorityFloor = floor, low, high }: Following,
  seriesOfPool: readonly (SeriesPlan | undefined)[],
): PowerPolicy {
  const bounds = seriesOfPool.map((series) => ({
    from: low ?? least(series?.values ?? [0]),
    to: high ?? -least((series?.values ?? [0]).map((value) => -value)),
  }));
  return {
    decide(site, settings, nowNs) {
      for (let instance = 0; instance < site.instanceCount; instance++) {
        const series = seriesOfPool[site.pool(instance)];
        const { from, to } = bounds[site.pool(instance)]!;
        const lowest = Math.max(site.leastClock(instance), site.isLowPriority(instance) ? floor : highPriorityFloor);
        const dear = series === undefined ? 0 : dearness(valueAt(series, nowNs), from, to);
        settings.setClock(instance, dear === 1 ? lowest : 1 - (1 - lowest) * dear);
      }
    },
  };
}

/** 0 where it is cheap, 1 where it is dear. */
function dearness(value: number, from: number, to: number): number {
  if (value <= from) return 0;
  return value >= to ? 1 : (value - from) / (to - from);
}

function least(values: readonly number[]): number {
  return values.reduce((lowest, value) => Math.min(lowest, value), Infinity);
}

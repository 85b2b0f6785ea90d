import { z } from 'zod';
import type { Module, ScalingContext } from '../../sim/module.ts';
import type { ScalingPolicy } from '../../sim/ports.ts';
import { NS_PER_HOUR, NS_PER_S, type Ns } from '../../sim/units.ts';
import { SlowDescent, followingShape } from './scale-down.ts';

const options = z.strictObject({
  requestsPerSPerInstance: z.number().positive().describe('what an instance is meant to carry, 1/s'),
  method: z
    .enum(['holt', 'day-before'])
    .default('holt')
    .describe('`holt`: level and trend; `day-before`: the rate of the same time of the day before (default: holt)'),
  level: z.number().gt(0).max(1).default(0.3).describe('weight of the latest rate in the level, in (0, 1]'),
  trend: z.number().gt(0).max(1).default(0.1).describe('weight of the latest change in the trend, in (0, 1]'),
  leadS: z
    .number()
    .min(0)
    .optional()
    .describe('how far ahead it looks, s (default: as long as an instance takes to be ready)'),
  scaleDownAfterS: followingShape.scaleDownAfterS,
});

/** Orders instances for the rate of requests to come when they will be ready. */
export const predictive: Module<ScalingPolicy, z.infer<typeof options>, ScalingContext> = {
  name: 'predictive',
  summary: 'as many instances as the rate of requests will need when those ordered now are ready',
  options,
  create(chosen, { intervalNs, leadNs, startInstances }) {
    const aheadNs = chosen.leadS === undefined ? leadNs : chosen.leadS * NS_PER_S;
    const steps = aheadNs / intervalNs;
    const forecast =
      chosen.method === 'holt'
        ? new Holt(chosen.level, chosen.trend, steps)
        : new DayBefore(Math.round((24 * NS_PER_HOUR) / intervalNs), Math.round(steps));
    const descent = new SlowDescent(chosen.scaleDownAfterS, startInstances);
    let sentBefore = 0;
    return {
      intervalNs,
      targetInstances(pool, pools, nowNs: Ns) {
        const sent = pools.sentRequests(pool) + pools.frontRequests(pool);
        const ratePerS = Math.max(0, sent - sentBefore) / (intervalNs / NS_PER_S);
        sentBefore = sent;
        const wanted = Math.ceil(forecast.after(ratePerS) / chosen.requestsPerSPerInstance);
        return descent.settle(Math.max(0, wanted), nowNs);
      },
    };
  },
};

/** Holt's linear method (1957): level + trend × steps ahead. */
class Holt {
  readonly #levelWeight: number;
  readonly #trendWeight: number;
  readonly #steps: number;
  #level: number | undefined;
  #trend = 0;

  constructor(levelWeight: number, trendWeight: number, steps: number) {
    this.#levelWeight = levelWeight;
    this.#trendWeight = trendWeight;
    this.#steps = steps;
  }

  after(rate: number): number {
    if (this.#level === undefined) {
      this.#level = rate;
    } else {
      const before = this.#level;
      this.#level = this.#levelWeight * rate + (1 - this.#levelWeight) * (before + this.#trend);
      this.#trend = this.#trendWeight * (this.#level - before) + (1 - this.#trendWeight) * this.#trend;
    }
    return this.#level + this.#trend * this.#steps;
  }
}

/** The larger of the rate now and, once a day is known, of the rate a day before the moment that is looked at. */
class DayBefore {
  readonly #rates: number[] = [];
  readonly #perDay: number;
  readonly #steps: number;

  constructor(perDay: number, steps: number) {
    this.#perDay = perDay;
    this.#steps = steps;
  }

  after(rate: number): number {
    this.#rates.push(rate);
    return Math.max(rate, this.#rates[this.#rates.length - 1 - this.#perDay + this.#steps] ?? 0);
  }
}

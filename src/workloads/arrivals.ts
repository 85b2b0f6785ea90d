import { z } from 'zod';
import { exponential, gamma, streamSeed } from '../sim/distributions.ts';
import type { Rng } from '../sim/streams.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';
import { LengthSampler, type Length } from './lengths.ts';
import type { Demand } from './workload-module.ts';

/** Fields shared by every workload of independent requests. */
export const arrivalFields = {
  requestsPerS: z.number().positive().max(10_000_000).describe('mean arrival rate, requests/s'),
  burstiness: z
    .number()
    .min(0.01)
    .max(1000)
    .default(1)
    .describe(
      'gamma shape of the gaps between arrivals: 1 is Poisson, less is burstier (CV = 1/√shape), dimensionless',
    ),
};

interface ArrivalOptions {
  requestsPerS: number;
  burstiness: number;
}

/** Arrival times whose gaps are independent and alike. */
export class RenewalArrivals {
  readonly #meanGapNs: Ns;
  readonly #shape: number;
  readonly #rng: Rng;
  readonly #seed: number;
  #count = 0;
  #arrivalNs: Ns = 0;

  constructor({ requestsPerS, burstiness }: ArrivalOptions, rng: Rng) {
    this.#meanGapNs = NS_PER_S / requestsPerS;
    this.#shape = burstiness;
    this.#rng = rng;
    this.#seed = burstiness === 1 ? 0 : streamSeed(rng);
  }

  nextNs(): Ns {
    const gapNs =
      this.#shape === 1
        ? exponential(this.#rng.uniform(), this.#meanGapNs)
        : (gamma(this.#shape, this.#seed, this.#count++) / this.#shape) * this.#meanGapNs;
    this.#arrivalNs += Math.round(gapNs);
    return this.#arrivalNs;
  }
}

interface IndependentRequests {
  requestsPerS: number;
  promptTokens: Length;
  outputTokens: Length;
}

/** The demand of requests that each stand alone. */
export function independentDemand({ requestsPerS, promptTokens, outputTokens }: IndependentRequests): Demand {
  return {
    requestsPerS,
    meanPromptTokens: new LengthSampler(promptTokens).mean(),
    meanOutputTokens: new LengthSampler(outputTokens).mean(),
    meanReusedTokens: 0,
    meanSessionS: 0,
  };
}

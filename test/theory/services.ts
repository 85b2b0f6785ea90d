import type { Rng } from '../../src/sim/streams.ts';
import { exponential } from '../support/statistics.ts';

/** Exponential service, in whole tokens: with a mean of 10,000 tokens a step is 10⁻⁴ of the mean service. */
export function exponentialTokens(mean: number): (rng: Rng) => number {
  return (rng) => Math.max(1, Math.round(exponential(rng, mean)));
}

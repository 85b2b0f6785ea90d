import type { Rng } from '../../src/sim/streams.ts';

export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** Mean and standard error of independent replications. */
export function estimate(samples: readonly number[]): Estimate {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const squares = samples.reduce((sum, sample) => sum + (sample - mean) * (sample - mean), 0);
  return { mean, standardError: Math.sqrt(squares / (samples.length - 1) / samples.length) };
}

/** One independent replication per seed. */
export function overSeeds(seeds: number, sample: (seed: number) => number): Estimate {
  return estimate(Array.from({ length: seeds }, (_, i) => sample(i + 1)));
}

/**
 * The rule of the theory suite: within four standard errors plus the discretisation, from a measurement whose own error
 * is at most 1 % of the mean. Answers what is wrong, or undefined.
 */
export function disagreement(measured: Estimate, theory: number, slack = 0): string | undefined {
  const { mean, standardError } = measured;
  if (!(standardError <= 0.01 * Math.abs(mean))) return `too weak: ${mean} ± ${standardError}`;
  if (Math.abs(mean - theory) <= 4 * standardError + slack) return undefined;
  return `${mean} ± ${standardError} is not ${theory}`;
}

export function exponential(rng: Rng, mean: number): number {
  return -mean * Math.log1p(-rng.uniform());
}

/** A well-mixed 32-bit number from whole numbers, for test data that must not depend on the order of asking. */
export function hashOf(...numbers: readonly number[]): number {
  let hash = 0x9e37_79b9;
  for (const number of numbers) {
    hash = mix(hash ^ mix((number % 0x1_0000_0000) | 0));
    hash = mix(hash + Math.floor(number / 0x1_0000_0000));
  }
  return hash >>> 0;
}

function mix(bits: number): number {
  let hash = bits | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846c_a68b);
  return hash ^ (hash >>> 16);
}

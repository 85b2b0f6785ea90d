import { z } from 'zod';
import { counterUniform, NormalMixture, QuantileTable, type Distribution } from '../sim/distributions.ts';
import { LengthSampler, lengthSchema, MAX_TOKENS } from './lengths.ts';

const wholeTokens = () => z.int().min(1).max(MAX_TOKENS);

const uniform = z
  .strictObject({
    uniform: z.tuple([wholeTokens(), wholeTokens()]).describe('every whole length in it alike, both ends too, tokens'),
  })
  .refine(({ uniform: [least, most] }) => least <= most, { message: 'the first length is above the second' });

const normal = z
  .strictObject({
    mean: z.number().min(1).max(MAX_TOKENS).describe('mean of a normal, before min and max, tokens'),
    sd: z.number().min(0).max(MAX_TOKENS).describe('its standard deviation, tokens'),
    min: wholeTokens().default(1).describe('shorter lengths become this, tokens'),
    max: wholeTokens().default(MAX_TOKENS).describe('longer lengths become this, tokens'),
  })
  .refine(({ min, max }) => min <= max, { message: 'min is above max' });

/** The lengths that benchmark clients draw: those of every workload, uniform, and normal. */
export const loadTestLengthSchema = z.union([uniform, normal, lengthSchema]);
export type LoadTestLength = z.infer<typeof loadTestLengthSchema>;

/** Whole tokens drawn from such a length. */
export interface TokenSampler {
  /** The length that counter (streamSeed, number, draw) owns. */
  draw(streamSeed: number, number: number, draw: number): number;
  mean(value?: (tokens: number) => number): number;
}

export function tokenSampler(length: LoadTestLength): TokenSampler {
  if (typeof length === 'object' && 'uniform' in length) return new UniformTokens(...length.uniform);
  if (typeof length === 'object' && 'sd' in length) {
    const { mean, sd, min, max } = length;
    return new NormalTokens(mean, sd, min, max);
  }
  return new LengthSampler(length);
}

class UniformTokens implements TokenSampler {
  readonly #least: number;
  readonly #count: number;

  constructor(least: number, most: number) {
    this.#least = least;
    this.#count = most - least + 1;
  }

  draw(streamSeed: number, number: number, draw: number): number {
    return this.#least + Math.floor(counterUniform(streamSeed, number, draw) * this.#count);
  }

  mean(value: (tokens: number) => number = (tokens) => tokens): number {
    const places = new QuantileTable([0, 1], [0, this.#count]);
    return places.meanOf((place) => value(this.#least + Math.floor(place)));
  }
}

class NormalTokens implements TokenSampler {
  readonly #tokens: Distribution;
  readonly #min: number;
  readonly #max: number;

  constructor(mean: number, sd: number, min: number, max: number) {
    this.#tokens = new NormalMixture([{ weight: 1, mean, sd }]);
    this.#min = min;
    this.#max = max;
  }

  draw(streamSeed: number, number: number, draw: number): number {
    return this.#clip(this.#tokens.sample(counterUniform(streamSeed, number, draw)));
  }

  mean(value: (tokens: number) => number = (tokens) => tokens): number {
    return this.#tokens.meanOf((tokens) => value(this.#clip(tokens)));
  }

  #clip(tokens: number): number {
    return Math.min(Math.max(Math.round(tokens), this.#min), this.#max);
  }
}

import { z } from 'zod';
import { counterUniform, NormalMixture, QuantileTable, type Distribution } from '../sim/distributions.ts';

/** Longer than any model's context; lengths stay far inside 32-bit columns. */
export const MAX_TOKENS = 100_000_000;

const wholeTokens = () => z.int().min(1).max(MAX_TOKENS);
const tokens = () => z.number().min(1).max(MAX_TOKENS);
const spread = () => z.number().min(0).max(10);

const component = z.strictObject({
  weight: z.number().positive().describe('how often, relative to the other components, dimensionless'),
  median: tokens().describe('median of this lognormal component, tokens'),
  sigma: spread().describe('standard deviation of the natural logarithm, dimensionless'),
});

const shapes = z
  .strictObject({
    mean: tokens().optional().describe('mean of a lognormal, before min and max; goes with cv, tokens'),
    cv: spread().optional().describe('standard deviation / mean of a lognormal; goes with mean, dimensionless'),
    median: tokens().optional().describe('median of a lognormal; goes with sigma, tokens'),
    sigma: spread().optional().describe('standard deviation of the natural logarithm; goes with median, dimensionless'),
    mixture: z.array(component).min(1).optional().describe('lognormal components, tokens'),
    quantiles: z
      .array(z.tuple([z.number().min(0).max(1), tokens()]))
      .min(2)
      .optional()
      .describe('[share of requests, length] pairs from share 0 to share 1, geometric in between, tokens'),
    min: wholeTokens().optional().describe('shorter lengths become this, tokens'),
    max: wholeTokens().optional().describe('longer lengths become this, tokens'),
  })
  .superRefine((shape, context) => {
    for (const message of problemsOf(shape)) context.addIssue({ code: 'custom', message });
  });

type Shapes = z.infer<typeof shapes>;

/** A prompt or output length, as every workload lets its user state it. */
export const lengthSchema = z.union([wholeTokens().describe('always this many, tokens'), shapes]);
export type Length = z.infer<typeof lengthSchema>;

function problemsOf({ mean, cv, median, sigma, mixture, quantiles, min, max }: Shapes): string[] {
  const problems: string[] = [];
  if ((mean === undefined) !== (cv === undefined)) problems.push('mean and cv go together');
  if ((median === undefined) !== (sigma === undefined)) problems.push('median and sigma go together');
  const given = [mean ?? cv, median ?? sigma, mixture, quantiles].filter((form) => form !== undefined).length;
  if (given !== 1) problems.push('give one of: mean and cv, median and sigma, mixture, quantiles');
  if (min !== undefined && max !== undefined && min > max) problems.push('min is above max');
  if (quantiles !== undefined) {
    if (quantiles[0]?.[0] !== 0 || quantiles.at(-1)?.[0] !== 1) {
      problems.push('quantiles go from share 0 to share 1');
    }
    for (let k = 1; k < quantiles.length; k++) {
      if (quantiles[k]![0] <= quantiles[k - 1]![0]) problems.push('shares of quantiles must rise');
      if (quantiles[k]![1] < quantiles[k - 1]![1]) problems.push('lengths of quantiles must not fall');
    }
  }
  return [...new Set(problems)];
}

/** Equal parts of (0, 1); most of them have one length only, which is then looked up. */
const PARTS = 8_192;
/** The table of parts takes as long to fill as so many draws, more or less. */
const DRAWS_WITHOUT_TABLE = 2_000;
const SEVERAL = 0;

/** Whole tokens drawn from a stated length. */
export class LengthSampler {
  readonly #logTokens: Distribution;
  readonly #min: number;
  readonly #max: number;
  #draws = 0;
  /** By part of (0, 1), the one length there, or SEVERAL. */
  #lengthOfPart: Int32Array | undefined;

  constructor(length: Length) {
    this.#logTokens = logTokens(length);
    this.#min = typeof length === 'number' ? length : (length.min ?? 1);
    this.#max = typeof length === 'number' ? length : (length.max ?? MAX_TOKENS);
  }

  /** The length that counter (streamSeed, session, draw) owns. */
  draw(streamSeed: number, session: number, draw: number): number {
    if (this.#min === this.#max) return this.#min;
    return this.of(counterUniform(streamSeed, session, draw));
  }

  /** The length that a uniform in (0, 1) is turned into. */
  of(uniform: number): number {
    if (this.#lengthOfPart === undefined) return this.#ofFirst(uniform);
    const length = this.#lengthOfPart[(uniform * PARTS) | 0]!;
    return length === SEVERAL ? this.#lengthAt(uniform) : length;
  }

  #ofFirst(uniform: number): number {
    if (++this.#draws === DRAWS_WITHOUT_TABLE) this.#lengthOfPart = this.#tabulate();
    return this.#lengthAt(uniform);
  }

  #lengthAt(uniform: number): number {
    return this.#clip(Math.exp(this.#logTokens.sample(uniform)));
  }

  /** Lengths rise with the uniform: a part that begins and ends with one length has no other, unless it has a jump. */
  #tabulate(): Int32Array {
    const lengths = new Int32Array(PARTS);
    let start = this.#lengthAt(0);
    for (let part = 0; part < PARTS; part++) {
      const end = this.#lengthAt((part + 1) / PARTS);
      lengths[part] = start === end ? start : SEVERAL;
      start = end;
    }
    for (const jump of this.#logTokens.jumps) {
      lengths.fill(SEVERAL, Math.ceil(jump * PARTS) - 1, Math.floor(jump * PARTS) + 1);
    }
    return lengths;
  }

  /** The mean of the length, or of a function of it. */
  mean(value: (tokens: number) => number = (tokens) => tokens): number {
    return this.#logTokens.meanOf((logTokens) => value(this.#clip(Math.exp(logTokens))));
  }

  #clip(tokens: number): number {
    const whole = Math.round(tokens);
    return whole < this.#min ? this.#min : whole > this.#max ? this.#max : whole;
  }
}

function logTokens(length: Length): Distribution {
  if (typeof length === 'number') return new QuantileTable([0, 1], [Math.log(length), Math.log(length)]);
  const { mean, cv, median, sigma, mixture, quantiles } = length;
  if (mean !== undefined && cv !== undefined) {
    const variance = Math.log(1 + cv * cv);
    return new NormalMixture([{ weight: 1, mean: Math.log(mean) - variance / 2, sd: Math.sqrt(variance) }]);
  }
  if (median !== undefined && sigma !== undefined) {
    return new NormalMixture([{ weight: 1, mean: Math.log(median), sd: sigma }]);
  }
  if (mixture !== undefined) {
    return new NormalMixture(
      mixture.map(({ weight, median, sigma }) => ({ weight, mean: Math.log(median), sd: sigma })),
    );
  }
  if (quantiles !== undefined) {
    return new QuantileTable(
      quantiles.map(([share]) => share),
      quantiles.map(([, tokens]) => Math.log(tokens)),
    );
  }
  throw new Error('a length passed its schema without a distribution');
}

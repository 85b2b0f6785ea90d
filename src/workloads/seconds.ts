import { z } from 'zod';
import { counterUniform, NormalMixture, QuantileTable, type Distribution } from '../sim/distributions.ts';
import { NS_PER_S, type Ns } from '../sim/units.ts';

const MAX_SECONDS = 31_536_000;

const positive = () => z.number().positive().max(MAX_SECONDS);
const spread = () => z.number().min(0).max(10);
const bound = () => z.number().min(0).max(MAX_SECONDS);

const component = z.strictObject({
  weight: z.number().positive().describe('how often, relative to the other components, dimensionless'),
  median: positive().describe('median of this lognormal component, s'),
  sigma: spread().describe('standard deviation of the natural logarithm, dimensionless'),
});

const shapes = z
  .strictObject({
    median: positive().optional().describe('median of a lognormal; goes with sigma, s'),
    sigma: spread().optional().describe('standard deviation of the natural logarithm; goes with median, dimensionless'),
    mixture: z.array(component).min(1).optional().describe('lognormal components, s'),
    min: bound().optional().describe('shorter times become this, s'),
    max: bound().optional().describe('longer times become this, s'),
  })
  .superRefine(({ median, sigma, mixture, min, max }, context) => {
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    if ((median === undefined) !== (sigma === undefined)) problem('median and sigma go together');
    if ((median ?? sigma) === undefined ? mixture === undefined : mixture !== undefined) {
      problem('give one of: median and sigma, mixture');
    }
    if (min !== undefined && max !== undefined && min > max) problem('min is above max');
  });

/** A time between two requests of one session, as a user states it. */
export const secondsSchema = z.union([bound().describe('always this long, s'), shapes]);
export type Seconds = z.infer<typeof secondsSchema>;

/** Equal parts of (0, 1), of each of which the longest time is known. */
const PARTS = 2_048;
/** Longer than rounding can make what is drawn, as a factor and in ns. */
const MARGIN = 1 + 1e-9;
const MARGIN_NS = 1;

/** Whole nanoseconds drawn from a stated time. */
export class SecondsSampler {
  readonly #logSeconds: Distribution;
  readonly #min: number;
  readonly #max: number;
  /** Before min and max; Infinity where the part has a jump. */
  #longestOfPart: Float64Array | undefined;

  constructor(time: Seconds) {
    this.#logSeconds = logSeconds(time);
    this.#min = typeof time === 'number' ? time : (time.min ?? 0);
    this.#max = typeof time === 'number' ? time : (time.max ?? MAX_SECONDS);
  }

  /** The time that counter (streamSeed, session, draw) owns, e^stretch times as long as others before min and max. */
  drawNs(streamSeed: number, session: number, draw: number, stretch = 0): Ns {
    if (this.#min === this.#max) return Math.round(this.#min * NS_PER_S);
    return this.#ofNs(counterUniform(streamSeed, session, draw), stretch);
  }

  #ofNs(uniform: number, stretch: number): Ns {
    return Math.round(this.#clip(this.#logSeconds.sample(uniform) + stretch) * NS_PER_S);
  }

  /** At least the time that a uniform is turned into, seldom a hundredth more, and sooner: one looks it up. @param pace e^stretch */
  atMostNs(uniform: number, pace = 1): Ns {
    this.#longestOfPart ??= this.#tabulate();
    const longest = this.#longestOfPart[(uniform * PARTS) | 0]!;
    if (longest === Infinity) return this.#ofNs(uniform, Math.log(pace)) * MARGIN + MARGIN_NS;
    return Math.min(Math.max(longest * pace, this.#min), this.#max) * NS_PER_S * MARGIN + MARGIN_NS;
  }

  /** Times rise with the uniform: the longest of a part is at its end, unless it has a jump; in the last there is no longest. */
  #tabulate(): Float64Array {
    const longest = Float64Array.from({ length: PARTS }, (_, part) =>
      Math.exp(this.#logSeconds.sample((part + 1) / PARTS)),
    );
    for (const jump of [...this.#logSeconds.jumps, 1]) {
      longest.fill(Infinity, Math.ceil(jump * PARTS) - 1, Math.floor(jump * PARTS) + 1);
    }
    return longest;
  }

  meanS(stretch = 0): number {
    return this.#logSeconds.meanOf((sample) => this.#clip(sample + stretch));
  }

  /**
   * So many times, each as likely, with the given mean: the longest makes up for the tail that the others do not reach.
   *
   * @param stretchOf how much longer than others, as a logarithm
   */
  spreadS(count: number, meanS: number, stretchOf: (index: number) => number = () => 0): number[] {
    const times = Array.from({ length: count }, (_, index) => {
      if (this.#min === this.#max) return this.#min;
      return this.#clip(this.#logSeconds.sample((index + 0.5) / count) + stretchOf(index));
    }).sort((one, other) => one - other);
    const others = times.slice(0, -1);
    return [...others, Math.max(times.at(-1)!, count * meanS - others.reduce((sum, time) => sum + time, 0))];
  }

  #clip(logSeconds: number): number {
    return Math.min(Math.max(Math.exp(logSeconds), this.#min), this.#max);
  }
}

function logSeconds(time: Seconds): Distribution {
  // Both bounds are the constant, so what is drawn does not matter.
  if (typeof time === 'number') return new QuantileTable([0, 1], [0, 0]);
  const { median, sigma, mixture } = time;
  const components = mixture ?? [{ weight: 1, median: median ?? 1, sigma: sigma ?? 0 }];
  return new NormalMixture(
    components.map(({ weight, median, sigma }) => ({ weight, mean: Math.log(median), sd: sigma })),
  );
}

import { z } from 'zod';
import { counterUniform } from '../sim/distributions.ts';

const survival = z.strictObject({
  scale: z.number().positive().max(100).describe('a in the share exp(−a (k − 1)^b) of k turns or more, dimensionless'),
  shape: z.number().min(0.1).max(10).describe('b in the share exp(−a (k − 1)^b) of k turns or more, dimensionless'),
  max: z.int().min(1).max(10_000).default(100).describe('longest conversation, turns'),
});
type Survival = z.infer<typeof survival>;

/** How many turns a conversation has. */
export const turnsSchema = z.union([
  z.int().min(1).max(10_000).describe('always this many, turns'),
  z.literal('measured').describe('as in WildChat: 2.4 on average, 58 % of conversations have one, turns'),
  survival,
]);
export type Turns = z.infer<typeof turnsSchema>;

// WildChat (arXiv:2405.01470): shares .421, .262, .124, .027 of conversations have 2, 3, 5, 10 turns or more.
const WILDCHAT: Survival = { scale: 0.8675, shape: 0.626, max: 100 };

export class TurnSampler {
  readonly max: number;
  readonly #survival: Survival | undefined;

  constructor(turns: Turns) {
    this.#survival = typeof turns === 'number' ? undefined : turns === 'measured' ? WILDCHAT : turns;
    this.max = typeof turns === 'number' ? turns : this.#survival!.max;
  }

  /** The number that counter (streamSeed, session, draw) owns. */
  draw(streamSeed: number, session: number, draw: number): number {
    if (this.#survival === undefined) return this.max;
    const { scale, shape } = this.#survival;
    const excess = -Math.log(counterUniform(streamSeed, session, draw)) / scale;
    return Math.min(this.max, 1 + Math.floor(power(excess, 1 / shape)));
  }

  /** Share of conversations that have `turns` or more. */
  survival(turns: number): number {
    if (turns > this.max) return 0;
    if (this.#survival === undefined || turns <= 1) return 1;
    const { scale, shape } = this.#survival;
    return Math.exp(-scale * power(turns - 1, shape));
  }

  mean(): number {
    let mean = 0;
    for (let turn = 1; turn <= this.max; turn++) mean += this.survival(turn);
    return mean;
  }
}

function power(base: number, exponent: number): number {
  return Math.exp(Math.log(base) * exponent);
}

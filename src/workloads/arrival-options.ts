import { z } from 'zod';
import { rateFields } from './rate-options.ts';

const cv = () => z.number().min(0.05).max(50);

const kinds = {
  poisson: z.strictObject({ kind: z.literal('poisson').describe('independent arrivals'), ...rateFields }),

  // Azure LLM inference trace 2023, conversation: standard deviation / mean of the gaps within 5 minutes at the median.
  gamma: z.strictObject({
    kind: z.literal('gamma').describe('gamma gaps'),
    cv: cv()
      .default(1.04)
      .describe('standard deviation / mean of the gaps: 1 is Poisson, more is burstier, dimensionless'),
    ...rateFields,
  }),

  // ServeGen: about 0.3 of the clients have gaps nearer to a Weibull than to a gamma; a client's median cv.
  weibull: z.strictObject({
    kind: z.literal('weibull').describe('Weibull gaps'),
    cv: cv()
      .default(1.02)
      .describe('standard deviation / mean of the gaps: 1 is Poisson, more is burstier, dimensionless'),
    ...rateFields,
  }),

  // Azure LLM inference trace 2023, code completion: 58 bursts of 152 requests in 57.3 minutes, whose gaps within a burst
  // have a mean of 94 ms.
  'on-off': z.strictObject({
    kind: z.literal('on-off').describe('Poisson arrivals while on, none while off'),
    onS: z.number().positive().max(1e7).default(14).describe('mean of the exponential time on, s'),
    offS: z.number().positive().max(1e7).default(45).describe('mean of the exponential time off, s'),
    ...rateFields,
  }),

  // Of Azure 2023 conversation: counts vary by 0.21 beyond a Poisson process, and forget that in about 450 s.
  mmpp: z.strictObject({
    kind: z.literal('mmpp').describe('Poisson arrivals whose rate jumps between states'),
    states: z
      .array(
        z.strictObject({
          rate: z.number().min(0).max(1e6).describe('rate in this state, relative to the others, dimensionless'),
          meanS: z.number().positive().max(1e7).describe('mean of the exponential time in this state, s'),
        }),
      )
      .min(2)
      .max(100)
      .refine((states) => states.some(({ rate }) => rate > 0), 'all rates are zero')
      .default([
        { rate: 0.79, meanS: 900 },
        { rate: 1.21, meanS: 900 },
      ])
      .describe('states, after each of which any other is as likely to follow, dimensionless'),
    ...rateFields,
  }),

  // ServeGen, DeepSeek-R1: 73 clients, of which the largest sends 0.29 of the requests, the largest ten 0.68.
  clients: z.strictObject({
    kind: z.literal('clients').describe('clients of unequal size, each with gaps of its own'),
    clients: z.int().min(1).max(100_000).default(73).describe('how many there are, dimensionless'),
    zipf: z.number().min(0).max(10).default(1.15).describe('the k-th sends ∝ 1 / k to this power, dimensionless'),
    cv: z
      .array(z.tuple([z.number().min(0).max(1), cv()]))
      .min(2)
      .refine(
        (points) =>
          points[0]![0] === 0 &&
          points.at(-1)![0] === 1 &&
          points.every(([share, value], k) => k === 0 || (share > points[k - 1]![0] && value >= points[k - 1]![1])),
        'shares go from 0 to 1, and neither shares nor values fall',
      )
      .default([
        [0, 0.85],
        [0.25, 0.94],
        [0.5, 1.02],
        [0.75, 1.86],
        [0.9, 5.56],
        [0.99, 17.1],
        [1, 17.1],
      ])
      .describe(
        '[share of clients, standard deviation / mean of their gaps] pairs, geometric in between, dimensionless',
      ),
    weibullShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.26)
      .describe('clients with Weibull gaps, the others gamma, in [0, 1]'),
    ...rateFields,
  }),
};

/** When requests, conversations or sessions begin; how many, the workload says. */
export const arrivalsField = z
  .discriminatedUnion('kind', [kinds.poisson, kinds.gamma, kinds.weibull, kinds['on-off'], kinds.mmpp, kinds.clients])
  .prefault({ kind: 'poisson' })
  .describe('the process of arrivals, and how its rate changes with time, dimensionless');

export type ArrivalOptions = z.infer<typeof arrivalsField>;

import { z } from 'zod';
import { rateScaleField } from './replay.ts';

const MAX_S = 104 * 86_400;

export const traceOptions = z
  .strictObject({
    rateScale: rateScaleField,
    lengthScale: z
      .number()
      .positive()
      .max(1_000)
      .default(1)
      .describe('prompts, what they share, and answers are this many times as long as in the file, dimensionless'),
    fromS: z.number().min(0).max(MAX_S).default(0).describe('what the file has before this time is left out, s'),
    untilS: z
      .number()
      .positive()
      .max(MAX_S)
      .optional()
      .describe('what it has from this time on is left out, in the time of the file, s'),
    loop: z
      .boolean()
      .default(false)
      .describe('after the end it begins again, with prompts that share nothing with those before, in [false, true]'),
    keepShare: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe('share of the requests that are sent, chosen at random, conversations as a whole, in (0, 1]'),
    spreadMs: z
      .number()
      .min(0)
      .max(3_600_000)
      .optional()
      .describe(
        'requests with one timestamp are spread evenly at random from it to the next one in the file, but at most over ' +
          'this long; the grid of its format if left out (Mooncake 3000, BurstGPT 1000, others 0), ms',
      ),
    requestsPerS: z
      .number()
      .positive()
      .max(1e9)
      .optional()
      .describe(
        'rows are sent in their order at this mean rate (Poisson), whatever times they have; needed where they have none, 1/s',
      ),
    charactersPerToken: z
      .number()
      .positive()
      .max(100)
      .default(4)
      .describe('where a file has texts instead of lengths, characters'),
    skipBadRows: z
      .boolean()
      .default(false)
      .describe('malformed rows are left out and counted, instead of the run being refused, in [false, true]'),
  })
  .refine(({ fromS, untilS }) => untilS === undefined || untilS > fromS, {
    path: ['untilS'],
    message: 'must be later than fromS',
  })
  .meta({
    examples: [
      {},
      { rateScale: 1.5, lengthScale: 0.5 },
      { fromS: 60, untilS: 600, loop: true, keepShare: 0.5 },
      { requestsPerS: 8 },
    ],
  });
export type TraceOptions = z.infer<typeof traceOptions>;

import { z } from 'zod';
import { loadTestLengthSchema } from './load-test-lengths.ts';
import { MAX_TOKENS } from './lengths.ts';

/** As many as a run can number in 32 bits with room to spare. */
const MOST_REQUESTS = 100_000_000;
const LONGEST_STAGE_S = 8_640_000;

const wholeRequests = () => z.int().min(1).max(MOST_REQUESTS);

const stageSchema = z
  .strictObject({
    requestsPerS: z
      .number()
      .positive()
      .max(10_000_000)
      .optional()
      .describe('mean rate; left out, all requests of the stage are due at its start, requests/s'),
    requests: wholeRequests().optional().describe('how many are sent, requests'),
    durationS: z
      .number()
      .positive()
      .max(LONGEST_STAGE_S)
      .optional()
      .describe('instead of their number: how long the stage lasts, s'),
    arrivals: z
      .enum(['constant', 'poisson', 'gamma'])
      .default('poisson')
      .describe('gaps between requests: all alike, exponential or gamma, one of (constant, poisson, gamma)'),
    burstiness: z
      .number()
      .min(0.01)
      .max(1000)
      .optional()
      .describe('shape of gamma gaps: 1 is Poisson, less is burstier (CV = 1/√shape), dimensionless'),
    scaled: z
      .boolean()
      .default(true)
      .describe('stretch the gaps so that the stage lasts exactly requests / requestsPerS, one of (true, false)'),
  })
  .superRefine(({ requestsPerS, requests, durationS, arrivals, burstiness }, context) => {
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    if ((requests === undefined) === (durationS === undefined)) problem('give one of: requests, durationS');
    if (requestsPerS === undefined && durationS !== undefined) problem('durationS needs requestsPerS');
    if ((arrivals === 'gamma') !== (burstiness !== undefined)) problem('burstiness and arrivals: gamma go together');
    if (requestsPerS !== undefined && durationS !== undefined && Math.round(requestsPerS * durationS) < 1) {
      problem('the stage is over before its first request');
    }
  });

export const promptSetSchema = z
  .strictObject({
    distinct: wholeRequests().describe('different prompts, sent one after another and again from the first, prompts'),
    groups: z
      .int()
      .min(1)
      .max(MOST_REQUESTS)
      .default(1)
      .describe('prompt k belongs to group k mod groups, which shares a beginning, groups'),
    groupPrefixTokens: z
      .int()
      .min(0)
      .max(MAX_TOKENS)
      .default(0)
      .describe('length of that beginning; a shorter prompt consists of it, tokens'),
  })
  .describe('the set that prompts are taken from (left out, every prompt is a new one), prompts');

/** `examples` are open loops: what a closed loop asks for depends on who serves it. */
export const loadTestOptions = z
  .strictObject({
    stages: z.array(stageSchema).min(1).describe('what is sent one after another, each with a rate of its own, stages'),
    concurrency: wholeRequests()
      .optional()
      .describe('most requests on their way at once; who is due and finds no place waits in the client, requests'),
    promptTokens: loadTestLengthSchema.describe('prompt length, tokens'),
    outputTokens: loadTestLengthSchema.describe('generated length, tokens'),
    prompts: promptSetSchema.optional(),
  })
  .meta({
    examples: [
      { stages: [{ requestsPerS: 40, durationS: 3600 }], promptTokens: 512, outputTokens: 128 },
      {
        stages: [
          { requestsPerS: 30, durationS: 200, scaled: false },
          { requestsPerS: 30, requests: 40_000, arrivals: 'gamma', burstiness: 0.5 },
        ],
        promptTokens: { uniform: [800, 1000] },
        outputTokens: { mean: 250, sd: 50, min: 1 },
      },
      {
        stages: [{ requestsPerS: 20, durationS: 1200 }],
        promptTokens: 591,
        outputTokens: { uniform: [200, 248] },
        prompts: { distinct: 100, groups: 10, groupPrefixTokens: 100 },
      },
    ],
  });

export type LoadTestOptions = z.infer<typeof loadTestOptions>;
export type Stage = LoadTestOptions['stages'][number];
export type PromptSet = z.infer<typeof promptSetSchema>;

import { z } from 'zod';
import { arrivalsField } from './arrival-options.ts';
import { demandFields, exactlyOneDemand } from './demand-fields.ts';
import { lengthSchema, MAX_TOKENS } from './lengths.ts';
import { secondsSchema } from './seconds.ts';

// Defaults, unless said otherwise: 710 sessions of Claude Code (kv-cache-tester by C. Fox; Apache-2.0), 49,334 requests of
// real developers. Fits and their errors are in docs/workloads.md.

const share = () => z.number().min(0).max(1);
const tokens = () => z.number().min(1).max(MAX_TOKENS);

const requestsPerSessionFields = z
  .strictObject({
    scale: z.number().positive().max(1_000_000).default(69).describe('scale of a Weibull, requests'),
    shape: z.number().min(0.1).max(100).default(0.986).describe('shape of a Weibull, dimensionless'),
    min: z.int().min(1).max(1_000_000).default(3).describe('shorter sessions become this, requests'),
    max: z.int().min(1).max(1_000_000).default(600).describe('longer sessions become this, requests'),
  })
  .refine(({ min, max }) => min <= max, 'min is above max');
const requestsPerSession = requestsPerSessionFields
  .prefault(requestsPerSessionFields.parse({}))
  .describe('length of a session, requests');

const userShareFields = z.strictObject({
  median: share().default(0.0985).describe('median over sessions of a lognormal, in [0, 1]'),
  sigma: z.number().min(0).max(10).default(1.56).describe('standard deviation of the logarithm, dimensionless'),
  max: share().default(1).describe('larger shares become this, in [0, 1]'),
  correlation: z
    .number()
    .min(-1)
    .max(1)
    .default(-0.41)
    .describe('with the length of the session, as a Gaussian copula has it, in [-1, 1]'),
});
const userShare = userShareFields
  .prefault(userShareFields.parse({}))
  .describe('share of the requests of a session that a user triggers, the others follow tool results, in [0, 1]');

// Versions of the harness and their popularity: assumptions, no trace tells.
const prefixesFields = z.strictObject({
  distinct: z.int().min(1).max(100_000).default(20).describe('how many there are, dimensionless'),
  zipf: z.number().min(0).max(10).default(1).describe('the k-th is used ∝ 1 / k to this power, dimensionless'),
});
const prefixes = prefixesFields
  .prefault(prefixesFields.parse({}))
  .describe('versions of tools and system prompt, each shared by the sessions that use it, dimensionless');

// 45 % of the resumed sessions and 6 % of the fresh ones exceed 200,000 tokens; half of those that could grow so far end before.
const bigWindowFields = z.strictObject({
  share: share().default(0.31).describe('share of sessions with a big window; 0 if the model has none, in [0, 1]'),
  freshChance: share()
    .default(0.35)
    .describe('chance of a fresh session to have one, by that of a resumed session, in [0, 1]'),
  lengthDependence: z
    .number()
    .min(-1)
    .max(1)
    .default(-0.9)
    .describe('on the length of the session, as a Farlie-Gumbel-Morgenstern copula has it, in [-1, 1]'),
  resumedTokens: lengthSchema
    .default({ median: 255_000, sigma: 0.53, max: 850_000 })
    .describe('context with which a resumed session begins, tokens'),
  // Where such a session compacts was not measured: a tenth short of a window of a million tokens.
  compactAboveTokens: tokens().default(900_000).describe('context above which the harness compacts, tokens'),
});
const bigWindow = bigWindowFields
  .prefault(bigWindowFields.parse({}))
  .describe('sessions with a window of about a million tokens, dimensionless');

const readingFields = z.strictObject({
  share: share().default(0.65).describe('chance that the first step after a fresh start reads, in [0, 1]'),
  decay: share().default(0.6).describe('chance that a later one does, by that of the step before it, in [0, 1]'),
  tokens: lengthSchema
    .default({ median: 9_000, sigma: 0.9, max: 150_000 })
    .describe('what such a step adds to the context instead of toolStepTokens, tokens'),
});
const reading = readingFields
  .prefault(readingFields.parse({}))
  .describe('first steps of a fresh session, which read the project, dimensionless');

const compactionFields = z.strictObject({
  triggerTokens: z
    .strictObject({
      mean: tokens().default(160_000).describe('mean over sessions of a normal, tokens'),
      sd: z.number().min(0).max(MAX_TOKENS).default(16_000).describe('its standard deviation, tokens'),
    })
    .prefault({})
    .describe('context above which the harness compacts, tokens'),
  afterTokens: lengthSchema
    .default({ median: 50_000, sigma: 0.6, max: 130_000 })
    .describe('context that is left; tools and system prompt stay as they are, tokens'),
});
const compaction = compactionFields
  .prefault(compactionFields.parse({}))
  .describe('replacing a context that has grown too long by a summary, tokens');

const cacheBreaksFields = z.strictObject({
  perStep: share()
    .default(0.0105)
    .describe('share of requests before which the harness changes the history, in [0, 1]'),
  survivingShare: share().default(0.19).describe('share of the context before the change, in [0, 1]'),
});
const cacheBreaks = cacheBreaksFields
  .prefault(cacheBreaksFields.parse({}))
  .describe('changes of the history that are no compaction, dimensionless');

// TraceLab: 4.8 to 5.3 % of tool calls fail. Off by default, because the measured lengths of sessions contain the repairs.
const failuresFields = z.strictObject({
  perStep: share().default(0).describe('share of steps that fail; 0.05 is that of tool calls in TraceLab, in [0, 1]'),
  repairShare: share()
    .default(0.8)
    .describe('failed steps that one more step repairs; after the others the session ends, in [0, 1]'),
});
const failures = failuresFields
  .prefault(failuresFields.parse({}))
  .describe('steps whose tool fails or whose result is wrong, dimensionless');

// 63 subagents in 17 of the 710 sessions, of 10.7 requests on average, p90 17, with a first context of 9,500 tokens.
const subagentsFields = z.strictObject({
  share: share().default(0.024).describe('share of sessions that start some, after one of their steps, in [0, 1]'),
  count: z
    .int()
    .min(1)
    .max(1_000)
    .default(4)
    .describe('how many start together; the session goes on when all are done, agents'),
  requests: lengthSchema.default({ median: 9.7, sigma: 0.435 }).describe('length of one, requests'),
  startTokens: lengthSchema.default(9_500).describe('context with which one begins, shared with nobody, tokens'),
});
const subagents = subagentsFields
  .prefault(subagentsFields.parse({}))
  .describe('helpers that a session starts, each with a context of its own, dimensionless');

// Chosen for the output of sessions.
const outputLikenessFields = z.strictObject({
  ofSession: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('of an answer with its session, as a Gaussian copula has it: 0 if answers are independent, in [0, 1]'),
  withLength: z
    .number()
    .min(-1)
    .max(1)
    .default(-0.24)
    .describe('of a session’s answers with its number of requests, likewise, in [-1, 1]'),
});
const outputLikeness = outputLikenessFields
  .prefault(outputLikenessFields.parse({}))
  .describe(
    'answers of one session are alike; over all steps they are distributed as outputTokens says, dimensionless',
  );

export const agenticOptions = z
  .strictObject({
    ...demandFields,
    arrivals: arrivalsField,
    requestsPerSession,
    userShare,
    // Tools 12,260 and system prompt 2,772 tokens at the median.
    prefixTokens: lengthSchema
      .default({ median: 14_900, sigma: 0.15 })
      .describe('tools and system prompt with which every context begins, tokens'),
    prefixes,
    freshShare: share().default(0.55).describe('share of sessions that begin with an empty history, in [0, 1]'),
    freshCorrelation: z
      .number()
      .min(-1)
      .max(1)
      .default(0.45)
      .describe('of a fresh start with the length of the session, as a Gaussian copula has it, in [-1, 1]'),
    freshTokens: lengthSchema
      .default({ median: 3_800, sigma: 0.75 })
      .describe('first message and project context of a fresh session, tokens'),
    reading,
    resumedTokens: lengthSchema
      .default({ median: 84_000, sigma: 0.36, max: 150_000 })
      .describe('whole context with which a resumed session begins, tokens'),
    bigWindow,
    toolStepTokens: lengthSchema
      .default({ median: 290, sigma: 1.7, max: 60_000 })
      .describe('what a tool result adds to the context, tokens'),
    userStepTokens: lengthSchema
      .default({ median: 253, sigma: 1.69, max: 60_000 })
      .describe('what a user adds to the context, tokens'),
    outputTokens: lengthSchema
      .default({
        mixture: [
          { weight: 0.64, median: 179.5, sigma: 0.53 },
          { weight: 0.36, median: 502.7, sigma: 1.05 },
        ],
        max: 20_000,
      })
      .describe('generated length of one step, reasoning included, tokens'),
    outputLikeness,
    // TraceLab (Codex sessions): 36.8 of 90.1 million output tokens.
    reasoningShare: z.number().min(0).lt(1).default(0.41).describe('share of the output that is reasoning, in [0, 1)'),
    toolGapS: secondsSchema
      .default({
        mixture: [
          { weight: 0.72, median: 7.24, sigma: 0.57 },
          { weight: 0.28, median: 59, sigma: 1.15 },
        ],
      })
      .describe('answer complete to tool result sent: execution, client and approvals, s'),
    // TraceLab: 1.21 with the gap of pure execution; the default gap is that from answer to the last of several results.
    toolsPerStep: z
      .number()
      .min(1)
      .max(50)
      .default(1)
      .describe('mean of the geometric number of tools that run at once; the slowest is waited for, tools'),
    userGapS: secondsSchema
      .default({
        mixture: [
          { weight: 0.5, median: 11.5, sigma: 0.45 },
          { weight: 0.486, median: 165, sigma: 1.65 },
          { weight: 0.014, median: 20_000, sigma: 0.9 },
        ],
        max: 86_400,
      })
      .describe('answer complete to next message of the user, s'),
    // Chosen for the spread of the durations of sessions; medians of their gaps lie between 9 s at p10 and 525 s at p90.
    userPaceSigma: z
      .number()
      .min(0)
      .max(10)
      .default(0.7)
      .describe('users differ in pace: all gaps of a session are stretched by a lognormal of median 1, dimensionless'),
    patienceS: secondsSchema
      .optional()
      .describe('a session ends if an answer takes longer than this to be complete; without, never, s'),
    compaction,
    cacheBreaks,
    failures,
    subagents,
    historyKeepsReasoning: z
      .boolean()
      .default(true)
      .describe('whether reasoning stays in the context of later steps, boolean'),
    reuseOutput: z.boolean().default(true).describe('whether the KV cache of an answer serves the next step, boolean'),
  })
  .superRefine(exactlyOneDemand)
  .meta({
    examples: [
      { sessionsPerHour: 40 },
      { sessionsPerHour: 600, toolGapS: 0.3, bigWindow: { share: 0 } },
      {
        users: { count: 300, tasksPerDay: 6 },
        toolsPerStep: 1.21,
        toolGapS: { median: 0.285, sigma: 2.9, max: 3600 },
        failures: { perStep: 0.05 },
        subagents: { share: 0.2 },
        historyKeepsReasoning: false,
      },
    ],
  });

export type AgenticOptions = z.infer<typeof agenticOptions>;

/** What its sessions are like, whatever is asked for and when. */
export type SessionOptions = Omit<AgenticOptions, keyof typeof demandFields | 'arrivals'>;

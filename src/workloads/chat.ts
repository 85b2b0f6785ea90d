import { z } from 'zod';
import { conversationDemand } from './conversation-demand.ts';
import { conversationFields, onlyWithEffect, type ConversationOptions } from './conversation-options.ts';
import { Conversations } from './conversations.ts';
import { exactlyOneDemand } from './demand-fields.ts';
import { lengthSchema, type Length } from './lengths.ts';
import type { WorkloadModule } from './workload-module.ts';

// Both lengths: Azure LLM inference trace 2023, conversation (Splitwise, ISCA 2024; CC BY 4.0), 19,366 requests. The
// prompts pile up near 400, 1,100 and 4,100 tokens and the outputs near 400, which lognormals smooth away.
/* prettier-ignore */
const azurePromptTokens: Length = {
  quantiles: [
    [0, 2], [0.01, 29], [0.02, 91], [0.05, 181], [0.1, 207], [0.15, 372], [0.3, 403], [0.35, 414], [0.4, 703],
    [0.5, 1020], [0.75, 1189], [0.8, 1315], [0.85, 1876], [0.9, 2734], [0.925, 4075], [0.98, 4098], [0.99, 4142],
    [0.999, 6179], [1, 14050],
  ],
};
/* prettier-ignore */
const azureOutputTokens: Length = {
  quantiles: [
    [0, 7], [0.01, 16], [0.05, 41], [0.1, 54], [0.25, 85], [0.4, 103], [0.5, 129], [0.6, 177], [0.65, 217], [0.7, 384],
    [0.75, 395], [0.9, 424], [0.95, 451], [0.99, 601], [0.999, 954], [1, 1000],
  ],
};

const { historyKeepsReasoning: _, ...fields } = conversationFields;

const options = z
  .strictObject({
    ...fields,
    promptTokens: lengthSchema
      .default(azurePromptTokens)
      .describe('prompt length; with several turns, of the first, tokens'),
    outputTokens: lengthSchema.default(azureOutputTokens).describe('answer length, tokens'),
  })
  .superRefine(exactlyOneDemand)
  .superRefine(onlyWithEffect)
  .meta({
    examples: [
      { requestsPerS: 40 },
      { requestsPerS: 40, arrivals: { kind: 'gamma', cv: 1.5 }, promptTokens: 512, outputTokens: 256 },
      { requestsPerS: 40, turns: 'measured', systemPromptTokens: 512 },
      { requestsPerS: 40, turns: { scale: 1.38, shape: 0.72 }, turnGapS: 60 },
      { users: { count: 100_000, tasksPerDay: 8 }, turns: 3, thinkS: { median: 40, sigma: 1 } },
      { tokensPerDay: 1e9, arrivals: { kind: 'weibull', cv: 1.2 } },
    ],
  });
type Options = z.infer<typeof options>;

/** Nothing in these answers is hidden. */
function conversationsOf(options: Options): ConversationOptions {
  return { ...options, reasoningShare: 0, historyKeepsReasoning: true };
}

export const chat: WorkloadModule<Options> = {
  name: 'chat',
  summary: 'chat from many independent users, in single requests or conversations',
  options,
  readsTrace: false,
  create(options, context) {
    const workload = new Conversations(conversationsOf(options), context);
    // Who does not listen to departures is not told of them, which is faster.
    return options.turns === 1 ? { pull: (sink) => workload.pull(sink) } : workload;
  },
  demand: (options) => conversationDemand(conversationsOf(options)),
};

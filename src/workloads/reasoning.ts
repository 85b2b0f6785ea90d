import { z } from 'zod';
import { conversationDemand } from './conversation-demand.ts';
import { conversationFields, onlyWithEffect } from './conversation-options.ts';
import { Conversations } from './conversations.ts';
import { exactlyOneDemand } from './demand-fields.ts';
import { lengthSchema, type Length } from './lengths.ts';
import { reasoningShareSchema, type ReasoningShare } from './reasoning-share.ts';
import type { WorkloadModule } from './workload-module.ts';

// All shapes: a day of 1.38 million DeepSeek-R1 requests in ServeGen (Alibaba; Apache-2.0). Its prompts have a heavier
// tail than a lognormal of their median, which would lack a quarter of the prompt tokens.
/* prettier-ignore */
const servegenPromptTokens: Length = {
  quantiles: [
    [0, 4], [0.01, 9], [0.05, 13], [0.1, 18], [0.25, 41], [0.4, 113], [0.5, 208], [0.6, 266], [0.75, 482], [0.85, 1165],
    [0.9, 2092], [0.95, 6714], [0.99, 23423], [0.999, 33783], [1, 57284],
  ],
};
const servegenOutputTokens: Length = {
  mixture: [
    { weight: 0.777, median: 652, sigma: 0.754 },
    { weight: 0.223, median: 2416, sigma: 1.01 },
  ],
  max: 32768,
};
const servegenReasoningShare: ReasoningShare = {
  mixture: [
    { weight: 0.173, median: 0.38, sigma: 0.278 },
    { weight: 0.827, median: 0.828, sigma: 1.29 },
  ],
};

const options = z
  .strictObject({
    ...conversationFields,
    promptTokens: lengthSchema
      .default(servegenPromptTokens)
      .describe('prompt length; with several turns, of the first, tokens'),
    outputTokens: lengthSchema.default(servegenOutputTokens).describe('generated length, reasoning included, tokens'),
    reasoningShare: reasoningShareSchema
      .default(servegenReasoningShare)
      .describe('share of the output that is reasoning hidden from the user, in [0, 1)'),
  })
  .superRefine(exactlyOneDemand)
  .superRefine(onlyWithEffect)
  .meta({
    examples: [
      { requestsPerS: 16 },
      { requestsPerS: 16, outputTokens: 2, reasoningShare: 0.7 },
      { requestsPerS: 16, turns: 'measured', promptTokens: { median: 300, sigma: 1 } },
      { requestsPerS: 16, turns: 3, historyKeepsReasoning: true, promptTokens: { median: 300, sigma: 1 } },
    ],
  });

export const reasoning: WorkloadModule<z.infer<typeof options>> = {
  name: 'reasoning',
  summary: 'questions to a model that thinks in hidden tokens before it answers, single or in conversations',
  options,
  readsTrace: false,
  create(options, context) {
    const workload = new Conversations(options, context);
    return options.turns === 1 ? { pull: (sink) => workload.pull(sink) } : workload;
  },
  demand: conversationDemand,
};

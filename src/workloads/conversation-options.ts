import { z } from 'zod';
import { arrivalsField } from './arrival-options.ts';
import { demandFields } from './demand-fields.ts';
import { lengthSchema, MAX_TOKENS, type Length } from './lengths.ts';
import { reasoningShareSchema } from './reasoning-share.ts';
import { secondsSchema, type Seconds } from './seconds.ts';
import { turnsSchema } from './turns.ts';

// No public trace tells what the user of a short chat adds per turn: an assumption, a typed message.
const typedMessageTokens: Length = { median: 55, sigma: 1.1 };
// Mooncake conversation trace (FAST 2025; Apache-2.0), follow-up requests found by their shared blocks.
const mooncakeTurnGapS: Seconds = { median: 139.8, sigma: 0.99, min: 6 };

/** What conversations have in common, whoever is asked. */
export const conversationFields = {
  ...demandFields,
  arrivals: arrivalsField,
  systemPromptTokens: z
    .int()
    .min(0)
    .max(MAX_TOKENS)
    .default(0)
    .describe('beginning that all longer prompts share (512 in the Mooncake conversation trace), tokens'),
  turns: turnsSchema.default(1).describe('requests of one conversation, turns'),
  turnTokens: lengthSchema
    .default(typedMessageTokens)
    .describe('what a later turn adds to the conversation so far, tokens'),
  turnGapS: secondsSchema
    .default(mooncakeTurnGapS)
    .describe('start of a turn to start of the next, which never comes before the answer is complete, s'),
  thinkS: secondsSchema
    .optional()
    .describe('answer complete to start of the next turn; takes the place of turnGapS, s'),
  patienceS: secondsSchema
    .optional()
    .describe('a conversation ends if an answer takes longer than this to be complete; without, never, s'),
  historyKeepsReasoning: z
    .boolean()
    .default(false)
    .describe('whether hidden reasoning stays in the prompts of later turns, boolean'),
};

const conversationOptions = z.strictObject({
  ...conversationFields,
  promptTokens: lengthSchema,
  outputTokens: lengthSchema,
  reasoningShare: reasoningShareSchema,
});
export type ConversationOptions = z.infer<typeof conversationOptions>;

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
  // Azure 2023 conversation: 0.01 (and answers of 400 tokens for most prompts of about 1,000, which no copula of this kind has);
  // Mooncake conversation: 0.07; one hour of DeepSeek-R1 in ServeGen: −0.45, because its clients differ.
  lengthCorrelation: z
    .number()
    .min(-1)
    .max(1)
    .default(0)
    .describe('of a single request or first turn, prompt with answer, as a Gaussian copula has it, in [-1, 1]'),
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

type Turning = Partial<
  Record<'turnTokens' | 'turnGapS' | 'thinkS' | 'patienceS' | 'historyKeepsReasoning' | 'turns', unknown>
>;

const ofLaterTurns = ['turnTokens', 'turnGapS', 'thinkS', 'patienceS', 'historyKeepsReasoning'] as const;
const withoutEffect = { turnTokens: typedMessageTokens, turnGapS: mooncakeTurnGapS, historyKeepsReasoning: false };
type Defaulted = keyof typeof withoutEffect;

/** Options that say nothing, because of others, are mistakes; those that say what they say by default are not. */
export function onlyWithEffect(given: Turning, context: z.core.$RefinementCtx): void {
  const isSaid = (name: (typeof ofLaterTurns)[number]) =>
    given[name] !== undefined && JSON.stringify(given[name]) !== JSON.stringify(withoutEffect[name as Defaulted]);
  const problem = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  if (given.turns === 1) {
    for (const name of ofLaterTurns.filter(isSaid)) {
      problem(name, 'has no effect on conversations of one turn — give turns, such as measured, or leave it out');
    }
  } else if (given.thinkS !== undefined && isSaid('turnGapS')) {
    problem('turnGapS', 'thinkS takes its place — give one of the two');
  }
}

const conversationOptions = z.strictObject({
  ...conversationFields,
  promptTokens: lengthSchema,
  outputTokens: lengthSchema,
  reasoningShare: reasoningShareSchema,
});
export type ConversationOptions = z.infer<typeof conversationOptions>;

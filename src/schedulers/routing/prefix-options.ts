import { z } from 'zod';

export const prefixFields = {
  hits: z
    .enum(['estimated', 'exact'])
    .default('estimated')
    .describe(
      'what the router knows of caches: which prompts it has sent where (estimated), or what is left there of them (exact: an oracle)',
    ),
  historyStreams: z
    .int()
    .min(1)
    .max(1e7)
    .default(16_384)
    .describe('what is remembered for each instance: conversations, system prompts, documents; streams'),
};

import { z } from 'zod';
import type { BatchingModule } from './batching-module.ts';
import { commonConflict, commonParts, promptBudgetConflict, victimOption } from './common-options.ts';

const options = z.strictObject({
  victim: victimOption(),
  decodeSeqs: z
    .int()
    .min(1)
    .default(1)
    .describe('prompts are computed only while fewer sequences decode; 1 lets all answers finish first; sequences'),
});

export const decodeFirst: BatchingModule<z.output<typeof options>> = {
  name: 'decode-first',
  summary: 'first come, first served; no prompts are computed while enough sequences decode',
  options,
  create: ({ victim, decodeSeqs: enough }) => ({
    queueOf: () => 0,
    rank: () => 0,
    ...commonParts({ victim }, () => 0),
    prefillTokenBudget: (decodeSeqs) => (decodeSeqs < enough ? Number.MAX_SAFE_INTEGER : 0),
  }),
  conflict: ({ victim }, engine) => promptBudgetConflict('decode-first', engine) ?? commonConflict({ victim }, engine),
};

import { z } from 'zod';
import type { BatchingModule } from './batching-module.ts';
import {
  commonConflict,
  commonParts,
  promptBudgetConflict,
  victimOption,
  type CommonOptions,
} from './common-options.ts';

/** A. Agrawal et al., Sarathi-Serve (OSDI 2024): a small step budget once somebody decodes bounds the time between tokens. */
const options = z.strictObject({
  victim: victimOption(),
  stepTokens: z
    .int()
    .min(1)
    .default(512)
    .describe(
      'most tokens of a step in which somebody decodes, one for each decoding sequence and the rest for prompts; tokens',
    ),
});

export const chunked: BatchingModule<CommonOptions> = {
  name: 'chunked',
  summary: 'first come, first served; small chunks of prompts while somebody decodes, large ones otherwise',
  options,
  create: (given) => ({ queueOf: () => 0, rank: () => 0, ...commonParts(given, () => 0) }),
  conflict: (given, engine) => promptBudgetConflict('chunked', engine) ?? commonConflict(given, engine),
};

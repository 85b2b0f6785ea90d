import { z } from 'zod';
import { KV_ALLOCATIONS } from '../sim/plan.ts';
import type { Catalogue } from './catalogue-types.ts';
import { duration } from './duration.ts';
import { count, flag, known, share } from './fields.ts';
import { speculationSchema } from './speculation.ts';

/** The serving engine; what is left out is as the engine does it. */
export function engineSchema(catalogue: Catalogue) {
  return z.strictObject({
    kind: known('engine', catalogue.engines, `engine profile (default: ${catalogue.defaults.engine})`).optional(),
    versionClass: z
      .string()
      .optional()
      .describe('versions of the engine that behave alike (default: that of its profile)'),
    maxNumSeqs: count('most requests in the running batch (default: as the engine, vllm 256)').optional(),
    maxNumBatchedTokens: count('most tokens computed in one step (default: as the engine, vllm 8192)').optional(),
    maxModelTokens: count(
      "longest prompt + output it accepts, tokens (default: the model's context, as far as the KV cache holds it)",
    ).optional(),
    blockTokens: count('tokens in one block of the KV cache (default: as the engine, vllm 16)').optional(),
    memoryUtilisation: share('share of the memory the engine may fill (default: 0.9)').optional(),
    reserveFullPrompt: z
      .boolean()
      .optional()
      .describe('admit a prompt only when blocks for all of it are free (default: as the engine does)'),
    kvAllocation: known(
      'allocation',
      KV_ALLOCATIONS,
      'when KV blocks are taken: as tokens are computed (`paged`), or at admission for the whole answer (`output`) or for maxModelTokens (`maximum`) (default: as the engine does)',
    ).optional(),
    continuousBatching: flag(
      'requests join a batch at any step; without, only when all that ran before have left (default: as the engine does)',
    ),
    chunkedPrefill: flag('a prompt may be spread over several steps (default: as the engine does)'),
    prefillFirst: flag('steps with prompt tokens carry nothing else, and come first (default: as the engine does)'),
    asyncScheduling: flag('a batch is settled while the step before it runs (default: as the engine does)'),
    receiveEverySteps: count(
      'while it decodes it looks for new requests every so many steps, as SGLang with --scheduler-recv-interval (default: 1)',
    ).optional(),
    speculation: speculationSchema(catalogue).optional(),
    prefixCaching: z
      .boolean()
      .optional()
      .describe('keep the KV cache of finished prompts and reuse it for prompts that begin alike (default: true)'),
    prefixIdle: duration('forget cached prefixes that nobody has used for so long (default: never)').optional(),
    watermark: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe('share of the KV blocks that admission leaves free, in [0, 1) (default: 0)'),
  });
}

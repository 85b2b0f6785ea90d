import { z } from 'zod';
import type { BatchingPolicy } from '../../sim/ports.ts';
import type { BatchingModule } from './batching-module.ts';
import { commonConflict, commonParts, stepTokensOption, victimOption, type CommonOptions } from './common-options.ts';

/** A policy with one queue in the order of a rank, and no options but the common ones. */
export function byRank(
  name: string,
  summary: string,
  rank: BatchingPolicy['rank'],
  usualVictim: CommonOptions['victim'] = 'last-admitted',
): BatchingModule<CommonOptions> {
  return {
    name,
    summary,
    options: z.strictObject({ victim: victimOption(usualVictim), stepTokens: stepTokensOption() }),
    create: (options) => ({
      queueOf: () => 0,
      rank,
      ...commonParts(options, (request, requests) => rank(request, requests, 0)),
    }),
    conflict: commonConflict,
  };
}

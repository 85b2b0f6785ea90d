import { z } from 'zod';
import type { EnginePlan } from '../../sim/plan.ts';
import type { BatchingPolicy } from '../../sim/ports.ts';

const VICTIMS = ['last-admitted', 'last-in-order', 'fewest-computed'] as const;

/** What every policy can be told beside its own options. */
export interface CommonOptions {
  readonly victim: (typeof VICTIMS)[number];
  readonly stepTokens?: number | undefined;
}

export function victimOption(usual: CommonOptions['victim'] = 'last-admitted') {
  return z
    .enum(VICTIMS)
    .default(usual)
    .describe(
      'who is preempted when KV blocks are short: the one admitted last, the one that the policy itself would serve last, or the one with the fewest computed tokens',
    );
}

export function stepTokensOption() {
  return z
    .int()
    .min(1)
    .optional()
    .describe(
      'most tokens of a step in which somebody decodes: one for each decoding sequence, the rest for prompts; left out, what the engine allows; tokens',
    );
}

/**
 * What a policy does by its common options.
 * @param lastInOrder of running requests the one with the highest answer would be served last
 */
export function commonParts(
  { victim, stepTokens }: CommonOptions,
  lastInOrder: NonNullable<BatchingPolicy['victimRank']>,
): Pick<BatchingPolicy, 'victimRank' | 'prefillTokenBudget'> {
  return {
    ...(victim === 'last-in-order' && { victimRank: lastInOrder }),
    ...(victim === 'fewest-computed' && { victimRank: (_request, _requests, computedTokens) => -computedTokens }),
    ...(stepTokens !== undefined && { prefillTokenBudget: (decodeSeqs) => Math.max(0, stepTokens - decodeSeqs) }),
  };
}

/** Why an engine cannot do what the common options ask. */
export function commonConflict({ victim, stepTokens }: CommonOptions, engine: EnginePlan): string | undefined {
  if (victim !== 'last-admitted' && engine.kvAllocation !== 'paged') {
    return `this engine never preempts (kvAllocation: ${engine.kvAllocation}), so it needs no victim — leave victim out`;
  }
  return stepTokens === undefined ? undefined : promptBudgetConflict('stepTokens', engine);
}

/** Why such an engine cannot share a step out between prompts and decoding sequences as an option or a policy wants. */
export function promptBudgetConflict(wanted: string, engine: EnginePlan): string | undefined {
  if (engine.prefillFirst) {
    return `with prefillFirst no step carries both prompts and decoding sequences, so there is nothing for ${wanted} to share out — write prefillFirst: false, or do without ${wanted}`;
  }
  if (!engine.chunkedPrefill) {
    return `without chunkedPrefill most prompts would wait until nobody decodes — write chunkedPrefill: true, or do without ${wanted}`;
  }
  return undefined;
}

import { z } from 'zod';
import type { BatchingModule } from './batching-module.ts';
import { commonConflict, commonParts, stepTokensOption, victimOption } from './common-options.ts';

const options = z.strictObject({
  quantumTokens: z
    .int()
    .min(1)
    .default(64)
    .describe(
      'output tokens after which a request of the highest level goes down one; each level has twice those of the one above; tokens',
    ),
  levels: z.int().min(2).max(20).default(4).describe('queues; at the lowest level nobody gives way; levels'),
  promptTokens: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'a prompt of up to so many tokens begins at the highest level, one of up to twice as many at the next, and so on; 0: all begin at the highest; tokens',
    ),
  victim: victimOption(),
  stepTokens: stepTokensOption(),
});

/**
 * Short answers first without knowing lengths: F. Corbató's feedback queues, as B. Wu et al. have them for LLMs ("Fast
 * Distributed Inference Serving for Large Language Models", 2023), `promptTokens` being their skip-join. Who gives way loses
 * his KV blocks and computes them again, or finds them in a prefix cache or tier; nothing is swapped.
 */
export const multilevelFeedback: BatchingModule<z.output<typeof options>> = {
  name: 'multilevel-feedback',
  summary:
    'who has generated least first: after a quantum a request goes down a level, and gives way if too many wait at higher ones',
  options,
  create({ quantumTokens, levels, promptTokens, ...common }) {
    const lowest = levels - 1;
    const firstLevel = (prompt: number): number => {
      let level = 0;
      for (let most = promptTokens; most > 0 && prompt > most && level < lowest; most *= 2) level++;
      return level;
    };
    const quanta = Array.from({ length: lowest }, (_, level) => quantumTokens * (1 << level));
    return {
      queueOf: (request, requests, level) => Math.min(lowest, firstLevel(requests.promptTokens(request)) + level),
      rank: () => 0,
      quantumTokens: (request, requests, level) =>
        quanta[firstLevel(requests.promptTokens(request)) + level] ?? Infinity,
      ...commonParts(common, (_request, _requests, computedTokens) => computedTokens),
    };
  },
  conflict(given, engine) {
    if (engine.kvAllocation !== 'paged') {
      return `this engine never preempts (kvAllocation: ${engine.kvAllocation}), so nobody can give way — write kvAllocation: paged`;
    }
    if (!engine.continuousBatching) {
      return 'without continuousBatching nobody could take the place of who gives way — write continuousBatching: true';
    }
    return commonConflict(given, engine);
  },
};

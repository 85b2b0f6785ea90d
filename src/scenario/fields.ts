import { z } from 'zod';
import { unknownName } from './did-you-mean.ts';

/** No count in a scenario is sensibly above it, and rows are counted in 32 bits. */
export const MOST = 100_000_000;
const LARGEST_POOL = 1_000_000;

/** One of some names. */
export function known<Name extends string>(noun: string, names: readonly Name[], description: string) {
  return z
    .enum(names, {
      error: ({ input }) => (input === undefined ? undefined : unknownName(noun, input, names)),
    })
    .describe(description);
}

export const flag = (description: string) => z.boolean().optional().describe(description);
export const count = (description: string) => z.int().min(1).max(MOST).describe(description);
export const size = (description: string) => z.int().min(1).max(LARGEST_POOL).describe(description);
export const share = (description: string) => z.number().gt(0).max(1).describe(description);

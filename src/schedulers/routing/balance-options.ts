import { z } from 'zod';

/**
 * When a preferred instance has too much to do: both must be exceeded, so that neither a few requests at night nor a small
 * difference at noon breaks what caches hold. The defaults are those of SGLang's cache-aware router.
 */
export const balanceFields = {
  balanceRequests: z
    .number()
    .min(0)
    .max(1e6)
    .default(64)
    .describe('leave a preferred instance that has so many more outstanding requests than the least loaded, requests'),
  balanceFactor: z
    .number()
    .min(1)
    .max(1e6)
    .default(1.5)
    .describe('… and more than so many times as many as the least loaded, dimensionless'),
};

interface BalanceOptions {
  readonly balanceRequests: number;
  readonly balanceFactor: number;
}

export function isOverloaded(outstanding: number, least: number, options: BalanceOptions): boolean {
  return outstanding > least + options.balanceRequests && outstanding > options.balanceFactor * least;
}

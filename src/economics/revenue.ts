import type { TariffPlan } from '../sim/money-plan.ts';

const MILLION = 1e6;

/** Tokens that somebody is billed for. */
export interface BilledTokens {
  /** Not found in the cache. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Hidden reasoning included: it is billed as output. */
  readonly outputTokens: number;
}

/** What the tokens of a price list bring in, USD, by what is billed. */
export interface Revenue {
  /** Cache writes included. */
  readonly inputUsd: number;
  readonly cachedUsd: number;
  readonly outputUsd: number;
  readonly totalUsd: number;
}

/** Σ tokens × price; of the input tokens that were not cached, `cacheWriteShare` pay the price of a write instead. */
export function revenueOf(tokens: BilledTokens, tariff: TariffPlan): Revenue {
  const inputPrice = tariff.input + (tariff.cacheWrite - tariff.input) * tariff.cacheWriteShare;
  const inputUsd = (tokens.inputTokens * inputPrice) / MILLION;
  const cachedUsd = (tokens.cachedTokens * tariff.cached) / MILLION;
  const outputUsd = (tokens.outputTokens * tariff.output) / MILLION;
  return { inputUsd, cachedUsd, outputUsd, totalUsd: inputUsd + cachedUsd + outputUsd };
}

/** 1 − cost / revenue; undefined where nothing was sold. */
export function grossMargin(costUsd: number, revenueUsd: number): number | undefined {
  return revenueUsd > 0 ? 1 - costUsd / revenueUsd : undefined;
}

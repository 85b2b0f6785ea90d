import { counterUniform, exponential } from './distributions.ts';
import type { Ns } from './units.ts';

/** How the instances of a pool are asked back by who lends them, and what comes after that. */
export interface EvictionPlan {
  /** Mean time from when an instance is ready until it is asked back, exponential; left out, that is never by chance. */
  readonly meanNs?: Ns;
  /** Stretches in which there are none to be had, rising and apart, up to the horizon: asked back where one begins. */
  readonly scarceNs?: readonly (readonly [fromNs: Ns, untilNs: Ns])[];
  /** From being asked back until it is taken away. */
  readonly noticeNs: Ns;
  /** Until another one is lent, and is held and paid for. A pool that is scaled orders by its policy instead. */
  readonly replaceNs: Ns;
  /** From then on until its model is loaded. */
  readonly loadNs: Ns;
}

/** The stretch of scarcity that holds at a moment. */
export function scarcityAt(
  { scarceNs }: Pick<EvictionPlan, 'scarceNs'>,
  nowNs: Ns,
): readonly [fromNs: Ns, untilNs: Ns] | undefined {
  return scarceNs?.find(([fromNs, untilNs]) => fromNs <= nowNs && untilNs > nowNs);
}

/** What evictions have done to a pool over the whole run. */
export interface EvictionTotals {
  /** Instances that were asked back. */
  readonly evictedInstances: number;
  /** Requests that an instance had when it was taken away: they begin again elsewhere. */
  readonly lostRequests: number;
  /** Output tokens that they had, and have to be generated again. */
  readonly lostOutputTokens: number;
}

/** Whether the instances of a pool are switched on and off. */
export function comesAndGoes({
  scaling,
  eviction,
}: {
  readonly scaling?: object;
  readonly eviction?: object;
}): boolean {
  return scaling !== undefined || eviction !== undefined;
}

const PURPOSE = 0x51ed270b;

/**
 * How long an instance may stay this time, a whole number of ns from 1. It depends on the seed, its place in the fleet and
 * how often it was ready before, and on nothing else: two policies meet the same evictions as long as they can.
 *
 * @param life how often it was ready before
 */
export function lifetimeNs(seed: number, pool: number, place: number, life: number, meanNs: Ns): Ns {
  const stream = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(pool + 1, PURPOSE);
  return Math.max(1, Math.round(exponential(counterUniform(stream, place, life), meanNs)));
}

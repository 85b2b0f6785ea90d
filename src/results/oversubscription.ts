import type { Rng } from '../sim/streams.ts';

/** Servers alike that share a budget with others: what each drew of IT whenever telemetry was taken, W. */
export interface DrawnPool {
  /** One per server, all of one length. */
  readonly draws: readonly Float64Array[];
  /** Of one server: what a facility is built for. */
  readonly ratedWatts: number;
}

export interface BreakerLimits {
  /** What is left for IT of a budget when servers of so many rated watts stand behind it. */
  budgetWatts(ratedWatts: number): number;
  /** A brake is put on at the moment after so many that are over the budget without a break. */
  readonly delayMoments: number;
  /** Share of moments at which a brake may be on its way. */
  readonly chance: number;
}

/** So many servers, and the share of moments at which they would be over the budget for long enough. */
export interface ServerCount {
  readonly servers: number;
  readonly share: number;
}

export interface PlannedServers {
  /** The most that keep the chance; 0 servers where one is too many. */
  readonly planned: ServerCount;
  /** One more. */
  readonly next: ServerCount;
  /** As many as were drawn: to be compared with what they did. */
  readonly drawn: ServerCount;
}

/** Fleets are put together so often; the share of moments is a mean over them. */
const FLEETS = 100;
/** A budget that so many times the servers do not reach is no limit. */
const MOST_TIMES = 20;

/**
 * How many servers may stand behind a breaker. Fleets of n servers are put together from those that were drawn, with
 * replacement, in the mix of the pools; each keeps its draws at their moments, so what moves all of them together (the hours)
 * and what lasts (a long request) stay as they were. It is supposed that more servers get more load, each as much as before.
 */
export function planServers(pools: readonly DrawnPool[], limits: BreakerLimits, rng: Rng): PlannedServers {
  const drawnServers = pools.reduce((sum, { draws }) => sum + draws.length, 0);
  const moments = pools[0]!.draws[0]!.length;
  const fleets = Array.from({ length: FLEETS }, () => new Float64Array(moments));
  const counts = pools.map(() => 0);
  let ratedWatts = 0;
  let planned: ServerCount = { servers: 0, share: 0 };
  let next: ServerCount | undefined;
  let drawn: ServerCount | undefined;
  for (let servers = 1; next === undefined || drawn === undefined; servers++) {
    const pool = mostWanting(pools, counts, drawnServers, servers);
    const { draws, ratedWatts: ofServer } = pools[pool]!;
    counts[pool]!++;
    ratedWatts += ofServer;
    for (const fleet of fleets) addTo(fleet, draws[Math.floor(rng.uniform() * draws.length)]!);
    const budget = limits.budgetWatts(ratedWatts);
    const shares = fleets.map((fleet) => excursionShare(fleet, budget, limits.delayMoments));
    const count = { servers, share: shares.reduce((sum, share) => sum + share, 0) / FLEETS };
    if (servers === drawnServers) drawn = count;
    if (count.share > limits.chance || servers === MOST_TIMES * drawnServers) next ??= count;
    else if (next === undefined) planned = count;
  }
  return { planned, next, drawn };
}

/** Share of moments at which the draw has been over the budget without a break for longer than so many moments before. */
export function excursionShare(watts: Float64Array, budgetWatts: number, delayMoments: number): number {
  let since = 0;
  let found = 0;
  for (let moment = 0; moment < watts.length; moment++) {
    since = watts[moment]! > budgetWatts ? since + 1 : 0;
    if (since > delayMoments) found++;
  }
  return found / watts.length;
}

/** The pool that is furthest behind its part of so many servers. */
function mostWanting(pools: readonly DrawnPool[], counts: readonly number[], drawn: number, servers: number): number {
  const wanting = pools.map(({ draws }, pool) => (servers * draws.length) / drawn - counts[pool]!);
  return wanting.indexOf(Math.max(...wanting));
}

function addTo(sum: Float64Array, watts: Float64Array): void {
  for (let moment = 0; moment < sum.length; moment++) sum[moment]! += watts[moment]!;
}

import type { Ns } from '../sim/units.ts';

/** What something cost in each of the currencies that are attributed. */
export interface Amounts {
  readonly usd: number;
  /** At the meter of the site: accelerators, servers, network, cooling and conversion. */
  readonly joules: number;
  /** Of CO2-equivalent, for these joules. */
  readonly grams: number;
}

export const NOTHING: Amounts = { usd: 0, joules: 0, grams: 0 };

/** Of one quantity, what went into prompts, into decoding, and into waiting for work. */
export interface ByPhase {
  readonly prefill: number;
  readonly decode: number;
  readonly idle: number;
}

/** What background work had of one pool, and what that took at the meter of the site. */
export interface LentTime {
  readonly ns: Ns;
  /** What it worked, less what was lost. */
  readonly usefulNs: Ns;
  readonly recalls: number;
  readonly joules: number;
  readonly grams: number;
}

/** What one pool did over the measured window, and what that cost. */
export interface PoolAccount {
  /** Of everything the pool is billed for. */
  readonly usd: number;
  /** Time switched on, summed over its instances: instances × window where none comes or goes. */
  readonly instanceNs: number;
  readonly busyNs: number;
  /** Of this, what prefill added. */
  readonly prefillNs: number;
  readonly joules: ByPhase;
  readonly grams: ByPhase;
  /** Beside all the above; none if left out. */
  readonly lent?: LentTime | undefined;
}

/** What one pool did for the requests of one workload whose last token came in the window. */
export interface PoolUse {
  readonly pool: number;
  readonly workload: number;
  readonly requests: number;
  /** Resource time: the requests' share of the busy time of the instances. */
  readonly prefillNs: number;
  readonly decodeNs: number;
  /** Of the decode time, the part that went into hidden reasoning. */
  readonly reasoningNs: number;
  /** Not found in a cache. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Shown to the user … */
  readonly outputTokens: number;
  /** … and hidden. */
  readonly reasoningTokens: number;
}

export function scaled(amounts: Amounts, factor: number): Amounts {
  return { usd: amounts.usd * factor, joules: amounts.joules * factor, grams: amounts.grams * factor };
}

export function plus(a: Amounts, b: Amounts): Amounts {
  return { usd: a.usd + b.usd, joules: a.joules + b.joules, grams: a.grams + b.grams };
}

export function sumOf(all: readonly Amounts[]): Amounts {
  return all.reduce(plus, NOTHING);
}

/** Dollars by time, as in src/economics/rent.ts; joules and grams as they were metered. */
export function amountsByPhase(account: PoolAccount): Readonly<Record<keyof ByPhase | 'background', Amounts>> {
  const { instanceNs, busyNs, prefillNs, joules, grams, lent } = account;
  const lentUsd = lentUsdOf(account);
  const usd = account.usd - lentUsd;
  // A step counts where it ends, so a window can hold a little more busy time than it is long: that is no negative idle.
  const idleShare = instanceNs === 0 ? 1 : Math.max(0, 1 - busyNs / instanceNs);
  const busyUsd = usd * (1 - idleShare);
  const prefillUsd = busyNs === 0 ? 0 : busyUsd * (prefillNs / busyNs);
  return {
    prefill: { usd: prefillUsd, joules: joules.prefill, grams: grams.prefill },
    decode: { usd: busyUsd - prefillUsd, joules: joules.decode, grams: grams.decode },
    idle: { usd: usd * idleShare, joules: joules.idle, grams: grams.idle },
    background: { usd: lentUsd, joules: lent?.joules ?? 0, grams: lent?.grams ?? 0 },
  };
}

/** What of a pool's bill falls on the time that was lent: by time, as everything else. */
export function lentUsdOf({ usd, instanceNs, lent }: PoolAccount): number {
  return lent === undefined || lent.ns === 0 ? 0 : usd * (lent.ns / (instanceNs + lent.ns));
}

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
export function amountsByPhase(account: PoolAccount): Readonly<Record<keyof ByPhase, Amounts>> {
  const { usd, instanceNs, busyNs, prefillNs, joules, grams } = account;
  // A step counts where it ends, so a window can hold a little more busy time than it is long: that is no negative idle.
  const idleShare = instanceNs === 0 ? 1 : Math.max(0, 1 - busyNs / instanceNs);
  const busyUsd = usd * (1 - idleShare);
  const prefillUsd = busyNs === 0 ? 0 : busyUsd * (prefillNs / busyNs);
  return {
    prefill: { usd: prefillUsd, joules: joules.prefill, grams: grams.prefill },
    decode: { usd: busyUsd - prefillUsd, joules: joules.decode, grams: grams.decode },
    idle: { usd: usd * idleShare, joules: joules.idle, grams: grams.idle },
  };
}

/**
 * Who caused the rent of a pool. Resource-time attribution, the basis of activity-based costing (Kaplan and Anderson,
 * Time-Driven Activity-Based Costing, 2004): what is rented by the hour is charged by the time it is occupied.
 *
 *   input share  = prefill time / busy time            (a mixed step's prefill time is what prefill added to it)
 *   output share = (busy time − prefill time) / busy time
 *
 * `busyOnly` charges the rent of busy time alone. `fullyLoaded` charges idle time too, in proportion, so that it adds up
 * to the invoice: input + output = rent.
 */

/** What one pool did over a window. */
export interface PoolRentUsage {
  /** Of every accelerator over the time it is switched on. */
  readonly rentUsd: number;
  /** Time switched on, summed over its instances: instances × window where none comes or goes. */
  readonly instanceNs: number;
  readonly busyNs: number;
  readonly prefillNs: number;
  /** Cached ones included. */
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface RentShare {
  readonly inputUsd: number;
  readonly outputUsd: number;
}

/** USD per million tokens; undefined where there were no tokens to charge. */
export interface RentPerMillionTokens {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly blended: number | undefined;
}

export interface RentCosts {
  readonly rentUsd: number;
  readonly idleUsd: number;
  /** Adds up to rentUsd − idleUsd. */
  readonly busyOnly: RentShare;
  /** Adds up to rentUsd, unless no pool that costs anything did anything: then no token is charged. */
  readonly fullyLoaded: RentShare;
  readonly perMillionTokens: { readonly busyOnly: RentPerMillionTokens; readonly fullyLoaded: RentPerMillionTokens };
}

const MILLION = 1e6;

/**
 * The rent of some pools together: one pool, a region, the fleet. Each pool's idle time is charged to its own tokens; a
 * pool that did nothing at all is charged to the tokens of the others, in proportion to what they cost.
 */
export function attributeRent(pools: readonly PoolRentUsage[]): RentCosts {
  const rentUsd = sum(pools, (pool) => pool.rentUsd);
  const idleUsd = sum(pools, (pool) => pool.rentUsd * idleShare(pool));
  const busyOnly = addShares(pools.map((pool) => split(pool, pool.rentUsd * (1 - idleShare(pool)))));
  const ownLoaded = addShares(pools.map((pool) => split(pool, pool.rentUsd)));
  const chargedUsd = ownLoaded.inputUsd + ownLoaded.outputUsd;
  const surcharge = chargedUsd === 0 ? 0 : rentUsd / chargedUsd;
  const fullyLoaded = { inputUsd: ownLoaded.inputUsd * surcharge, outputUsd: ownLoaded.outputUsd * surcharge };
  const promptTokens = sum(pools, (pool) => pool.promptTokens);
  const outputTokens = sum(pools, (pool) => pool.outputTokens);
  return {
    rentUsd,
    idleUsd,
    busyOnly,
    fullyLoaded,
    perMillionTokens: {
      busyOnly: perMillion(busyOnly, promptTokens, outputTokens),
      fullyLoaded: perMillion(fullyLoaded, promptTokens, outputTokens),
    },
  };
}

/** A step counts where it ends, so a window can hold a little more busy time than it is long: that is no negative idle. */
function idleShare(pool: PoolRentUsage): number {
  return pool.instanceNs === 0 ? 1 : Math.max(0, 1 - pool.busyNs / pool.instanceNs);
}

function split(pool: PoolRentUsage, usd: number): RentShare {
  if (pool.busyNs === 0) return { inputUsd: 0, outputUsd: 0 };
  const inputUsd = usd * (pool.prefillNs / pool.busyNs);
  return { inputUsd, outputUsd: usd - inputUsd };
}

function addShares(shares: readonly RentShare[]): RentShare {
  return { inputUsd: sum(shares, (share) => share.inputUsd), outputUsd: sum(shares, (share) => share.outputUsd) };
}

function perMillion(share: RentShare, promptTokens: number, outputTokens: number): RentPerMillionTokens {
  return {
    input: ratio(share.inputUsd * MILLION, promptTokens),
    output: ratio(share.outputUsd * MILLION, outputTokens),
    blended: ratio((share.inputUsd + share.outputUsd) * MILLION, promptTokens + outputTokens),
  };
}

function ratio(amount: number, tokens: number): number | undefined {
  return tokens === 0 ? undefined : amount / tokens;
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}

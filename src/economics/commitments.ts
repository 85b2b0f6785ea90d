import type { CommitmentPlan, MoneyPlan } from '../sim/money-plan.ts';
import type { PoolPlan } from '../sim/plan.ts';
import { NS_PER_HOUR } from '../sim/units.ts';
import type { OnPiece } from './on-path.ts';
import { upfrontUsdPerHour } from './ownership.ts';

/** What became of one commitment. Hours are those of accelerators. */
export interface CommitmentUse {
  readonly name: string;
  readonly region: number;
  /** The pools it was meant for: rented by the hour, of its accelerator, in its region. */
  readonly pools: readonly number[];
  readonly committedHours: number;
  /** Of these, the ones that pools used. */
  readonly usedHours: number;
  /** Of its pools, whether it covers them or not. */
  readonly neededHours: number;
  /** Used or not. */
  readonly usd: number;
  /** Of this, for hours that nobody used. */
  readonly unusedUsd: number;
}

export interface FilledCommitments {
  readonly uses: readonly CommitmentUse[];
  /** One per pool: accelerator hours that need no rent by the hour, and what they cost instead. */
  readonly coveredHours: readonly number[];
  readonly coveredUsd: readonly number[];
}

type Covered = Pick<PoolPlan, 'accelerator' | 'region' | 'acceleratorsPerInstance'>;

/**
 * Cover the accelerators that are rented by the hour with commitments, one after the other in their order. Of hours that
 * nobody uses the `takeOrPay` share of the rate is due, and what was paid in advance.
 *
 * @param path what the pools have switched on, stretch by stretch: what one needs at night covers nothing by day
 */
export function fillCommitments(
  pools: readonly Covered[],
  money: MoneyPlan,
  path: readonly OnPiece[],
): FilledCommitments {
  const tallies = money.commitments.map((commitment) => new CommitmentTally(commitment, pools, money));
  const coveredHours = pools.map(() => 0);
  const coveredUsd = pools.map(() => 0);
  for (const { ns, instances } of path) {
    const hours = ns / NS_PER_HOUR;
    const needed = pools.map((pool, index) => {
      return money.pools[index]!.procurement.kind === 'rent' ? instances[index]! * pool.acceleratorsPerInstance : 0;
    });
    const left = [...needed];
    for (const tally of tallies) tally.fill(hours, needed, left, coveredUsd);
    for (const [index, all] of needed.entries()) coveredHours[index]! += (all - left[index]!) * hours;
  }
  return { uses: tallies.map((tally) => tally.use()), coveredHours, coveredUsd };
}

/** What becomes of one commitment, stretch by stretch. */
class CommitmentTally {
  readonly #commitment: CommitmentPlan;
  readonly #pools: readonly number[];
  readonly #upfrontUsdPerHour: number;
  readonly #everNeeded = new Set<number>();
  #hours = 0;
  #usedHours = 0;
  #neededHours = 0;
  #usedUsd = 0;
  #unusedUsd = 0;

  constructor(commitment: CommitmentPlan, pools: readonly Covered[], { costBasis }: MoneyPlan) {
    const { upfrontUsdPerAccelerator, termHours, costOfCapital } = commitment;
    this.#commitment = commitment;
    this.#pools = [...pools.keys()].filter((index) => isFor(commitment, pools[index]!));
    this.#upfrontUsdPerHour = upfrontUsdPerHour(upfrontUsdPerAccelerator, termHours, costOfCapital, costBasis);
  }

  /** @param left of what is needed, by pool; and this takes its part away */
  fill(hours: number, needed: readonly number[], left: number[], coveredUsd: number[]): void {
    const { accelerators, usdPerAcceleratorHour, takeOrPay } = this.#commitment;
    let free = accelerators;
    for (const index of this.#pools) {
      if (needed[index] === 0) continue;
      this.#everNeeded.add(index);
      this.#neededHours += needed[index]! * hours;
      const taken = Math.min(free, left[index]!);
      const usd = taken * hours * (usdPerAcceleratorHour + this.#upfrontUsdPerHour);
      free -= taken;
      left[index]! -= taken;
      coveredUsd[index]! += usd;
      this.#usedUsd += usd;
    }
    this.#hours += hours;
    this.#usedHours += (accelerators - free) * hours;
    this.#unusedUsd += free * hours * (usdPerAcceleratorHour * takeOrPay + this.#upfrontUsdPerHour);
  }

  use(): CommitmentUse {
    const { name, region, accelerators } = this.#commitment;
    return {
      name,
      region,
      pools: this.#pools.filter((pool) => this.#everNeeded.has(pool)),
      committedHours: accelerators * this.#hours,
      usedHours: this.#usedHours,
      neededHours: this.#neededHours,
      usd: this.#usedUsd + this.#unusedUsd,
      unusedUsd: this.#unusedUsd,
    };
  }
}

function isFor({ accelerator, region }: CommitmentPlan, pool: Covered): boolean {
  return pool.accelerator === accelerator && pool.region === region;
}

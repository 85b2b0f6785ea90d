import type { CommitmentPlan, MoneyPlan } from '../sim/money-plan.ts';
import type { PoolPlan } from '../sim/plan.ts';
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
  /** One per pool: accelerators that need no rent by the hour, and what they cost instead. */
  readonly coveredAccelerators: readonly number[];
  readonly coveredUsd: readonly number[];
}

type Covered = Pick<PoolPlan, 'accelerator' | 'region' | 'instances' | 'acceleratorsPerInstance'>;

/**
 * Cover the accelerators that are rented by the hour with commitments, one after the other in their order. Of hours that
 * nobody uses the `takeOrPay` share of the rate is due, and what was paid in advance.
 * Pools that are scaled count with the mean of what they have switched on, as if their tenants in turn shared it.
 */
export function fillCommitments(pools: readonly Covered[], money: MoneyPlan, hours: number): FilledCommitments {
  const left = pools.map((pool, index) => {
    return money.pools[index]!.procurement.kind === 'rent' ? pool.instances * pool.acceleratorsPerInstance : 0;
  });
  const needed = [...left];
  const coveredUsd = pools.map(() => 0);
  const uses = money.commitments.map((commitment): CommitmentUse => {
    const meantFor = [...pools.keys()].filter((index) => isFor(commitment, pools[index]!) && needed[index]! > 0);
    const upfront = upfrontUsdPerHour(
      commitment.upfrontUsdPerAccelerator,
      commitment.termHours,
      commitment.costOfCapital,
      money.costBasis,
    );
    let free = commitment.accelerators;
    let usedUsd = 0;
    for (const index of meantFor) {
      const taken = Math.min(free, left[index]!);
      const usd = taken * hours * (commitment.usdPerAcceleratorHour + upfront);
      free -= taken;
      left[index]! -= taken;
      coveredUsd[index]! += usd;
      usedUsd += usd;
    }
    const unusedUsd = free * hours * (commitment.usdPerAcceleratorHour * commitment.takeOrPay + upfront);
    return {
      name: commitment.name,
      region: commitment.region,
      pools: meantFor,
      committedHours: commitment.accelerators * hours,
      usedHours: (commitment.accelerators - free) * hours,
      neededHours: meantFor.reduce((sum, index) => sum + needed[index]!, 0) * hours,
      usd: usedUsd + unusedUsd,
      unusedUsd,
    };
  });
  return { uses, coveredAccelerators: needed.map((all, index) => all - left[index]!), coveredUsd };
}

function isFor({ accelerator, region }: CommitmentPlan, pool: Covered): boolean {
  return pool.accelerator === accelerator && pool.region === region;
}

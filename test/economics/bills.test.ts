import { describe, expect, test } from 'vitest';
import { billTotal, poolBills } from '../../src/economics/bills.ts';
import { fillCommitments } from '../../src/economics/commitments.ts';
import type { MeteredPool } from '../../src/economics/pool-meter.ts';
import type { CommitmentPlan, MoneyPlan } from '../../src/sim/money-plan.ts';
import { HOUR_NS, hours, money } from './plans.ts';

const metered: MeteredPool = {
  onNs: 0,
  busyNs: 0,
  prefillNs: 0,
  joules: { prefill: 0, decode: 0, idle: 0 },
  grams: { prefill: 0, decode: 0, idle: 0 },
  energyUsd: 4.6,
  // 9 kW on average, 12 kW in one quarter.
  quarterJoules: [8.1e6, 10.8e6, 5.4e6, 8.1e6, 8.1e6, 8.1e6, 8.1e6, 8.1e6],
};
const twoHours = [{ ns: 2 * HOUR_NS, instances: hours.pools.map(({ instances }) => instances) }];
const billsOf = (plan: MoneyPlan) =>
  poolBills(hours, plan, [metered, metered, metered], fillCommitments(hours.pools, plan, twoHours));

const commitment: CommitmentPlan = {
  name: 'three years',
  accelerator: 'h100-sxm',
  region: 1,
  accelerators: 6,
  termHours: 3 * 8_760,
  usdPerAcceleratorHour: 1.3,
  upfrontUsdPerAccelerator: 0,
  costOfCapital: 0.1,
  takeOrPay: 1,
};

const scaling = {
  kind: 'fixed',
  options: {},
  minInstances: 0,
  maxInstances: 2,
  startInstances: 1,
  intervalNs: 15e9,
  provisionNs: 0,
  loadNs: 0,
};

describe('two hours', () => {
  test('of eight owned H100s cost capital, people, electricity and the peak of the month', () => {
    const bill = billsOf(money)[0]!;

    expect(bill.it / 16).toBeCloseTo(1.159, 3);
    expect(bill.building / 16).toBeCloseTo(0.204, 3);
    expect(bill.maintenance / 16).toBeCloseTo(0.132, 3);
    expect(bill).toMatchObject({ rent: 0, energy: 4.6 });
    expect(bill.staff).toBeCloseTo(16 * 0.03, 12);
    // 12 kW × 14.6 USD for 730 hours.
    expect(bill.demand).toBeCloseTo(12 * 14.6 * (2 / 730), 12);
  });

  test('of rented ones cost the rent and nothing else', () => {
    const [, rented, spot] = billsOf(money);
    expect(rented).toMatchObject({ rent: 32, it: 0, energy: 0 });
    expect(billTotal(rented!)).toBe(32);
    expect(spot!.rent).toBe(1);
  });

  test('of rented ones that come and go cost the rent of the time switched on', () => {
    const scaled = { ...hours, pools: hours.pools.map((pool) => ({ ...pool, scaling })) };
    const all = hours.pools.map(({ instances }) => ({ ...metered, onNs: (instances * 2 * HOUR_NS) / 4 }));
    const bills = poolBills(scaled, money, all, { uses: [], coveredHours: [0, 0, 0], coveredUsd: [0, 0, 0] });
    expect(bills[1]!.rent).toBe(8);
    // What is owned is paid for whether it is on or not.
    expect(bills[0]!.it).toBe(billsOf(money)[0]!.it);
  });

  test('the peak is that of all that is owned in the region, and shared as they drew then', () => {
    const both = { ...hours, pools: hours.pools.map((pool) => ({ ...pool, region: 0 })) };
    const plan = { ...money, pools: [money.pools[0]!, money.pools[0]!, money.pools[2]!] };
    const other = { ...metered, quarterJoules: [10.8e6, 3.6e6, 0, 0, 0, 0, 0, 0] };
    const bills = poolBills(both, plan, [metered, other, metered], fillCommitments(both.pools, plan, twoHours));

    // 9 + 12 kW in the first quarter against 12 + 4 in the second.
    expect(bills[0]!.demand).toBeCloseTo(9 * 14.6 * (2 / 730), 12);
    expect(bills[1]!.demand).toBeCloseTo(12 * 14.6 * (2 / 730), 12);
  });
});

describe('commitments', () => {
  const used = (...commitments: CommitmentPlan[]) => fillCommitments(hours.pools, { ...money, commitments }, twoHours);

  test('are filled in their order, and what they do not cover is rented by the hour', () => {
    const second = { ...commitment, name: 'one year', accelerators: 4, usdPerAcceleratorHour: 1.8 };
    const { uses, coveredHours } = used(commitment, second);

    expect(uses.map(({ usedHours, committedHours, neededHours }) => [usedHours, committedHours, neededHours])).toEqual([
      [12, 12, 16],
      [4, 8, 16],
    ]);
    expect(coveredHours).toEqual([0, 16, 0]);
    expect(uses[1]!.unusedUsd).toBeCloseTo(4 * 1.8, 12);
    expect(billsOf({ ...money, commitments: [commitment] })[1]!.rent).toBeCloseTo(2 * (6 * 1.3 + 2 * 2), 12);
    expect(billsOf({ ...money, commitments: [commitment, second] })[1]!.rent).toBeCloseTo(2 * (6 * 1.3 + 2 * 1.8), 12);
  });

  test('are due as far as they say when nobody needs them', () => {
    const [use] = used({ ...commitment, accelerators: 10, takeOrPay: 0.5 }).uses;
    expect(use!.unusedUsd).toBeCloseTo(2 * 2 * 1.3 * 0.5, 12);
    expect(use!.usd).toBeCloseTo(2 * 8 * 1.3 + 2 * 2 * 1.3 * 0.5, 12);
  });

  test('follow what comes and goes: eight accelerators for an hour and none for another use half of four', () => {
    const path = [8, 0].map((accelerators) => ({ ns: HOUR_NS, instances: [2, accelerators / 4, 1] }));
    const four = { ...money, commitments: [{ ...commitment, accelerators: 4, takeOrPay: 0.5 }] };
    const { uses, coveredHours } = fillCommitments(hours.pools, four, path);

    expect(uses[0]).toMatchObject({ usedHours: 4, committedHours: 8, neededHours: 8, pools: [1] });
    expect(coveredHours).toEqual([0, 4, 0]);
    // Four hours at 1.3, four at half of it; the bill of the pool has its four hours and four by the hour.
    expect(uses[0]!.usd).toBeCloseTo(4 * 1.3 + 4 * 0.65, 12);
    const scaled = hours.pools.map((pool) => ({ ...pool, scaling }));
    const metered1 = { ...metered, onNs: 2 * HOUR_NS };
    const [, bill] = poolBills({ ...hours, pools: scaled }, four, [metered, metered1, metered], {
      uses,
      coveredHours,
      coveredUsd: [0, 4 * 1.3, 0],
    });
    expect(bill!.rent).toBeCloseTo(4 * 1.3 + 4 * 2, 12);
  });

  test('cover only their accelerator, in their region, and nothing that is owned', () => {
    expect(used({ ...commitment, region: 0 }).uses[0]).toMatchObject({ usedHours: 0, neededHours: 0, pools: [] });
    expect(used({ ...commitment, accelerator: 'l40s' }).uses[0]).toMatchObject({ usedHours: 0 });
  });

  test('that were paid in advance cost their annuity, unless dollars are cash', () => {
    const prepaid = { ...commitment, usdPerAcceleratorHour: 0, upfrontUsdPerAccelerator: 26_280 };
    const of = (costBasis: MoneyPlan['costBasis']) =>
      fillCommitments(hours.pools, { ...money, costBasis, commitments: [prepaid] }, twoHours).uses[0]!.usd;

    expect(of('accounting')).toBeCloseTo(2 * 6 * 1, 9);
    expect(of('economic')).toBeCloseTo(2 * 6 * 3 * 0.402115, 4);
    expect(of('cash')).toBe(0);
  });
});

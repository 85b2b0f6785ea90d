import { describe, expect, test } from 'vitest';
import { capitalRecoveryFactor, ownedUsdPerHour, upfrontUsdPerHour } from '../../src/economics/ownership.ts';
import type { CostBasis, OwnPlan } from '../../src/sim/money-plan.ts';

/** An H100 with its share of an 8-GPU server, over 5 years at 10 %, in a building of 12 M$/MW over 15 years at 8 %. */
const h100: OwnPlan = {
  kind: 'own',
  capexUsd: 38_500,
  lifeYears: 5,
  residualShare: 0,
  costOfCapital: 0.1,
  provisionedKW: 1.275,
  buildingUsdPerMW: 12e6,
  buildingLifeYears: 15,
  buildingCostOfCapital: 0.08,
  maintenanceShare: 0.03,
  staffUsdPerHour: 0.03,
  fixedUsdPerMonth: 0,
  rentUsdPerHour: 2.35,
};

interface Site {
  readonly meanKW: number;
  readonly pue: number;
  readonly usdPerKWh: number;
}

const cheap: Site = { meanKW: 1.05, pue: 1.2, usdPerKWh: 0.07 };

function totalUsdPerHour(own: OwnPlan, { meanKW, pue, usdPerKWh }: Site, basis: CostBasis = 'economic'): number {
  const { it, building, maintenance, staff } = ownedUsdPerHour(own, basis);
  return it + building + maintenance + staff + meanKW * pue * usdPerKWh;
}

/** As published to two decimals: within 1 %. */
const expectNear = (actual: number, published: number) =>
  expect(Math.abs(actual / published - 1), `${actual} against ${published}`).toBeLessThan(0.01);

describe('an annuity', () => {
  test.each([
    [0.1, 5, 0.2638],
    [0.1, 3, 0.4021],
    [0.1, 4, 0.3155],
    [0.1, 6, 0.2296],
    [0.08, 15, 0.1168],
  ])('at %f over %i years is %f of the loan a year', (rate, years, factor) => {
    expect(capitalRecoveryFactor(rate, years)).toBeCloseTo(factor, 4);
  });

  test('without interest is an equal part a year', () => {
    expect(capitalRecoveryFactor(0, 4)).toBe(0.25);
  });

  test('pays back loan and interest: the payments, discounted, are worth the loan', () => {
    const payment = capitalRecoveryFactor(0.07, 6);
    const worth = [1, 2, 3, 4, 5, 6].reduce((sum, year) => sum + payment / 1.07 ** year, 0);
    expect(worth).toBeCloseTo(1, 12);
  });
});

describe('the hour of an owned H100', () => {
  test('costs 1.61 USD: 1.159 server, 0.204 building, 0.132 maintenance, 0.03 staff and 0.088 electricity', () => {
    const parts = ownedUsdPerHour(h100, 'economic');

    expect(parts.it).toBeCloseTo(1.159, 3);
    expect(parts.building).toBeCloseTo(0.204, 3);
    expect(parts.maintenance).toBeCloseTo(0.132, 3);
    expect(parts.staff).toBe(0.03);
    expectNear(totalUsdPerHour(h100, cheap), 1.61);
  });

  test.each([
    [3, 2.22],
    [4, 1.84],
    [5, 1.61],
    [6, 1.46],
  ])('over %i years costs %f USD', (lifeYears, usd) => {
    expectNear(totalUsdPerHour({ ...h100, lifeYears }, cheap), usd);
  });

  test.each([
    ['Cipher', 0.017, 1.1, 1.54],
    ['IREN', 0.036, 1.1, 1.56],
    ['Texas', 0.0663, 1.15, 1.6],
    ['Virginia', 0.0892, 1.15, 1.63],
    ['California', 0.1864, 1.15, 1.75],
    ['United Kingdom', 0.2, 1.18, 1.77],
  ])('with electricity as in %s, at %f USD/kWh, costs %f', (_, usdPerKWh, pue, usd) => {
    expectNear(totalUsdPerHour(h100, { meanKW: 1.05, pue, usdPerKWh }), usd);
  });

  test('straight-line it costs 1.25 USD, and in cash what is paid this hour', () => {
    expectNear(totalUsdPerHour(h100, cheap, 'accounting'), 1.25);
    expect(totalUsdPerHour(h100, cheap, 'cash')).toBeCloseTo(0.132 + 0.03 + 0.088, 3);
  });

  test('is cheaper by the annuity of what it can be sold for at the end', () => {
    const { it } = ownedUsdPerHour({ ...h100, residualShare: 0.3 }, 'economic');
    expect(it * 8_760).toBeCloseTo((38_500 - 11_550 / 1.1 ** 5) * 0.263797, 0);
    expect(ownedUsdPerHour({ ...h100, residualShare: 0.3 }, 'accounting').it * 8_760).toBeCloseTo(26_950 / 5, 6);
  });
});

describe('owning for an hour', () => {
  test.each([
    ['A100 SXM', 18_000, 0.81, 0.65, 11, 0.81],
    ['H200', 41_500, 1.275, 1.05, 12, 1.71],
    ['L40S', 13_900, 0.6, 0.45, 11, 0.62],
    ['L4', 5_200, 0.16, 0.12, 11, 0.24],
    ['B200', 57_200, 1.79, 1.5, 13, 2.38],
    ['GB200', 54_200, 1.83, 1.5, 14, 2.32],
    ['R100', 83_500, 3.2, 2.6, 15, 3.69],
    ['MI300X', 29_500, 1.35, 1.15, 12, 1.33],
    ['MI355X', 38_200, 2, 1.7, 13, 1.8],
  ])('a %s costs what is published', (_, capexUsd, provisionedKW, meanKW, millionUsdPerMW, usd) => {
    const own = { ...h100, capexUsd, provisionedKW, buildingUsdPerMW: millionUsdPerMW * 1e6 };
    expectNear(totalUsdPerHour(own, { ...cheap, meanKW }), usd);
  });
});

test('a payment in advance is an annuity over its term, an equal part, or nothing', () => {
  expect(upfrontUsdPerHour(8_760, 3 * 8_760, 0.1, 'economic')).toBeCloseTo(0.4021, 4);
  expect(upfrontUsdPerHour(8_760, 3 * 8_760, 0.1, 'accounting')).toBeCloseTo(1 / 3, 12);
  expect(upfrontUsdPerHour(8_760, 3 * 8_760, 0.1, 'cash')).toBe(0);
});

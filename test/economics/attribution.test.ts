import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Amounts, PoolAccount, PoolUse } from '../../src/economics/accounts.ts';
import { sumOf } from '../../src/economics/accounts.ts';
import type { Causes, CostKind, CostRow } from '../../src/economics/attribution.ts';
import { attribute } from '../../src/economics/attribution.ts';
import { IDLE_RULES } from '../../src/sim/money-plan.ts';

const S = 1e9;
const HOUR_NS = 3_600 * S;

/** Two instances for an hour at 8 USD: busy half of the time, a quarter of that for prompts. */
const pool: PoolAccount = {
  usd: 8,
  instanceNs: 2 * HOUR_NS,
  busyNs: HOUR_NS,
  prefillNs: HOUR_NS / 4,
  joules: { prefill: 2e6, decode: 3e6, idle: 1e6 },
  grams: { prefill: 200, decode: 300, idle: 100 },
};
const nobody: PoolUse = {
  pool: 0,
  workload: 0,
  requests: 10,
  prefillNs: 0,
  decodeNs: 0,
  reasoningNs: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
/** Long prompts, half of them cached; and long answers, most of them hidden. */
const reader = {
  ...nobody,
  prefillNs: 600 * S,
  decodeNs: 900 * S,
  inputTokens: 5e5,
  cachedTokens: 5e5,
  outputTokens: 1e5,
};
const thinker = {
  ...nobody,
  workload: 1,
  prefillNs: 300 * S,
  decodeNs: 1_800 * S,
  reasoningNs: 1_350 * S,
  inputTokens: 1e5,
  outputTokens: 1e5,
  reasoningTokens: 3e5,
};
const causes: Causes = {
  pools: [pool],
  uses: [reader, thinker],
  unused: [],
  idle: { rule: 'pro-rata', peakNs: [[3, 1]], reserved: [[1, 4]] },
};

const rowOf = (rows: readonly CostRow[], workload: number, kind: CostKind) =>
  rows.find((row) => row.workload === workload && row.kind === kind)!;
const loadedUsd = (rows: readonly CostRow[], workload: number) =>
  sumOf(rows.filter((row) => row.workload === workload).map(({ loaded }) => loaded)).usd;

describe('by the time that requests took', () => {
  const rows = attribute(causes);

  test('prompts are charged to whom they belong, and cached tokens with nothing', () => {
    expect(rowOf(rows, 0, 'input').direct).toEqual({
      usd: (8 / 8) * (2 / 3),
      joules: 2e6 * (2 / 3),
      grams: 200 * (2 / 3),
    });
    expect(rowOf(rows, 1, 'input').direct.usd).toBeCloseTo(1 / 3, 12);
    expect(rowOf(rows, 0, 'cached')).toMatchObject({ tokens: 5e5, direct: { usd: 0, joules: 0, grams: 0 } });
  });

  test('decoding, too, and the hidden part of it is told apart', () => {
    expect(rowOf(rows, 0, 'output').direct.usd).toBeCloseTo(3 / 3, 12);
    expect(rowOf(rows, 1, 'output').direct.joules).toBeCloseTo(3e6 * (2 / 3) * 0.25, 3);
    expect(rowOf(rows, 1, 'reasoning').direct.grams).toBeCloseTo(300 * (2 / 3) * 0.75, 9);
  });

  test('the half that nobody used is a row of its own', () => {
    expect(rowOf(rows, -1, 'idle').direct).toEqual({ usd: 4, joules: 1e6, grams: 100 });
  });

  test('without recorded times, by tokens', () => {
    const untimed = [reader, thinker].map((use) => ({ ...use, prefillNs: 0, decodeNs: 0, reasoningNs: 0 }));
    const byTokens = attribute({ ...causes, uses: untimed });

    expect(rowOf(byTokens, 0, 'input').direct.usd).toBeCloseTo(5 / 6, 12);
    expect(rowOf(byTokens, 1, 'reasoning').direct.usd).toBeCloseTo(3 * (3 / 5), 12);
  });
});

describe('idle time is charged', () => {
  test('pro rata: as the busy time was caused', () => {
    const rows = attribute(causes);
    expect(loadedUsd(rows, 0)).toBeCloseTo(4 * ((2 / 3 + 1) / 4), 12);
    expect(loadedUsd(rows, 1)).toBeCloseTo(4 * ((1 / 3 + 2) / 4), 12);
  });

  test('to those who make the peak, in proportion to their work in it', () => {
    const rows = attribute({ ...causes, idle: { ...causes.idle, rule: 'peak-responsible' } });
    expect([loadedUsd(rows, 0), loadedUsd(rows, 1)]).toEqual([3, 1]);
  });

  test('to those who have reserved the capacity, though they may have sent nothing', () => {
    const rows = attribute({ ...causes, uses: [reader], idle: { ...causes.idle, rule: 'reserved' } });
    expect(loadedUsd(rows, 0)).toBeCloseTo(0.8, 12);
    expect(rowOf(rows, 1, 'idle').loaded.usd).toBeCloseTo(3.2, 12);
  });

  test('of a pool that did nothing, to those who used the others', () => {
    const still = { ...pool, usd: 6, busyNs: 0, prefillNs: 0, joules: { prefill: 0, decode: 0, idle: 5e5 } };
    const rows = attribute({ ...causes, pools: [pool, still], idle: { ...causes.idle, peakNs: [[3, 1], []] } });
    expect(loadedUsd(rows, 0) + loadedUsd(rows, 1)).toBeCloseTo(10, 12);
  });

  test('of commitments beyond the need, to those they were meant for', () => {
    const other = { ...reader, pool: 1, workload: 2 };
    const rows = attribute({ ...causes, pools: [pool, pool], uses: [reader, other], unused: [{ usd: 5, pools: [1] }] });
    expect(loadedUsd(rows, 2)).toBeCloseTo(4 + 5, 12);
    expect(rowOf(rows, -1, 'unused')).toMatchObject({ pool: -1, direct: { usd: 5 } });
  });
});

/**
 * At throughput-optimal batch an H100 of 2.35 USD/h gives 2,611 output tokens per second of Llama 70B, with prompts a
 * quarter as long that take 10 % of the time (6,361 tokens/s); published are 0.103 and 0.224 USD per million.
 */
test.each([
  [1, 0.103, 0.224],
  [0.9, 0.114, 0.249],
  [0.75, 0.137, 0.299],
  [0.6, 0.171, 0.374],
  [0.45, 0.228, 0.499],
  [0.3, 0.342, 0.748],
])('used %f of the time, a million input tokens cost %f USD and output tokens %f', (duty, input, output) => {
  const busyNs = duty * HOUR_NS;
  const outputTokens = 2_611 * 3_600 * duty;
  const inputTokens = outputTokens / 4;
  const prefillNs = (inputTokens / 6_361) * S;
  const account = { ...pool, usd: 2.35, instanceNs: HOUR_NS, busyNs, prefillNs };
  const use = { ...nobody, prefillNs, decodeNs: busyNs - prefillNs, inputTokens, outputTokens };
  const rows = attribute({ ...causes, pools: [account], uses: [use] });
  const perMillion = ({ direct, loaded, tokens }: CostRow) => (1e6 * (direct.usd + loaded.usd)) / tokens;

  expect(Math.abs(perMillion(rowOf(rows, 0, 'input')) / input - 1)).toBeLessThan(0.01);
  expect(Math.abs(perMillion(rowOf(rows, 0, 'output')) / output - 1)).toBeLessThan(0.01);
});

describe('nothing is lost or made', () => {
  const amount = fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e9, noNaN: true }));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const anyPool = fc
    .record({
      usd: amount,
      instanceNs: fc.integer({ min: 1, max: 1e15 }),
      busyShare: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1.01, noNaN: true })),
      prefillShare: share,
      wattsBusy: amount,
      wattsIdle: amount,
      gramsPerJoule: fc.constantFrom(0, 1e-5, 1e-4),
    })
    .map(({ busyShare, prefillShare, wattsBusy, wattsIdle, gramsPerJoule, ...rest }): PoolAccount => {
      const busyNs = rest.instanceNs * busyShare;
      const prefillNs = busyNs * prefillShare;
      const joules = {
        prefill: (prefillNs / S) * wattsBusy,
        decode: ((busyNs - prefillNs) / S) * wattsBusy,
        idle: (Math.max(0, rest.instanceNs - busyNs) / S) * wattsIdle,
      };
      const grams = {
        prefill: joules.prefill * gramsPerJoule,
        decode: joules.decode * gramsPerJoule,
        idle: joules.idle * gramsPerJoule,
      };
      return { ...rest, busyNs, prefillNs, joules, grams };
    });
  const anyUse = fc
    .record({
      pool: fc.nat(2),
      workload: fc.nat(2),
      requests: fc.nat(100),
      prefillNs: amount,
      decodeNs: amount,
      hidden: share,
      inputTokens: fc.nat(1e9),
      cachedTokens: fc.nat(1e9),
      outputTokens: fc.nat(1e9),
      reasoningTokens: fc.nat(1e9),
    })
    .map(({ hidden, ...use }): PoolUse => ({ ...use, reasoningNs: use.decodeNs * hidden }));
  const threeByThree = fc.array(fc.array(amount, { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 });
  const anyCauses = fc.record({
    pools: fc.array(anyPool, { minLength: 3, maxLength: 3 }),
    uses: fc.uniqueArray(anyUse, { maxLength: 9, selector: (use) => 3 * use.pool + use.workload }),
    unused: fc.array(fc.record({ usd: amount, pools: fc.subarray([0, 1, 2]) }), { maxLength: 2 }),
    idle: fc.record({ rule: fc.constantFrom(...IDLE_RULES), peakNs: threeByThree, reserved: threeByThree }),
  });
  const total = ({ prefill, decode, idle }: PoolAccount['joules']) => prefill + decode + idle;
  const billOf = ({ pools, unused }: Causes) =>
    sumOf([
      ...pools.map(({ usd, joules, grams }) => ({ usd, joules: total(joules), grams: total(grams) })),
      ...unused.map(({ usd }) => ({ usd, joules: 0, grams: 0 })),
    ]);
  const expectEqual = (actual: Amounts, expected: Amounts) => {
    for (const currency of ['usd', 'joules', 'grams'] as const) {
      expect(Math.abs(actual[currency] - expected[currency])).toBeLessThanOrEqual(1e-9 * expected[currency]);
    }
  };

  test('attributed and idle are the bill', () => {
    fc.assert(
      fc.property(anyCauses, (any) => {
        expectEqual(sumOf(attribute(any).map(({ direct }) => direct)), billOf(any));
      }),
      { numRuns: 500 },
    );
  });

  test('attributed and loaded are it, too, where anybody did anything', () => {
    fc.assert(
      fc.property(anyCauses, (any) => {
        fc.pre(any.pools.some(({ busyNs }) => busyNs > 0));
        const rows = attribute(any);
        const active = rows.filter(({ kind }) => kind !== 'idle' && kind !== 'unused');
        const loaded = sumOf([...active.map(({ direct }) => direct), ...rows.map(({ loaded: charged }) => charged)]);
        expectEqual(loaded, billOf(any));
      }),
      { numRuns: 500 },
    );
  });
});

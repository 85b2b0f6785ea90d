import { describe, expect, test } from 'vitest';
import { sumOf } from '../../src/economics/accounts.ts';
import { settledRun } from '../support/settled.ts';

const USD = [1, 2, 3, 1, 2, 1, 1.25, 1];
const CSV = `time,usd_per_accelerator_hour\n${USD.map((usd, k) => `2026-06-01T12:0${k}Z,${usd}\n`).join('')}`;

/** Two machines that stay and two that are lent; another one takes 10 s, and 6 s to load its model. */
const scenario = (keys: string) => `name: spot
start: 2026-06-01T12:00Z
horizon: 8min
warmUp: 30s
timelineInterval: 10s
regions:
  - name: virginia
    site: virginia-pjm
    pools:
      - { name: kept, accelerator: h100-sxm, model: llama-3.1-8b, instances: 2, procurement: { kind: own } }
      - name: lent
        accelerator: h100-sxm
        model: llama-3.1-8b
        instances: 2
        procurement: { kind: spot, priceFile: spot.csv, noticeS: 1, replacementS: 10, storageGBPerS: 20, engineStartS: 5.2${keys} }
workloads:
  - { name: helpdesk, kind: chat, model: llama-3.1-8b, requestsPerS: 20 }
`;

function settled(keys: string) {
  const { plan, costs, totals, timeline } = settledRun(scenario(keys), CSV, 1);
  const lent = timeline.filter(({ pool, endNs }) => pool === 1 && endNs <= plan.horizonNs);
  return { plan, costs, totals, lent };
}

const HOUR_NS = 3_600e9;
const MINUTE_NS = 60e9;
const priceAt = (ns: number) => USD[Math.floor(ns / MINUTE_NS)]!;

describe('machines that are lent up to a bid', () => {
  const { plan, costs, totals, lent } = settled(', bidUsdPerAcceleratorHour: 1.5');

  test('are there while the price is not above it, but for notice, replacement and loading', () => {
    const ready = lent.map(({ readyInstances }) => readyInstances);
    const isHeld = (endS: number) => !(endS >= 60 && endS <= 180) && !(endS >= 240 && endS <= 300);
    // Asked back when the price passes the bid; ordered when it is back, and ready 6 s after that.
    expect(ready).toEqual(lent.map(({ endNs }) => (isHeld(endNs / 1e9) ? 2 : 0)));
    // Gone within 1 s and a step.
    const outbid = lent.filter(({ startNs }) => priceAt(startNs) > 1.5);
    expect(outbid.filter(({ startNs, onNs }) => onNs > 0 && startNs % MINUTE_NS > 0)).toEqual([]);
    expect(totals.evictions![1]!.evictedInstances).toBe(4);
    expect(totals.evictions![1]!.lostRequests).toBeGreaterThan(0);
  });

  test('cost what they were lent for, at the price of the moment', () => {
    const usd = lent
      .filter(({ startNs }) => startNs >= plan.warmUpNs)
      .reduce((sum, { startNs, onNs }) => sum + (onNs / HOUR_NS) * priceAt(startNs), 0);
    expect(costs.billsUsd[1]! / usd).toBeCloseTo(1, 12);
  });

  test('are charged to who caused it: attributed and idle are the bill', () => {
    const bill = costs.entries.find(({ metric, scope }) => metric === 'bill' && scope === 'fleet')!.value;
    const direct = sumOf(costs.rows.map((row) => row.direct));
    const active = costs.rows.filter(({ kind }) => kind !== 'idle');
    const loaded = sumOf([...active.map((row) => row.direct), ...costs.rows.map((row) => row.loaded)]);
    expect(Math.abs(direct.usd / bill - 1)).toBeLessThan(1e-9);
    expect(Math.abs(loaded.usd / bill - 1)).toBeLessThan(1e-9);
    expect(Math.abs(loaded.joules / direct.joules - 1)).toBeLessThan(1e-9);
  });
});

test('who pays any price holds the machines all the time, and pays the mean of it', () => {
  const { costs, totals } = settled('');
  // From 30 s to 8 min.
  const usd = (2 * (0.5 * 1 + 2 + 3 + 1 + 2 + 1 + 1.25 + 1)) / 60;
  expect(costs.billsUsd[1]! / usd).toBeCloseTo(1, 12);
  expect(totals.evictions).toBeUndefined();
});

import { describe, expect, test } from 'vitest';
import { PoolMeter } from '../../src/economics/pool-meter.ts';
import { RequestMeter } from '../../src/economics/request-meter.ts';
import { requestColumns, timelineColumns } from '../results/fixtures.ts';
import { HOUR_NS, hours, money } from './plans.ts';

/** Of pool 0, in hours: warm-up, the dear half hour included, and the drain. */
const timeline = timelineColumns([
  { startNs: 0, endNs: HOUR_NS, pool: 0, busyNs: HOUR_NS },
  { startNs: HOUR_NS, endNs: 2 * HOUR_NS, pool: 0, busyNs: HOUR_NS, prefillNs: 0.25 * HOUR_NS },
  { startNs: 2 * HOUR_NS, endNs: 3 * HOUR_NS, pool: 0 },
  { startNs: 3 * HOUR_NS, endNs: 4 * HOUR_NS, pool: 0, busyNs: HOUR_NS },
]);

describe('energy that was not simulated', () => {
  const meter = new PoolMeter({ ...hours, record: { ...hours.record, energy: false } }, money);
  meter.flush(timeline, 4);
  const pool = meter.pools[0]!;
  /** Two instances of four H100s at 1 kW, PUE 1.15. */
  const hourJoules = 8 * 1_000 * 1.15 * 3_600;

  test('is the typical draw, at all times of the measured window', () => {
    const { prefill, decode, idle } = pool.joules;
    expect(prefill + decode + idle).toBeCloseTo(2 * hourJoules, 3);
    // An hour of two instances has two hours: of four, a quarter went into prompts, and three quarters into decoding.
    expect(prefill / hourJoules).toBeCloseTo(0.125, 12);
    expect(decode / hourJoules).toBeCloseTo(0.375, 12);
    expect(meter.simulatesPower).toBe(false);
  });

  test('costs what it costs at the time: half an hour at 0.1 and one and a half at 0.3 USD/kWh', () => {
    expect(pool.energyUsd).toBeCloseTo(8 * 1.15 * (0.5 * 0.1 + 1.5 * 0.3), 12);
    expect(pool.grams.prefill + pool.grams.decode + pool.grams.idle).toBeCloseTo(8 * 1.15 * 2 * 400, 9);
  });

  test('fills every quarter of an hour alike', () => {
    expect(pool.quarterJoules).toHaveLength(8);
    for (const joules of pool.quarterJoules) expect(joules).toBeCloseTo(hourJoules / 4, 3);
  });
});

test('energy that was recorded is taken; hosts count by time, cooling in proportion to what it cools', () => {
  // Of 200 J of the hosts, 100 are what work adds.
  const power = { ...hours.pools[0]!.power, hostBusyWatts: 100 / 3_600 / 4 };
  const meter = new PoolMeter({ ...hours, pools: [{ ...hours.pools[0]!, power }, ...hours.pools.slice(1)] }, money);
  const recorded = { busyJoules: 400, prefillJoules: 100, idleJoules: 100, hostJoules: 200, facilityJoules: 70 };
  const columns = Object.fromEntries(
    Object.entries({ ...recorded, onNs: 2 * HOUR_NS }).map(([name, value]) => [name, Float64Array.of(0, value, 0, 0)]),
  );
  meter.flush(Object.assign(timeline, columns), 2);

  expect(meter.simulatesPower).toBe(true);
  expect(meter.pools[0]!.joules.prefill).toBeCloseTo(1.1 * (100 + 100 / 8 + 100 / 4), 9);
  expect(meter.pools[0]!.joules.decode).toBeCloseTo(1.1 * (300 + 300 / 8 + 300 / 4), 9);
  expect(meter.pools[0]!.joules.idle).toBeCloseTo(1.1 * (100 + 100 / 2), 9);
});

describe('requests count where they leave', () => {
  const at = (hour: number, row: object) => ({ arrivalMs: hour * 3.6e6, ttftMs: 0, e2eMs: 0, ...row });
  const columns = requestColumns([
    at(0.5, { session: 7, outputTokens: 10 }),
    at(1.1, { session: 7, outputTokens: 10 }),
    at(1.2, { session: 8, promptTokens: 100, cachedTokens: 60, outputTokens: 50, reasoningTokens: 40 }),
    at(1.3, { session: 8, promptTokens: 200, outputTokens: 99 }),
    at(2.5, { session: 9, outputTokens: 10 }),
    at(2.6, { outputTokens: 10 }),
    at(2.7, { rejected: true }),
    at(3.2, { session: 10, outputTokens: 10 }),
  ]);
  // Whoever asks for 99 tokens is disappointed.
  const meter = new RequestMeter(hours, (rows, row) => rows.status[row] === 0 && rows.outputTokens[row] !== 99);
  meter.flush(columns, 8);

  test('with their tokens', () => {
    expect(meter.uses).toHaveLength(1);
    expect(meter.uses[0]).toMatchObject({ pool: 0, workload: 0, requests: 5, cachedTokens: 60, reasoningTokens: 40 });
    expect(meter.uses[0]!.inputTokens).toBe(100 + 40 + 200 + 100 + 100);
    expect(meter.uses[0]!.outputTokens).toBe(10 + 10 + 99 + 10 + 10);
  });

  test('and a task is a session that began in the window, whose requests must all be good', () => {
    // Sessions 8 and 9, and two requests on their own, of which one was rejected.
    expect(meter.demands[0]).toMatchObject({ tasks: 4, failedTasks: 2, servedRequests: 5 });
  });
});

test('the busiest quarter of an hour is that of the whole pool', () => {
  const meter = new RequestMeter(hours, () => true);
  const minutes = (minute: number, workload: number) => ({
    arrivalMs: 3.6e6 + minute * 6e4,
    ttftMs: 0,
    e2eMs: 0,
    workload,
  });
  const columns = requestColumns([minutes(1, 0), minutes(20, 0), minutes(25, 1), minutes(40, 1)]);
  const ticks = (...ms: number[]) => Float64Array.from(ms, (each) => each * 1e6 * 65_536);
  meter.flush(Object.assign(columns, { prefillTicks: ticks(5, 1, 2, 2), decodeTicks: ticks(0, 3, 1, 6) }), 4);

  expect(meter.peakNs()[0]).toEqual([0, 8e6]);
  meter.flush(Object.assign(columns, { prefillTicks: ticks(5, 1, 2, 1), decodeTicks: ticks(0, 3, 1, 0) }), 4);
  expect(meter.peakNs()[0]).toEqual([8e6, 6e6]);
});

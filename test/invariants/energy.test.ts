import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepCost } from '../../src/sim/ports.ts';
import type { RunParts } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { apartCase } from '../differential/apart-case.ts';
import type { HostileCase, HostilePool } from '../differential/hostile-cases.ts';
import { partsOf } from '../differential/hostile-plan.ts';
import { collect } from '../support/collect.ts';
import type { RequestRow, TimelineRow } from '../support/collect.ts';
import {
  awake,
  departureNs,
  enqueuedAt,
  inEveryRun,
  mixedCases,
  rowsOf,
  sum,
  total,
  watchedCases,
} from './every-run.ts';
import type { Run } from './every-run.ts';

const everything = { energy: true, shares: true };
const recorded = (cases: fc.Arbitrary<HostileCase>) => cases.map((hostile) => ({ ...hostile, record: everything }));
const anyRun = recorded(fc.oneof(mixedCases, apartCase));

const withPools = (hostile: HostileCase, change: Partial<HostilePool>) => ({
  ...hostile,
  pools: hostile.pools.map((pool) => ({ ...pool, ...change })),
});

const JOULES = ['busyJoules', 'prefillJoules', 'idleJoules', 'hostJoules', 'facilityJoules'] as const;

describe('energy', () => {
  test('what is on is busy or idle', () => {
    inEveryRun(anyRun, 250, ({ plan, timeline }) => {
      plan.pools.forEach(({ instances }, pool) => {
        const rows = rowsOf(timeline, pool);
        const wrong = rows.filter(
          ({ startNs, endNs, onNs, idleNs }) =>
            onNs !== (endNs - startNs) * instances || !(idleNs >= 0 && idleNs <= onNs),
        );
        expect(wrong).toEqual([]);
        expect(sum(rows, 'onNs')).toBe(sum(rows, 'busyNs') + sum(rows, 'idleNs'));
      });
    });
  });

  test('an instance is idle in just the ns in which nobody is enqueued, unless it waits for a KV tier', () => {
    inEveryRun(
      recorded(watchedCases),
      80,
      ({ plan, served, timeline }) => {
        if (timeline.some((row) => row.dramReadBlocks + row.ssdReadBlocks + row.remoteReadBlocks > 0)) return;
        plan.pools.forEach((_, pool) => {
          const here = served.filter(({ instance }) => instance === pool);
          const rows = rowsOf(timeline, pool);
          const enqueued = enqueuedAt(plan, here, rows.length);
          expect(rows.map(({ idleNs }) => idleNs)).toEqual(rows.map(({ startNs }) => (enqueued[startNs]! > 0 ? 0 : 1)));
        });
      },
      awake,
    );
  });

  test('no interval gives energy back, and prefill takes no more than all', () => {
    inEveryRun(anyRun, 250, ({ timeline }) => {
      const wrong = timeline.filter(
        (row) => JOULES.some((name) => !(row[name] >= 0)) || row.prefillJoules > row.busyJoules,
      );
      expect(wrong).toEqual([]);
    });
  });

  test('the energy of a run does not depend on how often somebody looks', () => {
    inEveryRun(anyRun, 150, ({ plan, timeline }, hostile) => {
      const seldom = { ...plan, timelineIntervalNs: 10 * plan.timelineIntervalNs };
      const other = collect(seldom, partsOf(hostile)).timeline;
      for (const name of ['busyJoules', 'prefillJoules'] as const) {
        const joules = sum(timeline, name);
        expect(Math.abs(sum(other, name) - joules)).toBeLessThanOrEqual(1e-12 * joules);
      }
    });
  });

  /** A quantum for every tick, whatever the step: 977 kW. */
  const evenly = (cost: StepCost): StepCost => ({
    decodePiece(decodeSeqs, kvTokens, clock) {
      const piece = cost.decodePiece(decodeSeqs, kvTokens, clock);
      return { ...piece, fixedQuanta: piece.fixedTicks, quantaPerKvToken: piece.ticksPerKvToken };
    },
    prefillStepTicks: (batch) => cost.prefillStepTicks(batch),
    prefillStepQuanta: (batch) => cost.prefillStepTicks(batch),
    chunkWeight: (tokens, contextTokens) => cost.chunkWeight(tokens, contextTokens),
  });
  const joulesPerNs = TICKS_PER_NS / 2 ** 26;

  test('a draw that never changes is as much energy as time', () => {
    const even = ({ stepCosts, ...parts }: RunParts) => ({ ...parts, stepCosts: stepCosts.map(evenly) });
    inEveryRun(
      anyRun,
      300,
      ({ timeline }) => {
        // Of every run of steps the last may end within a ns, which is not published.
        const unpublishedNs = sum(timeline, 'busyJoules') / joulesPerNs - sum(timeline, 'busyNs');
        expect(unpublishedNs).toBeGreaterThanOrEqual(0 - 1e-12 * sum(timeline, 'busyNs'));
        expect(unpublishedNs).toBeLessThan(sum(timeline, 'steps') + 1);
      },
      even,
    );
  });
});

describe('resource time', () => {
  /** Steps that prompts never make shorter. */
  const growing = anyRun.map((hostile) =>
    withPools({ ...hostile, stepTicks: 2_000 * TICKS_PER_NS + 1 }, { cost: 'affine' }),
  );
  const ticksOf = ({ prefillTicks, decodeTicks }: RequestRow) => prefillTicks + decodeTicks;

  test('the shares of all requests are the time of all steps, but for a tick for each request in each step', () => {
    inEveryRun(growing, 250, ({ plan, served, timeline }) => {
      const shared = total(served, ticksOf);
      const most = (row: TimelineRow) => row.steps * plan.pools[row.pool]!.engine.maxNumSeqs;
      expect(shared).toBeGreaterThan(sum(timeline, 'busyNs') * TICKS_PER_NS - total(timeline, most) - 1);
      expect(shared).toBeLessThan((sum(timeline, 'busyNs') + sum(timeline, 'steps') + 1) * TICKS_PER_NS);
    });
  });

  test('a request takes no more than the time from its first step to its last', () => {
    inEveryRun(growing, 250, ({ plan, served }) => {
      // Of every stretch of its steps the last may end within a ns, which is not published.
      const stretches = ({ preemptions, prefillInstance }: RequestRow) => preemptions + (prefillInstance < 0 ? 1 : 2);
      const wrong = served.filter(
        (row) => ticksOf(row) > (departureNs(plan, row) - row.scheduledNs + stretches(row)) * TICKS_PER_NS,
      );
      expect(wrong).toEqual([]);
    });
  });

  test('what it takes to prefill is never negative, and who has one token to give never decodes', () => {
    inEveryRun(anyRun, 250, ({ requests }) => {
      expect(requests.filter(({ prefillTicks }) => !(prefillTicks >= 0))).toEqual([]);
      const single = requests.filter(({ status, outputTokens }) => status === 1 || outputTokens === 1);
      expect(single.filter(({ decodeTicks }) => decodeTicks !== 0)).toEqual([]);
    });
  });
});

test('what is recorded changes nothing else', () => {
  inEveryRun(anyRun, 150, (run, hostile) => {
    for (const record of [
      { energy: false, shares: false },
      { energy: true, shares: false },
      { energy: false, shares: true },
    ]) {
      const { requests, timeline } = collect({ ...run.plan, record }, partsOf(hostile));
      expect(timeline).toEqual(record.energy ? run.timeline : run.timeline.map(withoutEnergy));
      expect(requests).toEqual(record.shares ? run.requests : run.requests.map(withoutShares));
    }
  });
});

function withoutEnergy(row: TimelineRow): TimelineRow {
  const none = Object.fromEntries([...JOULES, 'idleNs', 'sleepNs'].map((name) => [name, 0]));
  return { ...row, ...none };
}

function withoutShares(row: Run['requests'][number]): RequestRow {
  return { ...row, prefillTicks: 0, decodeTicks: 0 };
}

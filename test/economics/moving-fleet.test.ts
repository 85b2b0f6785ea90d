import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { sumOf } from '../../src/economics/accounts.ts';
import { tee } from '../../src/results/request-metrics.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { IDLE_RULES } from '../../src/sim/money-plan.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { RunMeters } from '../../src/workers/run-costs.ts';
import { type AttemptRow, type RequestRow, type TimelineRow } from '../support/collect.ts';
import { attemptRowsInto, requestRowsInto, timelineRowsInto } from '../support/collect.ts';
import { filesOf, scenarioOf } from '../scenario/support.ts';

/** Instances come and go, by policy and because somebody else wants them; answers of the small model are judged. */
const SCENARIO = `name: moving
start: 2026-06-01T17:58-05:00
horizon: 6min
warmUp: 1min
timelineInterval: 7s
regions:
  - name: texas
    site: texas-ercot
    pools:
      - name: small
        accelerator: h100-sxm
        model: llama-3.1-8b
        rentUsdPerAcceleratorHour: 3
        instances: 2
        scaling: { kind: target-load, outstandingPerInstance: 2, minInstances: 1, maxInstances: 5, intervalS: 5, provisionS: 4, storageGBPerS: 20, engineStartS: 1 }
      - name: lent
        accelerator: h100-sxm
        model: llama-3.1-8b
        instances: 2
        procurement: { kind: spot, usdPerAcceleratorHour: 1.25, evictionsPerHour: 90, noticeS: 1, replacementS: 10, storageGBPerS: 20, engineStartS: 1 }
      - { name: large, accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 2 }, instances: 1, procurement: { kind: own } }
workloads:
  - name: helpdesk
    kind: chat
    model: llama-3.1-8b
    requestsPerS: 4
    modelRouting: { kind: cascade, models: [llama-3.1-8b, llama-3.1-70b], accuracy: [0.7, 0.9], recall: 0.8, falseAlarm: 0.1, judgeMs: 100 }
  - { name: letters, kind: chat, model: llama-3.1-8b, requestsPerS: 2 }
commitments:
  - { name: base, accelerator: h100-sxm, region: texas, accelerators: 2, usdPerAcceleratorHour: 2, takeOrPay: 0.5 }
money: { idleRule: IDLE, reserved: { helpdesk: 1, letters: 1 } }
`;

function settled(rule: string, seed: number) {
  const planning = planRuns(scenarioOf(SCENARIO.replace('IDLE', rule)), catalogue, {
    files: filesOf({}),
    seeds: [seed],
  });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  const plan = planning.plans[0]!;
  const meters = new RunMeters(plan);
  const requests: RequestRow[] = [];
  const timeline: TimelineRow[] = [];
  const attempts: AttemptRow[] = [];
  const { parts, close } = assemble(plan, catalogue);
  const totals = simulate(plan, parts, {
    requests: tee(meters.requests, requestRowsInto(requests)),
    timeline: tee(meters.pools, meters.path, timelineRowsInto(timeline)),
    attempts: tee(meters.requests.attempts, attemptRowsInto(attempts)),
  });
  close();
  const isMeasured = (ns: number) => ns >= plan.warmUpNs && ns < plan.horizonNs;
  const measured = timeline.filter(({ startNs, endNs }) => isMeasured(startNs) && endNs <= plan.horizonNs);
  return { plan, costs: meters.costs(), totals, measured, requests, attempts, isMeasured };
}

const expectEqual = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).toBeLessThan(1e-9);
const HOUR_NS = 3_600e9;

describe('of a fleet whose instances come and go', () => {
  const runs = IDLE_RULES.map((rule, index) => settled(rule, 1 + index));

  test('all that was attributed and what was idle are the bill, dollars, joules and grams', () => {
    for (const { costs } of runs) {
      const bill = costs.entries.find(({ metric, scope }) => metric === 'bill' && scope === 'fleet')!.value;
      const direct = sumOf(costs.rows.map((row) => row.direct));
      const active = costs.rows.filter(({ kind }) => kind !== 'idle' && kind !== 'unused');
      const loaded = sumOf([...active.map((row) => row.direct), ...costs.rows.map((row) => row.loaded)]);

      for (const amount of ['usd', 'joules', 'grams'] as const) expectEqual(loaded[amount], direct[amount]);
      expectEqual(direct.usd, bill);
      for (const row of costs.rows) expect(Math.min(row.direct.usd, row.loaded.usd)).toBeGreaterThanOrEqual(0);
    }
  });

  test('the bill follows the path: what is on beyond the commitment is rented by the hour, in every interval', () => {
    for (const { costs, measured } of runs) {
      const onHours = (pool: number) => measured.filter((row) => row.pool === pool).map(({ onNs }) => onNs / HOUR_NS);
      const lengths = measured
        .filter(({ pool }) => pool === 0)
        .map(({ startNs, endNs }) => (endNs - startNs) / HOUR_NS);
      const small = onHours(0).reduce((usd, hours, k) => {
        const covered = Math.min(hours, 2 * lengths[k]!);
        return usd + covered * 2 + (hours - covered) * 3;
      }, 0);
      const unused = onHours(0).reduce((usd, hours, k) => usd + Math.max(0, 2 * lengths[k]! - hours) * 2 * 0.5, 0);
      const lent = onHours(1).reduce((usd, hours) => usd + hours * 1.25, 0);

      expectEqual(costs.billsUsd[0]!, small);
      expectEqual(costs.billsUsd[1]!, lent);
      expect(costs.rows.find(({ kind }) => kind === 'unused')?.direct.usd ?? 0).toBeCloseTo(unused, 9);
      // Not all of it all the time, and more than the commitment at some.
      expect(onHours(0).some((hours, k) => hours > 2.5 * lengths[k]!)).toBe(true);
      // Two that are lent are not held for a tenth of the time and more.
      expect(onHours(1).reduce((sum, hours) => sum + hours, 0)).toBeLessThan(0.9 * ((2 * 5) / 60));
    }
  });

  test('resource time is charged to the pools that spent it, whether the answer stood or not', () => {
    for (const { costs, requests, attempts, isMeasured, totals } of runs) {
      const charged = (pool: number) =>
        costs.rows
          .filter((row) => row.pool === pool && row.workload >= 0)
          .reduce((sum, row) => sum + row.resourceNs, 0);
      const poolOf = (instance: number) => (instance < 5 ? 0 : instance < 7 ? 1 : 2);
      const spent = [0, 0, 0];
      const before = new Map<number, number>();
      const note = (request: number, instance: number, ticks: number, endNs: number) => {
        if (isMeasured(endNs)) spent[poolOf(instance)]! += (ticks - (before.get(request) ?? 0)) / 65_536;
        before.set(request, ticks);
      };
      for (const { request, instance, prefillTicks, decodeTicks, endNs } of attempts) {
        note(request, instance, prefillTicks + decodeTicks, endNs);
      }
      for (const { request, instance, status, prefillTicks, decodeTicks, finishNs } of requests) {
        if (status === 0) note(request, instance, prefillTicks + decodeTicks, finishNs);
      }

      for (const pool of [0, 1, 2]) expectEqual(charged(pool), spent[pool]!);
      // Escalated answers, and some that were lost with their instances.
      expect(attempts.length).toBeGreaterThan(100);
      expect(totals.evictions![1]!.lostRequests).toBeGreaterThan(0);
    }
  });
});

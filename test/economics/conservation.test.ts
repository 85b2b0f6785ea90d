import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import type { Amounts } from '../../src/economics/accounts.ts';
import { sumOf } from '../../src/economics/accounts.ts';
import { tee } from '../../src/results/request-metrics.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { IDLE_RULES } from '../../src/sim/money-plan.ts';
import type { RunPlan } from '../../src/sim/plan.ts';
import type { RowSink } from '../../src/sim/ports.ts';
import type { TimelineColumns } from '../../src/sim/records.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { RunMeters } from '../../src/workers/run-costs.ts';
import { filesOf, scenarioOf } from '../scenario/support.ts';

/** Owned, rented and committed pools, prompts and decoding apart, in two regions; the evening peak is in the window. */
const SCENARIO = `name: all
start: 2026-06-01T17:58-05:00
horizon: 4min
warmUp: 30s
timelineInterval: 7s
regions:
  - name: texas
    site: texas-ercot
    demandChargeUsdPerKWMonth: 15
    pools:
      - { name: owned, accelerator: h100-sxm, model: llama-3.1-8b, instances: 2, procurement: { kind: own } }
      - { name: spare, accelerator: h100-sxm, model: llama-3.1-8b, instances: 2, procurement: { kind: spot } }
  - name: oregon
    site: oregon
    pools:
      - { name: prompts, accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 2 }, instances: 1, role: prefill }
      - { name: answers, accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 2 }, instances: 1, role: decode }
workloads:
  - { name: questions, kind: chat, model: llama-3.1-8b, requestsPerS: 3, turns: 3 }
  - { name: puzzles, kind: reasoning, model: llama-3.1-8b, requestsPerS: 0.3 }
  - { name: letters, kind: chat, model: llama-3.1-70b, requestsPerS: 1.5 }
commitments:
  - { name: base, accelerator: h100-sxm, region: oregon, accelerators: 6, termYears: 3, takeOrPay: 0.7 }
money: { idleRule: IDLE, reserved: { questions: 1, puzzles: 1, letters: 2 } }
`;

/** Energy that the simulation recorded in the measured window. */
class EnergySum implements RowSink<TimelineColumns> {
  joules = 0;
  readonly #plan: RunPlan;

  constructor(plan: RunPlan) {
    this.#plan = plan;
  }

  flush(columns: TimelineColumns, rows: number): void {
    for (let row = 0; row < rows; row++) {
      if (columns.startNs[row]! < this.#plan.warmUpNs || columns.endNs[row]! > this.#plan.horizonNs) continue;
      const { busyJoules, idleJoules, hostJoules, facilityJoules } = columns;
      this.joules += busyJoules[row]! + idleJoules[row]! + hostJoules[row]! + facilityJoules[row]!;
    }
  }
}

function settled(text: string, seed: number) {
  const planning = planRuns(scenarioOf(text), catalogue, { files: filesOf({}), seeds: [seed] });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  const plan = planning.plans[0]!;
  const meters = new RunMeters(plan);
  const energy = new EnergySum(plan);
  const { parts, close } = assemble(plan, catalogue);
  simulate(plan, parts, { requests: meters.requests, timeline: tee(meters.pools, meters.path, energy) });
  close();
  return { plan, costs: meters.costs(), joules: energy.joules };
}

const expectEqual = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).toBeLessThan(1e-9);

describe('of a real run, nothing is lost or made', () => {
  test.each(IDLE_RULES.flatMap((rule) => [1, 2].map((seed) => [rule, seed] as const)))('%s, seed %i', (rule, seed) => {
    const { costs, joules } = settled(SCENARIO.replace('IDLE', rule), seed);
    const { rows, billsUsd } = costs;
    const unusedUsd = (6 - 4) * 1.3 * 0.7 * (3.5 / 60);
    const billUsd = billsUsd.reduce((sum, usd) => sum + usd, 0) + unusedUsd;
    const direct = sumOf(rows.map((row): Amounts => row.direct));
    const active = rows.filter(({ kind }) => kind !== 'idle' && kind !== 'unused');
    const loaded = sumOf([...active.map((row) => row.direct), ...rows.map((row) => row.loaded)]);

    expectEqual(direct.usd, billUsd);
    expectEqual(loaded.usd, billUsd);
    expectEqual(direct.joules, joules);
    expectEqual(loaded.joules, joules);
    expectEqual(loaded.grams, direct.grams);
    expect(costs.entries.find(({ metric, scope }) => metric === 'bill' && scope === 'fleet')!.value).toBeCloseTo(
      billUsd,
      9,
    );
    for (const { direct: own, loaded: charged } of rows) {
      expect(Math.min(own.usd, own.joules, own.grams, charged.usd, charged.joules)).toBeGreaterThanOrEqual(0);
    }
  });
});

test('a fleet that nobody asks draws its idle watts, and costs what it costs', () => {
  const text = SCENARIO.replace('IDLE', 'pro-rata').replaceAll(/requestsPerS: [\d.]+/g, 'requestsPerS: 0.000000001');
  const { plan, costs, joules } = settled(text, 1);
  const windowS = (plan.horizonNs - plan.warmUpNs) / 1e9;
  const watts = plan.pools.map(({ instances, acceleratorsPerInstance, power }) => {
    const it = power.idleWatts + power.hostIdleWatts + power.networkWatts;
    const fixed = 0.3 * (power.pue - 1);
    return instances * acceleratorsPerInstance * (it * (power.pue - fixed) + fixed * power.ratedWatts);
  });
  const idle = sumOf(costs.rows.filter(({ kind }) => kind === 'idle').map((row): Amounts => row.direct));

  expectEqual(joules, windowS * watts.reduce((sum, each) => sum + each, 0));
  expectEqual(idle.joules, joules);
  expectEqual(
    idle.usd,
    costs.billsUsd.reduce((sum, usd) => sum + usd, 0),
  );
});

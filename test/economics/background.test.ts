import { expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { sumOf } from '../../src/economics/accounts.ts';
import { tee } from '../../src/results/request-metrics.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { RunMeters } from '../../src/workers/run-costs.ts';
import { timelineRowsInto, type TimelineRow } from '../support/collect.ts';
import { filesOf, scenarioOf } from '../scenario/support.ts';

const RENTED = '{ kind: rent }\n        rentUsdPerAcceleratorHour: 2';

const scenario = (procurement: string, energy: boolean) => `name: night
start: 2026-06-01T00:00+00:00
horizon: 70min
warmUp: 10min
timelineInterval: 1min
record: { energy: ${energy} }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.1
    carbonGramsPerKWh: 400
    pue: 1.2
    pools:
      - name: desk
        accelerator: h100-sxm
        model: llama-3.1-70b
        weights: fp8
        layout: { tensorParallel: 2 }
        instances: 4
        procurement: ${procurement}
        scaling:
          kind: schedule
          storageGBPerS: 2
          maxInstances: 4
          hours: [{ fromH: 0, untilH: 0.5, instances: 2 }, { fromH: 0.5, untilH: 24, instances: 4 }]
workloads:
  - { name: support, kind: chat, model: llama-3.1-70b, requestsPerS: 2 }
  - { name: training, kind: background, pool: desk, valueUsdPerAcceleratorHour: 1.5, checkpointEveryS: 300, checkpointS: 20, restoreS: 60, drawShare: 0.8 }
`;

function settled(procurement: string, energy = true) {
  const planning = planRuns(scenarioOf(scenario(procurement, energy)), catalogue, { files: filesOf({}), seeds: [1] });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  const plan = planning.plans[0]!;
  const meters = new RunMeters(plan);
  const timeline: TimelineRow[] = [];
  const { parts, close } = assemble(plan, catalogue);
  simulate(plan, parts, {
    requests: meters.requests,
    timeline: tee(meters.pools, meters.path, timelineRowsInto(timeline)),
  });
  close();
  const measured = timeline.filter(({ startNs, endNs }) => startNs >= plan.warmUpNs && endNs <= plan.horizonNs);
  return { plan, measured, costs: meters.costs() };
}

const expectEqual = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).toBeLessThan(1e-9);

test.each([
  ['rented', RENTED],
  ['owned', '{ kind: own }'],
])(
  'of a pool that is %s, background work has its hours, its worth, its part of the bill and of the energy',
  (_, kind) => {
    const { plan, measured, costs } = settled(kind);
    const pool = plan.pools[0]!;
    const total = (name: 'lentNs' | 'usefulNs' | 'onNs' | 'recalls' | 'backgroundJoules') =>
      measured.reduce((sum, row) => sum + row[name], 0);
    const of = (metric: string, statistic = 'total') =>
      costs.entries.find(
        (entry) => entry.scope === 'background' && entry.metric === metric && entry.statistic === statistic,
      )!.value;
    const row = costs.rows.find((each) => each.kind === 'background')!;
    const bill = costs.entries.find(({ scope, metric }) => scope === 'fleet' && metric === 'bill')!.value;

    // All of the pool, all of the time.
    expect(total('lentNs') + total('onNs')).toBe(4 * 3_600e9);
    expect(total('recalls')).toBe(2);
    expectEqual(of('lent_time'), (total('lentNs') / 3.6e12) * 2);
    expectEqual(of('background_value'), (total('usefulNs') / 3.6e12) * 2 * 1.5);
    expectEqual(of('useful_time', 'share'), total('usefulNs') / total('lentNs'));
    expectEqual(row.direct.usd, (bill * total('lentNs')) / (4 * 3_600e9));
    expectEqual(sumOf(costs.rows.map(({ direct }) => direct)).usd, bill);
    expectEqual(costs.billsUsd[0]!, bill - row.direct.usd);
    expectEqual(row.direct.joules, total('backgroundJoules'));
    expectEqual(row.direct.grams, (row.direct.joules / 3.6e6) * 400);

    const { hostIdleWatts, hostBusyWatts, networkWatts, ratedWatts } = pool.power;
    const watts = 0.8 * 700 + hostIdleWatts + hostBusyWatts + networkWatts;
    const facility = 0.7 * 0.2 * watts + 0.3 * 0.2 * ratedWatts;
    expectEqual(row.direct.joules, (total('lentNs') / 1e9) * 2 * (watts + facility));
  },
);

test('rented accelerators that are lent cost their rent, of which users pay nothing', () => {
  const { measured, costs } = settled(RENTED);
  const bill = costs.entries.find(({ scope, metric }) => scope === 'fleet' && metric === 'bill')!.value;
  const charged = sumOf(costs.rows.map(({ loaded }) => loaded)).usd;
  const own = sumOf(
    costs.rows.flatMap(({ kind, direct }) => (kind === 'input' || kind === 'output' ? [direct] : [])),
  ).usd;
  const onNs = measured.reduce((sum, row) => sum + row.onNs, 0);

  expectEqual(bill, 8 * 1 * 2);
  expectEqual(own + charged, (onNs / 3.6e12) * 2 * 2);
});

test('without recorded energy it draws what is typical of the accelerator', () => {
  const { plan, measured, costs } = settled('{ kind: own }', false);
  const lentS = measured.reduce((sum, row) => sum + row.lentNs, 0) / 1e9;
  const { typicalItWatts } = plan.money!.pools[0]!;

  expectEqual(costs.rows.find(({ kind }) => kind === 'background')!.direct.joules, lentS * 2 * typicalItWatts * 1.2);
});

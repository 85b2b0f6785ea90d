import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Amounts, sumOf } from '../../src/economics/accounts.ts';
import { ownedUsdPerHour } from '../../src/economics/ownership.ts';
import { IDLE_RULES } from '../../src/sim/money-plan.ts';
import type { RunPlan } from '../../src/sim/plan.ts';
import { meanOver } from '../../src/sim/series.ts';
import type { TimelineRow } from '../support/collect.ts';
import { settledRun } from '../support/settled.ts';

/** The first pool: taken away by chance, by a price, or never, and asked back in seconds. */
const LENDING = [
  '{ kind: own, fixedUsdPerMonth: 100 }',
  '{ kind: rent }',
  '{ kind: spot, usdPerAcceleratorHour: 1.2 }',
  '{ kind: spot, evictionsPerHour: 60, noticeS: 2, replacementS: 5, storageGBPerS: 20, engineStartS: 1 }',
  '{ kind: spot, priceFile: spot.csv, bidUsdPerAcceleratorHour: 1.5, noticeS: 0, replacementS: 3, storageGBPerS: 20, engineStartS: 1 }',
  '{ kind: spot, priceFile: spot.csv, bidUsdPerAcceleratorHour: 2.5, evictionsPerHour: 30, noticeS: 4, replacementS: 3, engineStartS: 1 }',
] as const;
/** The second: it grows and shrinks, and what it releases may be lent. */
const SCALING = [
  '',
  ', scaling: { kind: target-load, outstandingPerInstance: 3, minInstances: 0, maxInstances: 4, intervalS: 3, provisionS: 2, storageGBPerS: 20, engineStartS: 1 }',
] as const;
const POWER = [
  '',
  'power: { kind: race-to-idle, sleepAfterMs: 200, wakeMs: 300 }\n',
  'power: { kind: uniform-cap, domains: [{ level: site, region: texas, kW: 9 }], telemetry: { intervalMs: 500, ageMs: 200 }, brake: { delayMs: 0, clock: 0.4, holdMs: 900 } }\n',
  'power: { kind: evenly, domains: [{ level: node, W: 5000, counts: accelerators }], telemetry: { intervalMs: 300, ageMs: 100 } }\n',
  'power: { kind: follow-price }\n',
  'power: { kind: shed, domains: [{ level: site, kW: 7.5 }], telemetry: { intervalMs: 1000, ageMs: 0 } }\n',
] as const;
const ADMISSION = [
  '',
  'admission: { kind: cheapest-hours, workloads: [letters], latestH: 0.02, spreadS: 5 }\n',
  'admission: { kind: when-idle, workloads: [letters], latestH: 0.01, outstandingPerInstance: 2, checkS: 1 }\n',
  'admission: { kind: queue-limit, waitingPerInstance: 3 }\n',
] as const;
const JOB =
  '  - { name: training, kind: background, pool: moving, valueUsdPerAcceleratorHour: 1, restoreS: 2, checkpointEveryS: 5, checkpointS: 1, onRecall: drop }\n';
const CASCADE =
  ', modelRouting: { kind: cascade, models: [llama-3.1-8b, llama-3.1-70b], accuracy: [0.7, 0.9], recall: 0.8, falseAlarm: 0.1, judgeMs: 50 }';

const CSV = `time,usd_per_accelerator_hour\n${[1, 2, 1.25, 3, 1]
  .map((usd, k) => `2026-06-01T23:0${k}Z,${usd}\n`)
  .join('')}`;

interface Case {
  readonly seed: number;
  readonly lending: string;
  readonly scaling: string;
  readonly hasJob: boolean;
  readonly power: string;
  readonly admission: string;
  readonly cascade: string;
  readonly rule: string;
  readonly basis: string;
  readonly requestsPerS: number;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000 }),
  lending: fc.constantFrom(...LENDING),
  scaling: fc.constantFrom(...SCALING),
  hasJob: fc.boolean(),
  power: fc.constantFrom(...POWER),
  admission: fc.constantFrom(...ADMISSION),
  cascade: fc.constantFrom('', CASCADE),
  rule: fc.constantFrom(...IDLE_RULES),
  basis: fc.constantFrom('economic', 'accounting', 'cash'),
  requestsPerS: fc.constantFrom(0.3, 2, 9),
});

/** Three minutes in two regions, one of them in the hour in which its price jumps. */
function textOf({ lending, scaling, hasJob, power, admission, cascade, rule, basis, requestsPerS }: Case): string {
  return `name: all
start: 2026-06-01T18:00-05:00
horizon: 3min
warmUp: 20s
timelineInterval: 4s
regions:
  - name: texas
    site: texas-ercot
    pools:
      - { name: lent, accelerator: h100-sxm, model: llama-3.1-8b, instances: 2, procurement: ${lending} }
      - { name: moving, accelerator: h100-sxm, model: llama-3.1-8b, instances: 2${scaling}, rentUsdPerAcceleratorHour: 3 }
  - name: oregon
    site: oregon
    pools:
      - { name: large, accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 2 }, instances: 1, procurement: { kind: own } }
workloads:
  - { name: helpdesk, kind: chat, model: llama-3.1-8b, requestsPerS: ${requestsPerS}${cascade} }
  - { name: letters, kind: chat, model: llama-3.1-8b, requestsPerS: 2, priority: 1 }
  - { name: puzzles, kind: chat, model: llama-3.1-70b, requestsPerS: 0.5 }
${hasJob && scaling !== '' ? JOB : ''}${power}${admission}money: { idleRule: ${rule}, reserved: { helpdesk: 1, letters: 1 }, costBasis: ${basis} }
`;
}

function settled(drawn: Case) {
  const { plan, costs, totals, timeline } = settledRun(textOf(drawn), CSV, drawn.seed);
  const measured = timeline.filter(({ startNs, endNs }) => startNs >= plan.warmUpNs && endNs <= plan.horizonNs);
  return { plan, costs, measured, totals };
}

const HOUR_NS = 3_600e9;
const joulesOf = (row: TimelineRow) =>
  row.busyJoules + row.idleJoules + row.hostJoules + row.facilityJoules + row.backgroundJoules;

/** What a pool costs, interval by interval, from what the engine says it did; electricity at the price of the moment. */
function billOf(plan: RunPlan, measured: readonly TimelineRow[], pool: number): number {
  const money = plan.money!;
  const { procurement } = money.pools[pool]!;
  const { acceleratorsPerInstance, instances, region } = plan.pools[pool]!;
  const rows = measured.filter((row) => row.pool === pool);
  if (procurement.kind !== 'own') {
    const { usdOverTime, usdPerAcceleratorHour } = procurement;
    return rows.reduce((usd, { startNs, endNs, onNs, lentNs }) => {
      const price = usdOverTime === undefined ? usdPerAcceleratorHour : meanOver(usdOverTime, startNs, endNs);
      return usd + ((onNs + lentNs) / HOUR_NS) * acceleratorsPerInstance * price;
    }, 0);
  }
  const { it, building, maintenance, staff } = ownedUsdPerHour(procurement, money.costBasis);
  const hours = (plan.horizonNs - plan.warmUpNs) / HOUR_NS;
  const owned = (it + building + maintenance + staff) * hours * instances * acceleratorsPerInstance;
  const { usdPerKWh } = money.regions[region]!;
  const energy = rows.reduce(
    (usd, row) => usd + (joulesOf(row) / 3.6e6) * meanOver(usdPerKWh, row.startNs, row.endNs),
    0,
  );
  return owned + energy + (procurement.fixedUsdPerMonth * hours) / 730;
}

const expectEqual = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1), `${actual} against ${expected}`).toBeLessThan(1e-9);

test('whatever is taken away, sleeps, is lent, capped, deferred or refused: nothing is lost or made', () => {
  let [evicted, slept, lent, refused, escalated] = [0, 0, 0, 0, 0];
  fc.assert(
    fc.property(anyCase, (drawn) => {
      const { plan, costs, measured, totals } = settled(drawn);
      const { rows } = costs;
      const active = rows.filter(({ kind }) => kind !== 'idle' && kind !== 'unused');
      const direct = sumOf(rows.map((row): Amounts => row.direct));
      const loaded = sumOf([...active.map((row) => row.direct), ...rows.map((row) => row.loaded)]);

      expectEqual(
        direct.usd,
        plan.pools.reduce((usd, _, pool) => usd + billOf(plan, measured, pool), 0),
      );
      expectEqual(
        direct.joules,
        measured.reduce((joules, row) => joules + joulesOf(row), 0),
      );
      expectEqual(
        direct.grams,
        measured.reduce((grams, row) => {
          const { gramsPerKWh } = plan.money!.regions[plan.pools[row.pool]!.region]!;
          return grams + (joulesOf(row) / 3.6e6) * meanOver(gramsPerKWh!, row.startNs, row.endNs);
        }, 0),
      );
      for (const amount of ['usd', 'joules', 'grams'] as const) {
        expectEqual(loaded[amount], direct[amount]);
        expect(Math.min(...rows.map((row) => Math.min(row.direct[amount], row.loaded[amount])))).toBeGreaterThanOrEqual(
          0,
        );
      }
      evicted += (totals.evictions ?? []).reduce((sum, each) => sum + each.evictedInstances, 0);
      slept += measured.reduce((sum, { sleepNs }) => sum + sleepNs, 0);
      lent += measured.reduce((sum, { lentNs }) => sum + lentNs, 0);
      refused += totals.rejectedRequests;
      escalated += measured.reduce((sum, { escalatedRequests }) => sum + escalatedRequests, 0);
    }),
    { seed: 7, numRuns: 60 },
  );
  // All of it happened.
  expect(Math.min(evicted, slept, lent, refused, escalated)).toBeGreaterThan(0);
});

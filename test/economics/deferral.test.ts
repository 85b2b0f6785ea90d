import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { tee } from '../../src/results/request-metrics.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { simulate } from '../../src/sim/simulate.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { RunMeters } from '../../src/workers/run-costs.ts';
import { type RequestRow, requestRowsInto } from '../support/collect.ts';
import { filesOf, scenarioOf } from '../scenario/support.ts';

const MINUTE_NS = 60e9;
const USD_PER_MWH = [300, 300, 40, 300, 300, 20, 300, 300];
const CSV = `time,usd_per_mwh\n${USD_PER_MWH.map((usd, k) => `2026-06-01T12:0${k}Z,${usd}\n`).join('')}`;

/** Jobs of the first minute have three minutes, of which one is kept for computing them; a few people ask all the time. */
const scenario = (admission: string) => `name: jobs
start: 2026-06-01T12:00Z
horizon: 8min
warmUp: 0s
timelineInterval: 5s
regions:
  - name: texas
    electricityUsdPerKWh: 0.2
    pue: 1.15
    electricity: { file: lmp.csv }
    carbonGramsPerKWh: 370
    pools: [{ name: desk, accelerator: h100-sxm, model: llama-3.1-8b, instances: 1, procurement: { kind: own } }]
workloads:
  - { name: chats, kind: chat, model: llama-3.1-8b, requestsPerS: 1 }
  - name: reports
    kind: batch
    model: llama-3.1-8b
    sessionsPerHour: 600
    requestsPerJob: 90
    windowS: 20
    deadlineH: 0.05
    arrivals: { kind: poisson, spikes: [{ startH: 0.01, hours: 1, factor: 0 }] }
${admission}`;

function settled(admission: string) {
  const files = filesOf({ 'lmp.csv': CSV });
  const planning = planRuns(scenarioOf(scenario(admission), 'jobs.yaml', files), catalogue, { files, seeds: [1] });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  const plan = planning.plans[0]!;
  const meters = new RunMeters(plan);
  const requests: RequestRow[] = [];
  const { parts, close } = assemble(plan, catalogue);
  simulate(plan, parts, {
    requests: tee(meters.requests, requestRowsInto(requests)),
    timeline: tee(meters.pools, meters.path),
  });
  close();
  const { entries } = meters.costs();
  const of = (metric: string) => entries.find((entry) => entry.metric === metric && entry.scope === 'fleet')!.value;
  const reports = requests.filter(({ workload }) => workload === 1);
  return { reports, energyUsd: of('energy_bill'), billUsd: of('bill') };
}

const atOnce = settled('');
const isLate = ({ finishNs, deadlineNs }: RequestRow) => finishNs > deadlineNs;
/** Who was held back: those that wait for nobody are sent as they come. */
const isHeld = ({ sentNs, arrivalNs }: RequestRow) => sentNs > arrivalNs;

test('a hundred requests and more have deadlines, and without deferral nobody is held back', () => {
  expect(atOnce.reports.length).toBeGreaterThan(100);
  expect(atOnce.reports.filter(isHeld)).toEqual([]);
});

describe('work that waits for the cheapest minute before its deadline', () => {
  const { reports, energyUsd, billUsd } = settled(
    'admission: { kind: cheapest-hours, workloads: [reports], leadH: 0.016, spreadS: 30 }\n',
  );

  test('is begun in that minute, all of it, and done in time', () => {
    expect(reports).toHaveLength(atOnce.reports.length);
    expect(reports.filter(({ sentNs }) => Math.floor(sentNs / MINUTE_NS) !== 2)).toEqual([]);
    expect(reports.filter(isLate)).toEqual([]);
  });

  test('makes electricity cheaper, and nothing else', () => {
    expect(energyUsd).toBeLessThan(0.98 * atOnce.energyUsd);
    expect(atOnce.billUsd - billUsd).toBeCloseTo(atOnce.energyUsd - energyUsd, 9);
  });
});

describe('work that waits until there is little to do', () => {
  const OUTSTANDING = 6;
  const { reports } = settled(
    `admission: { kind: when-idle, workloads: [reports], leadH: 0.016, outstandingPerInstance: ${OUTSTANDING}, checkS: 1 }\n`,
  );
  const mostAtOnce = (rows: readonly RequestRow[]) =>
    Math.max(...rows.map(({ sentNs }) => rows.filter((row) => row.sentNs <= sentNs && row.finishNs > sentNs).length));

  test('is done in time, fewer of it at once', () => {
    expect(reports).toHaveLength(atOnce.reports.length);
    expect(reports.filter(isLate)).toEqual([]);
    expect(reports.filter(isHeld).length).toBeGreaterThan(reports.length / 10);
    expect(mostAtOnce(reports)).toBeLessThan(mostAtOnce(atOnce.reports));
  });
});

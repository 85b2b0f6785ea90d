import { describe, expect, test } from 'vitest';
import { powerPolicies } from '../../src/schedulers/power/index.ts';
import type { SeriesPlan } from '../../src/sim/money-plan.ts';
import type { PowerDomainPlan } from '../../src/sim/power-control-plan.ts';
import type { PowerPolicy } from '../../src/sim/ports.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { Streams } from '../../src/sim/streams.ts';
import { collect } from '../support/collect.ts';
import { inTurn, openLoop, tinyPlan } from '../support/plans.ts';
import { controlled } from '../support/power-plans.ts';
import { hashOf } from '../support/statistics.ts';
import { ACCELERATORS, chip, chipCost, chipWatts } from './power-chip.ts';

const MS = 1_000_000;
const INSTANCES = 2;
const HORIZON_NS = 30_000 * MS;

const constant = (value: number): SeriesPlan => ({ atNs: [0], values: [value] });

function make(name: string, options: object = {}, usdPerKWh = constant(0.1), gramsPerKWh = constant(300)): PowerPolicy {
  const module = powerPolicies.find((policy) => policy.name === name)!;
  const context = { streams: new Streams(1), electricityOfPool: [{ usdPerKWh, gramsPerKWh }] };
  return module.create(module.options.parse(options), context);
}

/** Nearly all of it is decoding, whose draw grows with the batch: of this model from 406 W (one sequence) to 559 W (64). */
const requests = (seed: number, gapMs: number) =>
  Array.from({ length: Math.floor(25_000 / gapMs) }, (_, k) => ({
    arrivalNs: k * gapMs * MS,
    promptTokens: 8 + (hashOf(seed, 1, k) % 16),
    outputTokens: 40 + (hashOf(seed, 2, k) % 120),
  }));

const around = chipWatts.hostIdleWatts + chipWatts.hostBusyWatts + chipWatts.networkWatts;
/** Of the site, everything busy, while each accelerator draws so much. */
const siteWatts = (watts: number) => INSTANCES * ACCELERATORS * (around + watts);
const MOST_WATTS = INSTANCES * ACCELERATORS * (around + chip.tdpWatts * chip.ceilingShare);

const site = (watts: number): PowerDomainPlan => ({
  name: 'site',
  instances: [0, 1],
  counts: 'it',
  budget: [{ fromNs: 0, watts }],
});

function planOf(domains: readonly PowerDomainPlan[], priorities: readonly number[] = [0]): SimulationPlan {
  const plan = tinyPlan({ seed: 1, horizonNs: HORIZON_NS, instances: INSTANCES });
  const pools = plan.pools.map((pool) => ({ ...pool, acceleratorsPerInstance: ACCELERATORS }));
  const workloads = priorities.map((priority) => ({ model: 0, priority }));
  const whole = { ...plan, pools, workloads, record: { energy: true, shares: false } };
  return controlled(whole, { domains, telemetryIntervalNs: 50 * MS }, chipWatts);
}

function run(plan: SimulationPlan, power: PowerPolicy, gapMs = 25, of = plan.workloads.length) {
  const workloads = Array.from({ length: of }, (_, workload) => openLoop(requests(workload, gapMs * of)));
  return collect(plan, { workloads, routing: inTurn(), stepCosts: [chipCost()], power });
}

const shareOver = ({ totals }: ReturnType<typeof run>) => totals.powerDomains![0]!.overBudgetNs / totals.endNs;

describe('a limit of running requests', () => {
  /** Ordered at the start, in force before the first request comes. */
  const always = (most: number): PowerPolicy => ({
    decide(view, settings) {
      for (let instance = 0; instance < view.instanceCount; instance++) settings.setMaxRunning(instance, most);
    },
  });

  test.each([1, 3, 8])('of %d is what an engine does whose maxNumSeqs is that', (most) => {
    const plan = planOf([]);
    const limitedEngines = plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, maxNumSeqs: most } }));
    const limited = run(plan, always(most));
    const engines = run({ ...plan, pools: limitedEngines }, make('uncapped'));
    expect(limited.requests).toEqual(engines.requests);
    expect(limited.requests).not.toEqual(run(plan, make('uncapped')).requests);
  });

  test('takes nobody out of a batch, and is lifted again', () => {
    const switched: PowerPolicy = {
      decide(view, settings, nowNs) {
        const most = nowNs >= 3_000 * MS && nowNs < 6_000 * MS ? 1 : Infinity;
        for (let instance = 0; instance < view.instanceCount; instance++) settings.setMaxRunning(instance, most);
      },
    };
    const { requests: rows } = run(planOf([]), switched);
    expect(rows.every(({ preemptions, status }) => preemptions === 0 && status === RequestStatus.served)).toBe(true);
    const starts = (fromMs: number, toMs: number) =>
      rows.filter(({ scheduledNs }) => scheduledNs >= fromMs * MS && scheduledNs < toMs * MS).length;
    // 40 come per second; who runs at 3 s needs a second or more, and then they go one by one.
    expect(starts(3_100, 4_000)).toBe(0);
    expect(starts(6_000, 6_200)).toBeGreaterThan(40);
  });
});

describe('batch-limit', () => {
  /** Some 20 sequences for each instance, of the 38 that the load makes. */
  const budget = site(siteWatts(490));

  test('takes less time over the budget than nobody does, and makes nobody who runs slower', () => {
    const plan = planOf([budget]);
    const free = run(plan, make('uncapped'));
    const limited = run(plan, make('batch-limit'));
    expect(shareOver(free)).toBeGreaterThan(0.5);
    expect(shareOver(limited)).toBeLessThan(shareOver(free) / 3);
    const tpotNs = ({ requests: rows }: typeof free) =>
      rows.reduce((sum, row) => sum + (row.finishNs - row.firstTokenNs) / (row.outputTokens - 1), 0) / rows.length;
    expect(tpotNs(limited)).toBeLessThan(tpotNs(free));
  });

  test('never orders fewer requests than it may', () => {
    const orders: number[] = [];
    const inner = make('batch-limit', { minRequests: 5 });
    const watched: PowerPolicy = {
      decide(view, settings, nowNs) {
        inner.decide(view, settings, nowNs);
        for (let instance = 0; instance < view.instanceCount; instance++) orders.push(view.maxRunning(instance));
      },
    };
    run(planOf([site(0.3 * MOST_WATTS)]), watched);
    expect(Math.min(...orders)).toBe(5);
  });
});

describe('shed', () => {
  test('turns away the class with the highest number first, and keeps the site within its budget by it', () => {
    const budget = site(siteWatts(500));
    const free = run(planOf([budget], [0, 1]), make('uncapped'));
    const { requests: rows, totals } = run(planOf([budget], [0, 1]), make('shed', { settleMs: 4_000 }));
    const shedOf = (workload: number) =>
      rows.filter((row) => row.workload === workload && row.status === RequestStatus.shed).length;
    expect(shareOver(free)).toBeGreaterThan(0.5);
    expect(shedOf(1)).toBeGreaterThan(50);
    expect(shedOf(0)).toBe(0);
    expect(totals.powerDomains![0]!.overBudgetNs / totals.endNs).toBeLessThan(shareOver(free) / 2);
  });

  test('turns away everybody in the end, if that is what the budget takes, and is within it when the last have left', () => {
    const budgetWatts = 0.3 * MOST_WATTS;
    const plan = planOf([site(budgetWatts)], [0, 1, 2]);
    const { requests: rows } = run(plan, make('shed', { settleMs: 1_000 }));
    const shed = rows.filter(({ status }) => status === RequestStatus.shed);
    expect([...new Set(shed.map(({ workload }) => workload))].sort((a, b) => a - b)).toEqual([0, 1, 2]);
    const first = [0, 1, 2].map((workload) =>
      Math.min(...shed.filter((row) => row.workload === workload).map(({ arrivalNs }) => arrivalNs)),
    );
    // One class more after each second of waiting and the delay of an order, the highest number first.
    expect(first[2]! + 1_000 * MS).toBeLessThanOrEqual(first[1]! + 100 * MS);
    expect(first[1]! + 1_000 * MS).toBeLessThanOrEqual(first[0]! + 100 * MS);
  });

  test('leaves the workloads of other models alone', () => {
    const plan = planOf([site(0.3 * MOST_WATTS)], [0, 9]);
    const elsewhere = { ...plan.pools[0]!, model: 1, instances: 1 };
    const two = {
      ...plan,
      models: ['here', 'elsewhere'],
      pools: [...plan.pools, elsewhere],
      workloads: [
        { model: 0, priority: 0 },
        { model: 1, priority: 9 },
      ],
    };
    const { requests: rows } = collect(two, {
      workloads: [openLoop(requests(0, 25)), openLoop(requests(1, 100))],
      routing: inTurn(),
      stepCosts: [chipCost(), chipCost()],
      power: make('shed', { settleMs: 1_000 }),
    });
    const shed = rows.filter(({ status }) => status === RequestStatus.shed);
    expect(shed.length).toBeGreaterThan(0);
    expect(shed.every(({ workload }) => workload === 0)).toBe(true);
  });
});

describe('who follows a series', () => {
  const values = [0.1, 0.2, 0.25, 0.3];
  const series: SeriesPlan = { atNs: [0, 5_000 * MS, 10_000 * MS, 15_000 * MS], values };

  function clocksAt(policy: PowerPolicy): Map<number, number> {
    const clocks = new Map<number, number>();
    const watched: PowerPolicy = {
      decide(view, settings, nowNs) {
        policy.decide(view, settings, nowNs);
        clocks.set(nowNs / MS, view.clock(0));
      },
    };
    run(planOf([]), watched);
    return clocks;
  }

  test('has the full clock at its lowest value, the floor at its highest, and proportionate ones between', () => {
    for (const name of ['follow-price', 'follow-carbon']) {
      const clocks = clocksAt(make(name, { floor: 0.6 }, series, series));
      expect(clocks.get(0)).toBe(1);
      expect(clocks.get(5_000)).toBeCloseTo(1 - 0.4 * 0.5, 12);
      expect(clocks.get(10_000)).toBeCloseTo(1 - 0.4 * 0.75, 12);
      expect(clocks.get(15_000)).toBeCloseTo(0.6, 12);
    }
  });

  test('goes by the bounds that it is given, and never below the lowest clock there is', () => {
    const clocks = clocksAt(make('follow-price', { floor: 0.01, lowUsdPerKWh: 0.2, highUsdPerKWh: 0.25 }, series));
    expect([0, 5_000, 10_000, 15_000].map((ms) => clocks.get(ms))).toEqual([1, 1, chip.leastClock, chip.leastClock]);
  });

  test('runs at full clock where the series never changes, or nothing is known', () => {
    expect(new Set(clocksAt(make('follow-price', {}, constant(0.3))).values())).toEqual(new Set([1]));
    const module = powerPolicies.find(({ name }) => name === 'follow-carbon')!;
    const unknown = module.create(module.options.parse({}), {
      streams: new Streams(1),
      electricityOfPool: [{ usdPerKWh: series }],
    });
    expect(new Set(clocksAt(unknown).values())).toEqual(new Set([1]));
  });

  test('takes less energy while it is dear, and loses no request', () => {
    const midday: SeriesPlan = { atNs: [0, 8_000 * MS, 16_000 * MS], values: [0.1, 0.3, 0.1] };
    const plan = { ...planOf([]), timelineIntervalNs: 1_000 * MS };
    const free = run(plan, make('uncapped'));
    const following = run(plan, make('follow-price', { floor: 0.5 }, midday));
    const dollars = ({ timeline }: typeof free) =>
      timeline.reduce((sum, row) => {
        const isDear = row.startNs >= 8_000 * MS && row.startNs < 16_000 * MS;
        return sum + ((isDear ? 0.3 : 0.1) * row.busyJoules) / 3.6e6;
      }, 0);
    expect(following.requests.length).toBe(free.requests.length);
    expect(dollars(following)).toBeLessThan(dollars(free));
  });
});

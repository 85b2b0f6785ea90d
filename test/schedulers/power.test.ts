import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { powerPolicies } from '../../src/schedulers/power/index.ts';
import type { PowerDomainPlan } from '../../src/sim/power-control-plan.ts';
import type { PowerPolicy, PowerSink, SiteView } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { Streams } from '../../src/sim/streams.ts';
import { rowsDifference } from '../differential/agreement.ts';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import { collect } from '../support/collect.ts';
import { firstEligible, inTurn, openLoop, tinyPlan } from '../support/plans.ts';
import { controlled } from '../support/power-plans.ts';
import { hashOf } from '../support/statistics.ts';
import { ACCELERATORS, chip, chipCost, chipWatts } from './power-chip.ts';

const MS = 1_000_000;
const INSTANCES = 3;

/** Options of those that cannot do without. */
const GIVEN: Readonly<Record<string, object>> = {
  'fixed-clock': { clock: 0.5 },
  'dvfs-governor': { stepMs: 40 },
  'follow-price': { floor: 0.5 },
  'follow-carbon': { floor: 0.5 },
  'race-to-idle': { sleepAfterMs: 20, wakeMs: 300 },
};

/** Dearest and dirtiest in the third of three spells. */
const series = (values: readonly number[]) => ({ atNs: [0, 4_000 * MS, 8_000 * MS], values });
const electricityOfPool = [{ usdPerKWh: series([0.2, 0.1, 0.3]), gramsPerKWh: series([300, 200, 400]) }];

const make = (name: string, options: object = GIVEN[name] ?? {}): PowerPolicy => {
  const module = powerPolicies.find((policy) => policy.name === name)!;
  return module.create(module.options.parse(options), { streams: new Streams(1), electricityOfPool });
};

const names = powerPolicies.map(({ name }) => name);

/** A busy quarter of a minute of prompts and answers of all lengths. */
function requests(seed: number, count = 300) {
  return Array.from({ length: count }, (_, k) => ({
    arrivalNs: k * 40 * MS,
    promptTokens: 1 + (hashOf(seed, 1, k) % 2_000),
    outputTokens: 1 + (hashOf(seed, 2, k) % 200),
  }));
}

interface Control {
  readonly domains: readonly PowerDomainPlan[];
  readonly telemetryIntervalNs: number;
  readonly telemetryAgeNs?: number;
  readonly actuationNs?: number;
  readonly brake?: NonNullable<SimulationPlan['power']>['brake'];
}

function planOf(seed: number, { brake, ...control }: Control): SimulationPlan {
  const plan = tinyPlan({ seed, horizonNs: 15_000 * MS, instances: INSTANCES });
  const pools = plan.pools.map((pool) => ({ ...pool, acceleratorsPerInstance: ACCELERATORS }));
  const limits = { ...control, ...(brake !== undefined && { brake }) };
  return controlled({ ...plan, pools, record: { energy: true, shares: false } }, limits, chipWatts);
}

const partsOf = (seed: number, power: PowerPolicy) => ({
  workloads: [openLoop(requests(seed))],
  routing: inTurn(),
  stepCosts: [chipCost()],
  power,
});

const site = (watts: number, changes: PowerDomainPlan['budget'] = []): PowerDomainPlan => ({
  name: 'site',
  instances: Array.from({ length: INSTANCES }, (_, k) => k),
  counts: 'it',
  budget: [{ fromNs: 0, watts }, ...changes],
});

const perAccelerator = chipWatts.hostIdleWatts + chipWatts.hostBusyWatts + chipWatts.networkWatts;
/** Everything busy, at the highest clock and at the lowest. */
const MOST_WATTS = INSTANCES * ACCELERATORS * (perAccelerator + chip.tdpWatts * chip.ceilingShare);

describe.each(names)('%s', (name) => {
  test('decides the same in the engine that takes every step by itself', () => {
    for (const seed of [1, 2]) {
      const control = { domains: [site(0.6 * MOST_WATTS)], telemetryIntervalNs: 70 * MS, telemetryAgeNs: 110 * MS };
      const plan = planOf(seed, { ...control, actuationNs: 80 * MS });
      const fast = collect(plan, partsOf(seed, make(name)));
      const slow = simulateStepByStep(plan, partsOf(seed, make(name)));
      expect(rowsDifference('request', fast.requests, slow.requests)).toBeUndefined();
      expect(rowsDifference('timeline', fast.timeline, slow.timeline)).toBeUndefined();
      expect(fast.totals.powerDomains).toEqual(slow.powerDomains);
    }
  });

  test('orders clocks and caps that exist, of instances that exist', () => {
    const inner = make(name);
    let orders = 0;
    const watched: PowerPolicy = {
      ...inner,
      decide(view, settings, nowNs) {
        const sink: PowerSink = {
          setClock(instance, clock) {
            expect(instance).toBeGreaterThanOrEqual(0);
            expect(instance).toBeLessThan(view.instanceCount);
            expect(clock).toBeGreaterThan(0);
            expect(clock).toBeLessThanOrEqual(1);
            orders++;
            settings.setClock(instance, clock);
          },
          setCap(instance, watts) {
            expect(instance).toBeLessThan(view.instanceCount);
            expect(watts).toBeGreaterThanOrEqual(0);
            orders++;
            settings.setCap(instance, watts);
          },
          setMaxRunning(instance, requests) {
            expect(instance).toBeLessThan(view.instanceCount);
            expect(requests).toBeGreaterThanOrEqual(1);
            orders++;
            settings.setMaxRunning(instance, requests);
          },
          setTurnedAway(workload, isTurnedAway) {
            expect(workload).toBeLessThan(view.workloadCount);
            orders++;
            settings.setTurnedAway(workload, isTurnedAway);
          },
        };
        inner.decide(view, sink, nowNs);
      },
    };
    collect(planOf(3, { domains: [site(0.5 * MOST_WATTS)], telemetryIntervalNs: 100 * MS }), partsOf(3, watched));
    expect(orders > 0).toBe(!['uncapped', 'race-to-idle'].includes(name));
  });

  test('leaves everybody at full clock where there is no budget, unless it is asked for a clock', () => {
    const free = collect(planOf(4, { domains: [], telemetryIntervalNs: 100 * MS }), partsOf(4, make(name)));
    const alone = collect(
      { ...planOf(4, { domains: [], telemetryIntervalNs: 100 * MS }) },
      partsOf(4, make('uncapped')),
    );
    if (GIVEN[name] !== undefined) return;
    expect(free.requests).toEqual(alone.requests);
  });
});

/** What the site draws whenever telemetry is taken, as the policy that is asked then sees it. */
function drawsOf(plan: SimulationPlan, seed: number, policy: PowerPolicy) {
  const draws: { readonly timeNs: number; readonly watts: number; readonly longestStepNs: number }[] = [];
  const ageNs = plan.power!.telemetryAgeNs;
  const watching: PowerPolicy = {
    decide(view: SiteView, settings, nowNs) {
      const steps = Array.from({ length: view.instanceCount }, (_, instance) => view.stepNs(instance));
      draws.push({ timeNs: nowNs - ageNs, watts: view.domainDrawWatts(0), longestStepNs: Math.max(...steps) });
      policy.decide(view, settings, nowNs);
    },
  };
  const run = collect(plan, partsOf(seed, watching));
  return { draws, run };
}

/** Longest time for which the draw stays over the budget, as telemetry shows it. */
function longestOverNs(draws: ReturnType<typeof drawsOf>['draws'], budgetAt: (timeNs: number) => number): number {
  let sinceNs: number | undefined;
  let longest = 0;
  for (const { timeNs, watts } of draws) {
    if (watts <= budgetAt(timeNs)) sinceNs = undefined;
    else {
      sinceNs ??= timeNs;
      longest = Math.max(longest, timeNs - sinceNs);
    }
  }
  return longest;
}

describe('budgets are kept', () => {
  const anyControl = fc.record({
    seed: fc.nat(1_000),
    share: fc.integer({ min: 65, max: 95 }).map((percent) => percent / 100),
    cutAtMs: fc.integer({ min: 100, max: 8_000 }),
    cutShare: fc.integer({ min: 65, max: 95 }).map((percent) => percent / 100),
    ageMs: fc.integer({ min: 0, max: 400 }),
    actuationMs: fc.integer({ min: 0, max: 400 }),
  });
  const INTERVAL_NS = 7 * MS;

  test('under a uniform cap the site is over its budget no longer than telemetry, order and the longest step take', () => {
    fc.assert(
      fc.property(anyControl, ({ seed, share, cutAtMs, cutShare, ageMs, actuationMs }) => {
        const [before, after] = [share * MOST_WATTS, cutShare * MOST_WATTS];
        const cutNs = cutAtMs * MS;
        const plan = planOf(seed, {
          domains: [site(before, [{ fromNs: cutNs, watts: after }])],
          telemetryIntervalNs: INTERVAL_NS,
          telemetryAgeNs: ageMs * MS,
          actuationNs: actuationMs * MS,
        });
        const { draws } = drawsOf(plan, seed, make('uniform-cap'));
        const longestStepNs = Math.max(...draws.map((draw) => draw.longestStepNs));
        const boundNs = (ageMs + actuationMs) * MS + longestStepNs + INTERVAL_NS;
        expect(longestOverNs(draws, (timeNs) => (timeNs < cutNs ? before : after))).toBeLessThanOrEqual(boundNs);
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  test('whatever the policy, the brake ends it after its delay and the longest step', () => {
    fc.assert(
      fc.property(
        anyControl,
        fc.constantFrom('uncapped', 'two-threshold', 'evenly', 'priority-aware'),
        fc.integer({ min: 0, max: 500 }),
        ({ seed, share, ageMs, actuationMs }, name, delayMs) => {
          const budget = share * MOST_WATTS;
          const plan = planOf(seed, {
            domains: [site(budget)],
            telemetryIntervalNs: INTERVAL_NS,
            telemetryAgeNs: ageMs * MS,
            actuationNs: actuationMs * MS,
            brake: { delayNs: delayMs * MS, clock: chip.leastClock, holdNs: 300 * MS },
          });
          const { draws } = drawsOf(plan, seed, make(name));
          const longestStepNs = Math.max(...draws.map((draw) => draw.longestStepNs));
          expect(longestOverNs(draws, () => budget)).toBeLessThanOrEqual(
            delayMs * MS + longestStepNs + 2 * INTERVAL_NS,
          );
        },
      ),
      { numRuns: 25, seed: 2 },
    );
  });

  test('without a policy and a brake the same load is over the same budgets for long', () => {
    const plan = planOf(1, { domains: [site(0.7 * MOST_WATTS)], telemetryIntervalNs: INTERVAL_NS });
    const { draws, run } = drawsOf(plan, 1, make('uncapped'));
    expect(longestOverNs(draws, () => 0.7 * MOST_WATTS)).toBeGreaterThan(500 * MS);
    expect(run.totals.powerDomains![0]!.overBudgetNs).toBeGreaterThan(1_000 * MS);
  });
});

test('an idle site draws its idle watts for as long as nothing comes', () => {
  const plan = planOf(1, { domains: [site(MOST_WATTS)], telemetryIntervalNs: 100 * MS });
  const parts = { ...partsOf(1, make('uncapped')), routing: firstEligible };
  const late = [{ arrivalNs: 14_000 * MS, promptTokens: 8, outputTokens: 1 }];
  const { timeline } = collect({ ...plan, timelineIntervalNs: 14_000 * MS }, { ...parts, workloads: [openLoop(late)] });
  const idleWatts = INSTANCES * ACCELERATORS * chipWatts.idleWatts;

  expect(timeline[0]).toMatchObject({ busyJoules: 0, idleJoules: idleWatts * 14 });
});

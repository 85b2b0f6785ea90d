import { describe, expect, test } from 'vitest';
import type { PowerPolicy } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import { collect } from '../support/collect.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import { controlled, stepsAlone } from '../support/power-plans.ts';
import { constantStep } from '../support/step-costs.ts';

const watts = { ...stepsAlone, idleWatts: 100, offWatts: 30 };
const one = (arrivalNs: number) => ({ arrivalNs, promptTokens: 1, outputTokens: 1 });

function timelines(power: PowerPolicy, arrivals: readonly number[], horizonNs: number, instances = 1) {
  const tiny = tinyPlan({ horizonNs, instances });
  const plan = controlled({ ...tiny, record: { energy: true, shares: false } }, { telemetryIntervalNs: 50 }, watts);
  const parts = () => ({
    workloads: [openLoop(arrivals.map(one))],
    routing: firstEligible,
    stepCosts: [constantStep(10 * TICKS_PER_NS)],
    power,
  });
  return [collect(plan, parts()), simulateStepByStep(plan, parts())] as const;
}

describe('accelerators that sleep', () => {
  const power: PowerPolicy = { sleep: { afterNs: 20, wakeNs: 7 }, decide: () => undefined };

  test('do so from the time on after which nothing has come, and what wakes them waits until they are awake', () => {
    // Steps 0 to 10, 107 to 117 (asleep since 30), 130 to 140 (awake until 137); asleep again from 160 to 200.
    for (const { requests, timeline } of timelines(power, [0, 100, 130], 200)) {
      expect(requests.map(({ scheduledNs }) => scheduledNs)).toEqual([0, 107, 130]);
      const idleNs = 200 - 3 * 10;
      const sleepNs = 70 + 40;
      expect(timeline[0]).toMatchObject({
        idleNs,
        sleepNs,
        idleJoules: ((idleNs - sleepNs) * 100 + sleepNs * 30) / 1e9,
      });
    }
  });

  test('are not asleep at the very moment at which they would be', () => {
    for (const { requests } of timelines(power, [0, 30, 61], 200)) {
      expect(requests.map(({ scheduledNs }) => scheduledNs)).toEqual([0, 30, 68]);
    }
  });

  test('are seen asleep by telemetry, and awake while they wake up', () => {
    const draws: [number, number][] = [];
    const watching: PowerPolicy = {
      ...power,
      decide: (view, _settings, nowNs) => void draws.push([nowNs, view.drawWatts(0)]),
    };
    timelines(watching, [0, 97, 251], 300);
    // Asleep from 30 to 97, awake at 104, busy until 114, asleep from 134 to 251, awake at 258. Both engines ask.
    const once = [0, 50, 100, 150, 200, 250].map((nowNs) => [nowNs, [100, 30, 100, 30, 30, 30][nowNs / 50]]);
    expect(draws).toEqual([...once, ...once]);
  });
});

test('clocks and caps of an interval are means over its time and the instances of the pool', () => {
  // Of two instances the first runs at half its clock from 100 to 300 of 400 ns, the second under a cap of 200 W from 200 on.
  const power: PowerPolicy = {
    decide(_view, settings, nowNs) {
      settings.setClock(0, nowNs >= 100 && nowNs < 300 ? 0.5 : 1);
      settings.setCap(1, nowNs >= 200 ? 200 : Infinity);
    },
  };
  for (const { timeline } of timelines(power, [395], 400, 2)) {
    expect(timeline[0]!.clockShare).toBe((0.75 + 1) / 2);
    expect(timeline[0]!.capWatts).toBe((700 + (700 + 200) / 2) / 2);
  }
});

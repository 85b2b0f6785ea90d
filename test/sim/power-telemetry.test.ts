import { expect, test } from 'vitest';
import type { PowerPolicy, ScalingPolicy } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { simulateStepByStep } from '../reference/reference-engine.ts';
import { collect } from '../support/collect.ts';
import { leastOutstanding, openLoop, tinyPlan } from '../support/plans.ts';
import { controlled, stepsAlone } from '../support/power-plans.ts';
import { constantStep } from '../support/step-costs.ts';

const watts = { ...stepsAlone, idleWatts: 100, offWatts: 30, hostIdleWatts: 40, networkWatts: 5, hostBusyWatts: 20 };
const INSTANCES = 3;
const ACCELERATORS = 2;

const job = { restoreNs: 7, checkpointEveryNs: 25, checkpointNs: 11, onRecall: 'save' as const, drawWatts: 333 };

/** Of three instances two are ready at first; one from 100 ns on; all three are ordered at 200 ns and are ready at 250. */
test.each([
  ['is switched off draws off watts', undefined, ACCELERATORS * watts.offWatts],
  [
    'background work has draws what that does, servers at work',
    job,
    ACCELERATORS * (job.drawWatts + watts.hostBusyWatts),
  ],
])('an instance that %s, and idle ones from its order on', (_, background, offWatts) => {
  const tiny = tinyPlan({ horizonNs: 400, instances: INSTANCES });
  const limits = { minInstances: 1, startInstances: 2, provisionNs: 30, loadNs: 20 };
  const scaling = background === undefined ? limits : { ...limits, background };
  const pools = tiny.pools.map((pool) => ({ ...pool, scaling, acceleratorsPerInstance: ACCELERATORS }));
  const domain = { name: 'site', instances: [0, 1, 2], counts: 'it' as const, budget: [{ fromNs: 0, watts: 1 }] };
  const plan = controlled({ ...tiny, pools }, { telemetryIntervalNs: 40, domains: [domain] }, watts);
  const targets = [1, 3];

  function seen(simulate: (p: typeof plan, parts: Parameters<typeof collect>[1]) => unknown): [number, number][] {
    const draws: [number, number][] = [];
    const power: PowerPolicy = {
      decide: (view, _settings, nowNs) => void draws.push([nowNs, view.domainDrawWatts(0)]),
    };
    let tick = 0;
    const resized: ScalingPolicy = { intervalNs: 100, targetInstances: () => targets[Math.min(tick++, 1)]! };
    const late = [{ arrivalNs: 300, promptTokens: 1, outputTokens: 1 }];
    simulate(plan, {
      workloads: [openLoop(late)],
      routing: leastOutstanding,
      stepCosts: [constantStep(10 * TICKS_PER_NS)],
      scaling: [resized],
      power,
    });
    return draws;
  }

  const around = ACCELERATORS * (watts.hostIdleWatts + watts.networkWatts);
  const site = (on: number) => INSTANCES * around + ACCELERATORS * on * watts.idleWatts + (INSTANCES - on) * offWatts;
  // At one moment telemetry comes before scaling.
  const onAt = (nowNs: number) => (nowNs <= 100 ? 2 : nowNs <= 200 ? 1 : 3);
  const expected = [0, 40, 80, 120, 160, 200, 240, 280].map((nowNs) => [nowNs, site(onAt(nowNs))]);

  expect(seen(collect)).toEqual(expected);
  expect(seen(simulateStepByStep)).toEqual(expected);
});

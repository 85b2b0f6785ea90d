import type { PowerPlan } from '../../src/sim/plan.ts';
import type { PowerControlPlan } from '../../src/sim/power-control-plan.ts';
import type { PowerParameters } from '../../src/sim/power-model.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';

/** Of an accelerator whose draw the cost model of a test says by itself. */
export const anyAccelerator: PowerParameters = {
  tdpWatts: 700,
  form: 'saturating',
  floorShare: 0.2,
  ceilingShare: 1,
  computeWeight: 1,
  memoryWeight: 1,
  mostMemoryUse: 1,
  clockExponent: 2,
  leastVoltageClock: 0.7,
  clockShare: { prefill: 1, decode: 1 },
  mostMHz: 2_000,
  leastMHz: 500,
  groupShare: 1,
  sequenceWeight: 0,
  expertTileWeight: 0,
  leastClock: 0.25,
};

/** Servers and network take nothing, and neither do idle accelerators, so that what a run draws is what its steps say. */
export const stepsAlone: PowerPlan = {
  accelerator: anyAccelerator,
  idleWatts: 0,
  offWatts: 0,
  hostIdleWatts: 0,
  hostBusyWatts: 0,
  networkWatts: 0,
  ratedWatts: 700,
  pue: 1,
};

/** The plan with telemetry as often as it says, without delay, and without budgets unless it says so. */
export function controlled(
  plan: SimulationPlan,
  control: Partial<PowerControlPlan> & Pick<PowerControlPlan, 'telemetryIntervalNs'>,
  power: PowerPlan = stepsAlone,
): SimulationPlan {
  return {
    ...plan,
    pools: plan.pools.map((pool) => ({ power, ...pool })),
    power: {
      kind: 'any',
      options: {},
      telemetryAgeNs: 0,
      actuationNs: 0,
      lowPriorityPools: [],
      domains: [],
      ...control,
    },
  };
}

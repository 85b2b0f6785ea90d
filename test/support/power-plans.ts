import type { PowerParameters } from '../../src/sim/power-model.ts';

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
  clockShare: { prefill: 1, decode: 1 },
  mostMHz: 2_000,
  leastMHz: 500,
  groupShare: 1,
  expertShare: 0,
  leastClock: 0.25,
};

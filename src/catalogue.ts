import { accelerators, engines, loadAccelerator, loadEngine } from './hardware-profiles/index.ts';
import { loadModel, models } from './model-profiles/index.ts';
import { routingPolicies } from './schedulers/routing/index.ts';
import { RooflineCost } from './sim/roofline.ts';
import type { RooflineParameters } from './sim/roofline.ts';
import { workloads } from './workloads/index.ts';
import { scanTrace } from './workloads/trace-summary.ts';

/** Everything a scenario can name. */
export const catalogue = {
  accelerators,
  models,
  engines,
  routing: routingPolicies,
  workloads,
  /** What a scenario means when it names none. */
  defaults: { engine: 'vllm', routing: 'least-outstanding' },
  accelerator: loadAccelerator,
  model: loadModel,
  engine: loadEngine,
  stepCost: (parameters: RooflineParameters) => new RooflineCost(parameters),
  scanTrace,
};

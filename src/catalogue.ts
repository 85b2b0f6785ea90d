import {
  acceleratorOfText,
  accelerators,
  engines,
  loadAccelerator,
  loadEngine,
  loadValidatedErrors,
} from './hardware-profiles/index.ts';
import { loadModel, models } from './model-profiles/index.ts';
import { modelOfConfig } from './model-profiles/model-of-config.ts';
import { admissionPolicies } from './schedulers/admission/index.ts';
import { modelRoutingPolicies } from './schedulers/model-routing/index.ts';
import { routingPolicies } from './schedulers/routing/index.ts';
import { scalingPolicies } from './schedulers/scaling/index.ts';
import { RooflineCost } from './sim/roofline.ts';
import type { RooflineParameters } from './sim/roofline.ts';
import { workloads } from './workloads/index.ts';

/** Everything a scenario can name. */
export const catalogue = {
  accelerators,
  models,
  engines,
  routing: routingPolicies,
  admission: admissionPolicies,
  scaling: scalingPolicies,
  modelRouting: modelRoutingPolicies,
  workloads,
  /** What a scenario means when it names none. */
  defaults: { engine: 'vllm', routing: 'least-outstanding', admission: 'accept' },
  accelerator: once(loadAccelerator),
  acceleratorOfText,
  model: once(loadModel),
  modelOfConfig,
  engine: once(loadEngine),
  stepCost: (parameters: RooflineParameters) => new RooflineCost(parameters),
  validatedErrors: loadValidatedErrors().conditions,
};

/** Profiles do not change while the program runs, and parsing one takes longer than using it. */
function once<Names extends readonly (string | undefined)[], Profile>(load: (...names: Names) => Profile) {
  const loaded = new Map<string, Profile>();
  return (...names: Names): Profile => {
    const key = names.join(' ');
    const profile = loaded.get(key) ?? load(...names);
    loaded.set(key, profile);
    return profile;
  };
}

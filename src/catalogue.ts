import {
  acceleratorOfText,
  accelerators,
  engines,
  loadAccelerator,
  loadEngine,
  loadValidatedErrors,
} from './hardware-profiles/index.ts';
import { loadListPrices, loadRents, loadShapes, loadSites } from './hardware-profiles/prices/index.ts';
import { readPriceBook } from './hardware-profiles/prices/price-book.ts';
import { readSeries } from './hardware-profiles/prices/series-file.ts';
import { loadModel, models } from './model-profiles/index.ts';
import { modelOfConfig } from './model-profiles/model-of-config.ts';
import { batchingPolicies } from './schedulers/batching/index.ts';
import { admissionPolicies } from './schedulers/admission/index.ts';
import { modelRoutingPolicies } from './schedulers/model-routing/index.ts';
import { powerPolicies } from './schedulers/power/index.ts';
import { routingPolicies } from './schedulers/routing/index.ts';
import { scalingPolicies } from './schedulers/scaling/index.ts';
import { RooflineCost } from './sim/roofline.ts';
import type { RooflineParameters } from './sim/roofline.ts';
import { backgroundWork, workloads } from './workloads/index.ts';

/** Everything a scenario can name. */
export const catalogue = {
  accelerators,
  models,
  engines,
  routing: routingPolicies,
  batching: batchingPolicies,
  admission: admissionPolicies,
  scaling: scalingPolicies,
  modelRouting: modelRoutingPolicies,
  power: powerPolicies,
  workloads,
  backgroundWork,
  /** What a scenario means when it names none. */
  defaults: { engine: 'vllm', routing: 'least-outstanding', batching: 'fcfs', admission: 'accept' },
  accelerator: once(loadAccelerator),
  acceleratorOfText,
  model: once(loadModel),
  modelOfConfig,
  engine: once(loadEngine),
  stepCost: (parameters: RooflineParameters) => new RooflineCost(parameters),
  validatedErrors: loadValidatedErrors().conditions,
  /** Prices of electricity, rents and tokens, and carbon. */
  prices: {
    sites: loadSites(),
    shapes: loadShapes(),
    listPrices: loadListPrices(),
    rents: loadRents(),
    readPriceBook,
    readSeries,
  },
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

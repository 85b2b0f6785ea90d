import { azureTrace } from './azure-trace.ts';
import { chat } from './chat.ts';
import { reasoning } from './reasoning.ts';
import { checked, type WorkloadModule } from './workload-module.ts';

/** Every workload a scenario can name. */
export const workloads: readonly WorkloadModule<unknown>[] = [checked(chat), checked(reasoning), checked(azureTrace)];

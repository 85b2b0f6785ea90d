import { agentic } from './agentic.ts';
import { azureTrace } from './azure-trace.ts';
import { chat } from './chat.ts';
import { mooncakeTrace } from './mooncake-trace.ts';
import { reasoning } from './reasoning.ts';
import { sessionTrace } from './session-trace.ts';
import { checked, type WorkloadModule } from './workload-module.ts';

/** Every workload a scenario can name. */
export const workloads: readonly WorkloadModule<unknown>[] = [
  checked(chat),
  checked(reasoning),
  checked(agentic),
  checked(azureTrace),
  checked(mooncakeTrace),
  checked(sessionTrace),
];

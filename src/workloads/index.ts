import { agentic } from './agentic.ts';
import { background } from './background.ts';
import { azureTrace } from './azure-trace.ts';
import { batch } from './batch.ts';
import { chat } from './chat.ts';
import { loadTest } from './load-test.ts';
import { loadTestTrace } from './load-test-trace.ts';
import { mix } from './mix.ts';
import { mooncakeTrace } from './mooncake-trace.ts';
import { rag } from './rag.ts';
import { reasoning } from './reasoning.ts';
import { sessionTrace } from './session-trace.ts';
import { trace } from './trace.ts';
import { checked, type WorkloadModule } from './workload-module.ts';

/** What runs where nobody asks for anything. */
export const backgroundWork = background;

/** Every workload a scenario can name, but for background work. */
export const workloads: readonly WorkloadModule<unknown>[] = [
  checked(chat),
  checked(reasoning),
  checked(agentic),
  checked(rag),
  checked(batch),
  checked(mix),
  checked(trace),
  checked(azureTrace),
  checked(mooncakeTrace),
  checked(sessionTrace),
  checked(loadTest),
  checked(loadTestTrace),
];

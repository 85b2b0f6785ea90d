import { catalogue } from '../dist/catalogue.js';
import { assemble } from '../dist/workers/assemble.js';
import { simulateStepByStep } from '../test/reference/reference-engine.ts';
import { pin, type Bench, type Figure } from './bench.ts';
import { chatOf, INSTANCES, withSingleSteps } from './chat-plan.ts';
import { timeModel, timeRun } from './run-plan.ts';

const REQUESTS = 1_000_000;
const SINGLE_STEP_REQUESTS = 200_000;
const REFERENCE_REQUESTS = 5_000;

/** One million chat requests on 64 instances, as the command line runs them, and how much of that is the jumping. */
export const chat: Bench = {
  name: 'chat',
  about: `1 M chat requests (512/256 tokens), ${INSTANCES} instances, 4 requests/s each, power-of-two routing, prefix cache`,
  run(): Figure[] {
    timeModel(chatOf(100_000)); // warm up the compiler
    const plan = chatOf(REQUESTS);
    const model = timeModel(plan);
    pin('chat', model.totals.events, 3_774_803);
    const requests = model.totals.arrivedRequests;
    const run = timeRun(plan);
    const single = timeModel(withSingleSteps(chatOf(SINGLE_STEP_REQUESTS)));
    const perRequestS = model.wallS / requests;
    const singlePerRequestS = single.wallS / single.totals.arrivedRequests;
    return [
      { name: 'chat.requests_per_s', value: requests / run.wallS, unit: '1/s' },
      { name: 'chat.cpu_us_per_request', value: (run.cpuS * 1e6) / requests, unit: 'us' },
      { name: 'chat.output_tokens_per_s', value: model.outputTokens / run.wallS, unit: '1/s' },
      { name: 'chat.model_requests_per_s', value: requests / model.wallS, unit: '1/s' },
      { name: 'chat.events_per_request', value: model.totals.events / requests, unit: '1' },
      { name: 'chat.speedup_over_single_steps', value: singlePerRequestS / perRequestS, unit: '1' },
      { name: 'chat.speedup_over_reference', value: referenceSecondsPerRequest() / perRequestS, unit: '1' },
    ];
  },
};

function referenceSecondsPerRequest(): number {
  const plan = chatOf(REFERENCE_REQUESTS);
  const { parts, close } = assemble(plan, catalogue);
  const startMs = performance.now();
  const { totals } = simulateStepByStep(plan, parts);
  close();
  return (performance.now() - startMs) / 1_000 / totals.arrivedRequests;
}

import { pin, type Bench, type Figure } from './bench.ts';
import { INSTANCES, reasoningOf, withSingleSteps } from './chat-plan.ts';
import { timeModel, timeRun } from './run-plan.ts';

const REQUESTS = 500_000;
const SINGLE_STEP_REQUESTS = 20_000;

/** Long answers, where jumping over steps matters most. */
export const reasoning: Bench = {
  name: 'reasoning',
  about: `500,000 long answers (200/1,500 tokens), ${INSTANCES} instances, 0.2 requests/s each, power-of-two routing, prefix cache`,
  run(): Figure[] {
    timeModel(reasoningOf(50_000)); // warm up the compiler
    const plan = reasoningOf(REQUESTS);
    const model = timeModel(plan);
    pin('reasoning', model.totals.events, 1_999_587);
    const requests = model.totals.arrivedRequests;
    const run = timeRun(plan);
    const single = timeModel(withSingleSteps(reasoningOf(SINGLE_STEP_REQUESTS)));
    const singlePerRequestS = single.wallS / single.totals.arrivedRequests;
    return [
      { name: 'reasoning.requests_per_s', value: requests / run.wallS, unit: '1/s' },
      { name: 'reasoning.cpu_us_per_request', value: (run.cpuS * 1e6) / requests, unit: 'us' },
      { name: 'reasoning.output_tokens_per_s', value: model.outputTokens / run.wallS, unit: '1/s' },
      { name: 'reasoning.model_requests_per_s', value: requests / model.wallS, unit: '1/s' },
      { name: 'reasoning.events_per_request', value: model.totals.events / requests, unit: '1' },
      {
        name: 'reasoning.speedup_over_single_steps',
        value: (singlePerRequestS * requests) / model.wallS,
        unit: '1',
      },
    ];
  },
};

import { pin, type Bench, type Figure } from './bench.ts';
import { chatFullOf, INSTANCES } from './chat-plan.ts';
import { timeModel, timeRun } from './run-plan.ts';

const REQUESTS = 500_000;

/** What everything costs at once that a scenario can switch on. */
export const chatFull: Bench = {
  name: 'chat_full',
  about: `500,000 chat requests, ${INSTANCES} instances, 4 requests/s each, with shared prompts, conversations, a KV tier, guessed tokens, three classes, energy and resource time`,
  run(): Figure[] {
    timeModel(chatFullOf(50_000)); // warm up the compiler
    const plan = chatFullOf(REQUESTS);
    const model = timeModel(plan);
    pin('chat_full', model.totals.events, 2_218_404);
    const requests = model.totals.arrivedRequests;
    const run = timeRun(plan);
    return [
      { name: 'chat_full.requests_per_s', value: requests / run.wallS, unit: '1/s' },
      { name: 'chat_full.cpu_us_per_request', value: (run.cpuS * 1e6) / requests, unit: 'us' },
      { name: 'chat_full.model_requests_per_s', value: requests / model.wallS, unit: '1/s' },
      { name: 'chat_full.events_per_request', value: model.totals.events / requests, unit: '1' },
    ];
  },
};

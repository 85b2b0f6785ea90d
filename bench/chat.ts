import { catalogue } from '../dist/catalogue.js';
import type { RunPlan } from '../dist/sim/plan.js';
import { assemble } from '../dist/workers/assemble.js';
import { simulateStepByStep } from '../test/reference/reference-engine.ts';
import { pin, type Bench, type Figure } from './bench.ts';
import { planOf, timeModel, timeRun } from './run-plan.ts';

const REQUESTS_PER_S = 256;
const REFERENCE_REQUESTS = 5_000;

const chatPlan = (requests: number): RunPlan =>
  planOf(`
name: chat
start: 2026-06-01T00:00Z
horizon: ${Math.round((requests / REQUESTS_PER_S) * 1_000)}ms
warmUp: 0s
timelineInterval: 10s
seeds: [1]
templates:
  h100-70b: { accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 4 } }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.08
    pue: 1.15
    pools: [{ name: chat, template: h100-70b, instances: 64 }]
workloads:
  - name: chat
    kind: chat
    model: llama-3.1-70b
    requestsPerS: ${REQUESTS_PER_S}
    promptTokens: { mean: 512, cv: 1 }
    outputTokens: { mean: 256, cv: 1 }
routing: { kind: power-of-two }
`);

const withSingleSteps = (plan: RunPlan): RunPlan => ({
  ...plan,
  pools: plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, maxSegmentSteps: 1 } })),
});

/** One million chat requests on 64 instances, as the command line runs them, and how much of that is the jumping. */
export const chat: Bench = {
  name: 'chat',
  about: '1 M chat requests (512/256 tokens), 64 instances, 4 requests/s each, power-of-two routing',
  run(): Figure[] {
    timeModel(chatPlan(100_000)); // warm up the compiler
    const plan = chatPlan(1_000_000);
    const model = timeModel(plan);
    pin('chat', model.totals.events, 3_716_477);
    const requests = model.totals.arrivedRequests;
    const run = timeRun(plan);
    const single = timeModel(withSingleSteps(chatPlan(200_000)));
    const perRequestS = model.wallS / requests;
    const singlePerRequestS = single.wallS / single.totals.arrivedRequests;
    return [
      { name: 'chat.requests_per_s', value: requests / run.wallS, unit: '1/s' },
      { name: 'chat.output_tokens_per_s', value: model.outputTokens / run.wallS, unit: '1/s' },
      { name: 'chat.model_requests_per_s', value: requests / model.wallS, unit: '1/s' },
      { name: 'chat.events_per_request', value: model.totals.events / requests, unit: '1' },
      { name: 'chat.speedup_over_single_steps', value: singlePerRequestS / perRequestS, unit: '1' },
      { name: 'chat.speedup_over_reference', value: referenceSecondsPerRequest() / perRequestS, unit: '1' },
    ];
  },
};

function referenceSecondsPerRequest(): number {
  const plan = chatPlan(REFERENCE_REQUESTS);
  const { parts, close } = assemble(plan, catalogue);
  const startMs = performance.now();
  const { totals } = simulateStepByStep(plan, parts);
  close();
  return (performance.now() - startMs) / 1_000 / totals.arrivedRequests;
}

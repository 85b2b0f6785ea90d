import type { RunPlan } from '../dist/sim/plan.js';
import { agentic as workload } from '../dist/workloads/agentic.js';
import { AgenticSessions } from '../dist/workloads/agentic-sessions.js';
import { pin, type Bench, type Figure } from './bench.ts';
import { planOf, timeModel, timeRun } from './run-plan.ts';

const INSTANCES = 64;
const SESSIONS_PER_HOUR_AND_INSTANCE = 20;
const GENERATED_SESSIONS = 20_000;

const agenticPlan = (hours: number, router: string): RunPlan =>
  planOf(`
name: agentic
start: 2026-06-01T00:00Z
horizon: ${hours}h
warmUp: 0s
timelineInterval: 1min
seeds: [1]
templates:
  h100-70b: { accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, kv: fp8, layout: { tensorParallel: 8 } }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.08
    pue: 1.15
    pools: [{ name: coders, template: h100-70b, instances: ${INSTANCES} }]
workloads:
  - name: agents
    kind: agentic
    model: llama-3.1-70b
    sessionsPerHour: ${SESSIONS_PER_HOUR_AND_INSTANCE * INSTANCES}
    # The preset, but for contexts that fit the model's window of 131,072 tokens.
    bigWindow: { share: 0 }
    compaction: { triggerTokens: { mean: 105000, sd: 4000 }, afterTokens: { median: 40000, sigma: 0.5, max: 90000 } }
    resumedTokens: { median: 60000, sigma: 0.3, max: 95000 }
routing: { kind: ${router} }
record: { energy: false, shares: false }
`);

/** Coding agents with contexts of tens of thousands of tokens, on instances with a prefix cache, as the command line runs them. */
export const agentic: Bench = {
  name: 'agentic',
  about: `sessions of coding agents for 10 h, ${INSTANCES} instances, ${SESSIONS_PER_HOUR_AND_INSTANCE} sessions/h each, prefix cache`,
  run(): Figure[] {
    return [
      ...figuresOf('agentic', 'power-of-two', 2_475_434),
      ...figuresOf('agentic.prefix_aware', 'prefix-aware', 2_961_082),
      { name: 'agentic.generated_requests_per_s', value: generatedRequestsPerS(), unit: '1/s' },
    ];
  },
};

/** Without a look at caches a context is computed anew wherever it is sent; with one, most of it is found. */
function figuresOf(name: string, router: string, events: number): Figure[] {
  timeModel(agenticPlan(1, router)); // warm up the compiler
  const plan = agenticPlan(10, router);
  const model = timeModel(plan);
  pin(name, model.totals.events, events);
  const requests = model.totals.arrivedRequests;
  const run = timeRun(plan);
  return [
    { name: `${name}.requests_per_s`, value: requests / run.wallS, unit: '1/s' },
    { name: `${name}.cpu_us_per_request`, value: (run.cpuS * 1e6) / requests, unit: 'us' },
    { name: `${name}.model_requests_per_s`, value: requests / model.wallS, unit: '1/s' },
    { name: `${name}.events_per_request`, value: model.totals.events / requests, unit: '1' },
  ];
}

/** The workload alone: sessions one after the other, no simulation. */
function generatedRequestsPerS(): number {
  const sessions = new AgenticSessions(workload.options.parse({ sessionsPerHour: 1 }), 1, 2);
  let requests = 0;
  const startMs = performance.now();
  for (let id = 0; id < GENERATED_SESSIONS; id++) {
    const session = sessions.begin(id);
    while (session.steps < session.requests) sessions.proceed(session);
    requests += session.requests;
  }
  return requests / ((performance.now() - startMs) / 1_000);
}

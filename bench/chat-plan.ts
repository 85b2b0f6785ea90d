import type { RunPlan } from '../dist/sim/plan.js';
import { planOf } from './run-plan.ts';

export const INSTANCES = 64;

/** What the benchmarks of independent requests differ in; one template of 64 instances serves them all. */
interface ChatShape {
  readonly requests: number;
  readonly requestsPerSAndInstance: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Chat of single requests on 64 instances with a prefix cache, for as long as so many requests take to arrive. */
function chatPlan(shape: ChatShape): RunPlan {
  const requestsPerS = INSTANCES * shape.requestsPerSAndInstance;
  return planOf(`
name: chat
start: 2026-06-01T00:00Z
horizon: ${Math.round((shape.requests / requestsPerS) * 1_000)}ms
warmUp: 0s
timelineInterval: 10s
seeds: [1]
templates:
  h100-70b: { accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 4 } }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.08
    pue: 1.15
    pools: [{ name: chat, template: h100-70b, instances: ${INSTANCES} }]
workloads:
  - name: chat
    kind: chat
    model: llama-3.1-70b
    requestsPerS: ${requestsPerS}
    promptTokens: { mean: ${shape.promptTokens}, cv: 1 }
    outputTokens: { mean: ${shape.outputTokens}, cv: 1 }
routing: { kind: power-of-two }
`);
}

/** Short answers: 512 prompt and 256 output tokens, 4 requests/s an instance. */
export const chatOf = (requests: number): RunPlan =>
  chatPlan({ requests, requestsPerSAndInstance: 4, promptTokens: 512, outputTokens: 256 });

/** Long answers: 200 prompt and 1,500 output tokens, 0.2 requests/s an instance. */
export const reasoningOf = (requests: number): RunPlan =>
  chatPlan({ requests, requestsPerSAndInstance: 0.2, promptTokens: 200, outputTokens: 1_500 });

/** The same engine when it takes every step on its own. */
export const withSingleSteps = (plan: RunPlan): RunPlan => ({
  ...plan,
  pools: plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, maxSegmentSteps: 1 } })),
});

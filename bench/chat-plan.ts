import type { RunPlan } from '../dist/sim/plan.js';
import { planOf } from './run-plan.ts';

export const INSTANCES = 64;

/** What the benchmarks of independent requests differ in; one template of 64 instances serves them all. */
interface ChatShape {
  /** Lines at the end of the scenario. */
  readonly more?: string;
  readonly requests: number;
  readonly requestsPerSAndInstance: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Times and counts alone. */
export const RECORDS_LITTLE = 'record: { energy: false, shares: false }';

/**
 * Chat of single requests on 64 instances with a prefix cache, for as long as so many requests take to arrive. Times and
 * counts alone are recorded: what energy and resource time add is seen in \`chatFullOf\` and in the bench \`off\`.
 */
function chatPlan({ more = RECORDS_LITTLE, ...shape }: ChatShape): RunPlan {
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
${more}
`);
}

/** Short answers: 512 prompt and 256 output tokens, 4 requests/s an instance. */
export const chatOf = (requests: number, more = RECORDS_LITTLE): RunPlan =>
  chatPlan({ requests, requestsPerSAndInstance: 4, promptTokens: 512, outputTokens: 256, more });

/**
 * The chat of `chatOf` with everything on that there is: three classes of objectives, system prompts that requests share,
 * conversations whose history is cached, a second tier of KV memory, guessed tokens, energy and resource time.
 */
export function chatFullOf(requests: number): RunPlan {
  const requestsPerS = INSTANCES * 4;
  return planOf(`
name: chat-full
start: 2026-06-01T00:00Z
horizon: ${Math.round((requests / requestsPerS) * 1_000)}ms
warmUp: 0s
timelineInterval: 10s
seeds: [1]
templates:
  h100-70b:
    accelerator: h100-sxm
    model: llama-3.1-70b
    weights: fp8
    layout: { tensorParallel: 4 }
    engine: { kind: vllm, speculation: { kind: eagle, draftTokens: 3, acceptance: 0.6 } }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.08
    pue: 1.15
    pools: [{ name: chat, template: h100-70b, instances: ${INSTANCES}, kvTiers: [{ kind: dram, capacityGB: 200 }] }]
workloads:
${['support', 'search', 'writing'].map((name, index) => chatFullWorkload(name, requestsPerS / 4, 128 * (index + 1))).join('')}  - name: talks
    kind: chat
    model: llama-3.1-70b
    requestsPerS: ${requestsPerS / 4}
    turns: 4
    systemPromptTokens: 128
    promptTokens: { mean: 256, cv: 1 }
    outputTokens: { mean: 256, cv: 1 }
routing: { kind: power-of-two }
slos:
  - { class: interactive, match: { workload: support }, ttftMs: { p95: 500 }, tpotMs: { p95: 40 }, attainment: 0.95 }
  - { class: quick, match: { workload: search }, ttftMs: { p99: 800 }, e2eMs: { p95: 10000 }, attainment: 0.9 }
  - { class: relaxed, match: { workload: talks }, ttftMs: { p95: 2000 }, attainment: 0.95 }
`);
}

const chatFullWorkload = (name: string, requestsPerS: number, systemPromptTokens: number): string => `  - name: ${name}
    kind: chat
    model: llama-3.1-70b
    requestsPerS: ${requestsPerS}
    systemPromptTokens: ${systemPromptTokens}
    promptTokens: { mean: 512, cv: 1 }
    outputTokens: { mean: 256, cv: 1 }
`;

/** Long answers: 200 prompt and 1,500 output tokens, 0.2 requests/s an instance. */
export const reasoningOf = (requests: number): RunPlan =>
  chatPlan({ requests, requestsPerSAndInstance: 0.2, promptTokens: 200, outputTokens: 1_500 });

/** The same engine when it takes every step on its own. */
export const withSingleSteps = (plan: RunPlan): RunPlan => ({
  ...plan,
  pools: plan.pools.map((pool) => ({ ...pool, engine: { ...pool.engine, maxSegmentSteps: 1 } })),
});

import { catalogue } from '../dist/catalogue.js';
import type { RoutingPolicy } from '../dist/sim/ports.js';
import { simulate } from '../dist/sim/simulate.js';
import { assemble } from '../dist/workers/assemble.js';
import type { Bench, Figure } from './bench.ts';
import { planOf } from './run-plan.ts';

const INSTANCES = 256;
/** By then every instance has some tens of conversations. */
const WARM_REQUESTS = 30_000;
/** The latest requests, all still in flight: what the routers are asked about. */
const ASKED_REQUESTS = 256;
const ROUNDS = 40;
const REPEATS = 7;

interface Kind {
  readonly figure: string;
  readonly routing: string;
}

const kinds: readonly Kind[] = [
  ...catalogue.routing.map(({ name }) => ({ figure: name.replaceAll('-', '_'), routing: `{ kind: ${name} }` })),
  { figure: 'prefix_aware_exact', routing: '{ kind: prefix-aware, hits: exact }' },
];

/** What one decision costs: each router in a fleet that it has loaded itself. */
export const routing: Bench = {
  name: 'routing',
  about: `one decision among ${INSTANCES} instances that serve conversations of six turns with one system prompt`,
  run(): Figure[] {
    return kinds.map((kind) => ({ name: `routing.${kind.figure}_ns`, value: decisionNs(kind), unit: 'ns' }));
  },
};

function decisionNs({ routing: chosen }: Kind): number {
  const plan = planOf(`
name: routing
start: 2026-06-01T00:00Z
horizon: 10min
warmUp: 0s
seeds: [1]
templates:
  h100-70b: { accelerator: h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 4 } }
regions:
  - name: virginia
    electricityUsdPerKWh: 0.08
    pue: 1.15
    pools: [{ name: chat, template: h100-70b, instances: ${INSTANCES} }]
workloads:
  - { name: chat, kind: chat, model: llama-3.1-70b, requestsPerS: 800, turns: 6, systemPromptTokens: 512 }
routing: ${chosen}
`);
  const { parts, close } = assemble(plan, catalogue);
  const timed = timedAfter(WARM_REQUESTS, parts.routing);
  let isDone = false;
  simulate(
    plan,
    { ...parts, routing: timed.router },
    {
      requests: { flush: () => {} },
      timeline: { flush: () => {} },
      progress: () => (isDone = timed.leastNs() === Infinity),
    },
  );
  close();
  if (isDone) throw new Error('the benchmark ended before its routers were asked');
  return timed.leastNs();
}

/** The same router; at the n-th decision it is asked again and again about the latest requests. CPU time is measured, which a busy machine stretches less. */
function timedAfter(n: number, router: RoutingPolicy): { readonly router: RoutingPolicy; leastNs(): number } {
  const latest = new Int32Array(ASKED_REQUESTS);
  let decisions = 0;
  let leastNs = Infinity;
  const route: RoutingPolicy['route'] = (request, requests, fleet, nowNs) => {
    latest[decisions++ % ASKED_REQUESTS] = request;
    if (decisions === n) {
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const before = process.cpuUsage();
        for (let round = 0; round < ROUNDS; round++) {
          for (let k = 0; k < ASKED_REQUESTS; k++) router.route(latest[k]!, requests, fleet, nowNs);
        }
        const { user, system } = process.cpuUsage(before);
        leastNs = Math.min(leastNs, ((user + system) * 1_000) / (ROUNDS * ASKED_REQUESTS));
      }
    }
    return router.route(request, requests, fleet, nowNs);
  };
  return { router: { ...router, route }, leastNs: () => leastNs };
}

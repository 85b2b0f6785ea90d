import { expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { keptContexts } from '../../src/scenario/kept-contexts.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { filesOf, scenarioOf } from '../scenario/support.ts';
import { collect } from '../support/collect.ts';

/** Conversations on one instance of so many accelerators: with eight, nothing has to be evicted. */
function planOf(tensorParallel: number, requestsPerS: number) {
  const scenario = scenarioOf(`name: pauses
start: 2026-06-01T08:00-04:00
startState: steady
horizon: 2h
seeds: [1]
regions:
  - name: virginia
    electricityUsdPerKWh: 0.0892
    pue: 1.15
    pools:
      - { name: desk, accelerator: h100-sxm, model: llama-3.1-8b, instances: 1, layout: { tensorParallel: ${tensorParallel} } }
workloads:
  - { name: chats, kind: chat, model: llama-3.1-8b, requestsPerS: ${requestsPerS}, turns: measured }
`);
  const planning = planRuns(scenario, catalogue, { files: filesOf({}) });
  if (!planning.ok) throw new Error('the scenario names a trace');
  return planning.plans[0]!;
}

function cachedTokens(plan: ReturnType<typeof planOf>): number {
  const { parts, close } = assemble(plan, catalogue);
  const { requests } = collect(plan, parts);
  close();
  return requests.reduce((sum, { cachedTokens: cached }) => sum + cached, 0);
}

/** The estimate takes a context for evicted as a whole; what is simulated evicts its end first. */
const PARTS_FOUND = 0.05;

test.each([0.75, 1, 1.5, 2])(
  'of %d requests/s as large a share comes back too late as the estimate says',
  (requestsPerS) => {
    const [small, large] = [planOf(1, requestsPerS), planOf(8, requestsPerS)];
    const evictedShare = ({ pools, workloads }: typeof small) => {
      const chat = catalogue.workloads.find(({ name }) => name === workloads[0]!.kind)!;
      return keptContexts(pools, [chat.demand(workloads[0]!.options)])!.evictedShare;
    };

    expect(evictedShare(large)).toBeLessThan(0.005);
    const missedShare = 1 - cachedTokens(small) / cachedTokens(large);
    expect(missedShare).toBeLessThanOrEqual(evictedShare(small));
    expect(missedShare).toBeGreaterThan(evictedShare(small) - PARTS_FOUND);
  },
);

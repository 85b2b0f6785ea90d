import { expect, test } from 'vitest';
import { changed, scenarioOf, told } from './support.ts';

const WITH_POLICY = (batching: string) => changed(['horizon: 15min', `horizon: 15min\nbatching: ${batching}`]);

test('first come, first served without more is not in the plan: nothing is asked', () => {
  expect(scenarioOf(changed()).pools[0]).not.toHaveProperty('batching');
  expect(scenarioOf(WITH_POLICY('{ kind: fcfs }')).pools[0]).not.toHaveProperty('batching');
});

test('a policy of the scenario is that of every pool, with its defaults', () => {
  expect(scenarioOf(WITH_POLICY('{ kind: fair-share, outputTokenCost: 3 }')).pools[0]!.batching).toEqual({
    kind: 'fair-share',
    options: { promptTokenCost: 1, outputTokenCost: 3, victim: 'last-admitted' },
  });
});

test('a template says more than the scenario, and a pool more than its template', () => {
  const inTemplate: [string, string] = ['tensorParallel: 4 } }', 'tensorParallel: 4 }, batching: { kind: priority } }'];
  const inPool: [string, string] = ['instances: 8 }', 'instances: 8, batching: { kind: fcfs } }'];
  const text = (...changes: [string, string][]) =>
    changed(['horizon: 15min', 'horizon: 15min\nbatching: { kind: shortest-prompt }'], ...changes);

  expect(scenarioOf(text(inTemplate)).pools[0]!.batching?.kind).toBe('priority');
  expect(scenarioOf(text(inTemplate, inPool)).pools[0]).not.toHaveProperty('batching');
});

test('what policies are told of workloads is in the plan, and no option of theirs', () => {
  const text = changed(['requestsPerS: 40', 'requestsPerS: 40, priority: -2, fairShareWeight: 1.5']);
  const [workload] = scenarioOf(text).workloads;

  expect(workload).toMatchObject({ priority: -2, fairShareWeight: 1.5 });
  expect(workload!.options).not.toHaveProperty('priority');
});

test('an engine that cannot do it is told where the policy is written', () => {
  expect(
    told(
      changed(
        ['tensorParallel: 4 } }', 'tensorParallel: 4 }, engine: { prefillFirst: true } }'],
        ['horizon: 15min', 'horizon: 15min\nbatching: { kind: chunked }'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "desk.yaml:4:11  batching
        with prefillFirst no step carries both prompts and decoding sequences, so there is nothing for chunked to share out — write prefillFirst: false, or do without chunked

    1 problem; nothing was simulated."
  `);
  expect(told(WITH_POLICY('{ kind: fair-shares }'))).toMatchInlineSnapshot(`
    "desk.yaml:4:19  batching.kind
        unknown batching policy "fair-shares" — did you mean "fair-share"? known: chunked, decode-first, earliest-deadline, fair-share, fcfs, multilevel-feedback, priority, shortest-output, shortest-prompt

    1 problem; nothing was simulated."
  `);
  expect(
    told(
      changed(['instances: 8 }', 'instances: 8, batching: { kind: multilevel-feedback }, engine: { kind: static } }']),
    ),
  ).toMatchInlineSnapshot(`
    "desk.yaml:11:67  regions[0].pools[0].batching
        this engine never preempts (kvAllocation: maximum), so nobody can give way — write kvAllocation: paged

    1 problem; nothing was simulated."
  `);
});

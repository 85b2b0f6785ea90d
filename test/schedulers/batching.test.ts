import { expect, test } from 'vitest';
import { batchingPolicies } from '../../src/schedulers/batching/index.ts';
import { requestsOf } from '../support/fakes.ts';
import { roomyEngine } from '../support/plans.ts';
import { batchingContext, batchingNamed, policyOf } from '../support/batching.ts';
import type { RequestRow } from '../support/collect.ts';
import { collect } from '../support/collect.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import type { TinyRequest } from '../support/plans.ts';
import { affineStep, constantStep } from '../support/step-costs.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import type { BatchingPolicy } from '../../src/sim/ports.ts';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { describeBatching } from './batching.contract.ts';

for (const policy of batchingPolicies) describeBatching(policy);

const STEP_NS = 100;

interface Case {
  readonly workloads: readonly (readonly TinyRequest[])[];
  readonly policy: () => BatchingPolicy;
  readonly priorities?: readonly number[];
  readonly relativeError?: number;
  readonly engine?: Partial<EnginePlan>;
  readonly prefillTokenNs?: number;
}

/** Steps of 100 ns, and longer by their prompt tokens if that is stated. */
function rowsOf({ workloads, policy, priorities = [], relativeError = 0, engine = {}, prefillTokenNs = 0 }: Case) {
  const plan = tinyPlan({ horizonNs: 1_000_000, engine: { maxNumSeqs: 1, ...engine } });
  const cost = prefillTokenNs === 0 ? constantStep(STEP_NS * TICKS_PER_NS) : undefined;
  return collect(
    {
      ...plan,
      workloads: workloads.map((_, index) => ({ model: 0, priority: priorities[index] ?? 0 })),
      outputPrediction: { relativeError },
    },
    {
      workloads: workloads.map(openLoop),
      routing: firstEligible,
      stepCosts: [
        cost ?? affineStep({ fixed: STEP_NS * TICKS_PER_NS, perPrefillToken: prefillTokenNs * TICKS_PER_NS }),
      ],
      batching: [policy],
    },
  ).requests;
}

/** Prompts in the order in which they are begun; they are told apart by their length. */
function begun(rows: readonly RequestRow[]): number[] {
  return rows.toSorted((a, b) => a.scheduledNs - b.scheduledNs).map(({ promptTokens }) => promptTokens);
}

const request = (arrivalNs: number, promptTokens: number, outputTokens = 10): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

/** The first of these is being served when the others come. */
const blocked = [request(0, 9, 20), request(1, 7, 3), request(2, 3, 8), request(3, 5, 1)];

test('fcfs serves in the order of arrival', () => {
  expect(begun(rowsOf({ workloads: [blocked], policy: policyOf('fcfs') }))).toEqual([9, 7, 3, 5]);
});

test('shortest-prompt serves the shortest prompt that waits', () => {
  expect(begun(rowsOf({ workloads: [blocked], policy: policyOf('shortest-prompt') }))).toEqual([9, 3, 5, 7]);
});

test('shortest-output serves the shortest answer that waits, if lengths are known', () => {
  expect(begun(rowsOf({ workloads: [blocked], policy: policyOf('shortest-output') }))).toEqual([9, 5, 7, 3]);
});

test('shortest-output is misled by predictions that are wrong', () => {
  const many = Array.from({ length: 200 }, (_, k) => request(k === 0 ? 0 : 1, k + 1, 500 + k));
  const order = (relativeError: number) =>
    begun(rowsOf({ workloads: [many], policy: policyOf('shortest-output'), relativeError, engine: roomFor(1) }));

  expect(order(0)).toEqual(many.map(({ promptTokens }) => promptTokens));
  expect(order(0.5)).not.toEqual(order(0));
  expect(order(0.5)).toEqual(order(0.5));
});

test('priority serves the workload with the lowest number, in it who came first', () => {
  const workloads = [
    [request(0, 9, 20), request(1, 1), request(2, 2)],
    [request(3, 3), request(4, 4)],
    [request(5, 5)],
  ];
  const rows = rowsOf({ workloads, priorities: [2, 1, -1], policy: policyOf('priority') });

  expect(begun(rows)).toEqual([9, 5, 3, 4, 1, 2]);
});

test('under strict priority the others starve as long as the first workload alone fills the instance', () => {
  const flood = Array.from({ length: 200 }, (_, k) => request(k * 10 * STEP_NS, 1, 10));
  const workloads = [flood, [request(1, 2)]];
  const patient = (name: string) => {
    const rows = rowsOf({ workloads, priorities: [0, 1], policy: policyOf(name) });
    return rows.find(({ workload }) => workload === 1)!.scheduledNs;
  };

  expect(patient('fcfs')).toBe(10 * STEP_NS);
  expect(patient('priority')).toBe(200 * 10 * STEP_NS);
});

test('earliest-deadline serves whose objective on the first token is next, and those without one last', () => {
  const workloads = [[request(0, 9, 20), request(1, 1)], [request(2, 2), request(3, 3)], [request(90, 4)]];
  const context = batchingContext({}, { ttftNs: 5_000 }, { ttftNs: 4_912.5 });

  expect(begun(rowsOf({ workloads, policy: policyOf('earliest-deadline', {}, context) }))).toEqual([9, 2, 4, 3, 1]);
});

test('fair-share alternates between tenants of equal requests, whoever asks for more', () => {
  const noisy = Array.from({ length: 6 }, (_, k) => request(k, 10 + k));
  const quiet = [request(8, 20), request(9, 21)];
  const rows = rowsOf({ workloads: [noisy, quiet], policy: policyOf('fair-share') });

  expect(begun(rows).slice(0, 5)).toEqual([10, 20, 11, 21, 12]);
});

test('fair-share serves a tenant of twice the weight twice as much', () => {
  const many = (length: number) => Array.from({ length }, (_, k) => request(k, 10));
  const context = batchingContext({}, { fairShareWeight: 2 });
  const rows = rowsOf({ workloads: [many(90), many(90)], policy: policyOf('fair-share', {}, context) });
  const first = rows.slice(0, 90).filter(({ workload }) => workload === 1);

  expect(Math.abs(first.length - 60)).toBeLessThanOrEqual(1);
});

test('fair-share owes nothing to a tenant for the time in which he did not ask', () => {
  const early = Array.from({ length: 60 }, (_, k) => request(k, 10));
  const late = Array.from({ length: 60 }, () => request(20 * 10 * STEP_NS, 10));
  const rows = rowsOf({ workloads: [early, late], policy: policyOf('fair-share') });
  const afterwards = rows.filter(({ scheduledNs }) => scheduledNs > 20 * 10 * STEP_NS).slice(0, 40);

  expect(Math.abs(afterwards.filter(({ workload }) => workload === 1).length - 20)).toBeLessThanOrEqual(1);
});

test('multilevel-feedback lets whoever has generated a quantum give way to who has not, and serves him the rest later', () => {
  const long = request(0, 9, 200);
  const rows = (name: string) => rowsOf({ workloads: [[long], [request(50, 1, 10)]], policy: policyOf(name) });
  const finishNs = (name: string) =>
    rows(name)
      .toSorted((a, b) => a.workload - b.workload)
      .map((row) => row.finishNs);

  // A prompt takes one step and gives one token, and so does computing it again: 1 + 64, then 10, then 135.
  expect(finishNs('fcfs')).toEqual([200 * STEP_NS, 210 * STEP_NS]);
  expect(finishNs('multilevel-feedback')).toEqual([210 * STEP_NS, 75 * STEP_NS]);
});

test('under multilevel-feedback nobody gives way while there is a place', () => {
  const workloads = [[request(0, 9, 200)], [request(50, 1, 10)]];
  const rows = rowsOf({ workloads, policy: policyOf('multilevel-feedback'), engine: roomFor(2) });

  expect(rows.map(({ preemptions }) => preemptions)).toEqual([0, 0]);
});

test('multilevel-feedback lets long prompts begin lower, if it is told what is long', () => {
  const queue = (promptTokens: number, level: number) => {
    const policy = policyOf('multilevel-feedback', { promptTokens: 100 })();
    const view = { ...requestsOf({ promptTokens }), priority: () => 0, predictedOutputTokens: () => 1 };
    return policy.queueOf(0, view, level);
  };

  expect([1, 100, 101, 200, 201, 9_999].map((tokens) => queue(tokens, 0))).toEqual([0, 0, 1, 1, 2, 3]);
  expect([0, 1, 2, 3, 9].map((level) => queue(150, level))).toEqual([1, 2, 3, 3, 3]);
});

test('chunked gives prompts what the decoding sequences leave of its step, and all of a step without them', () => {
  const [policy] = [policyOf('chunked', { stepTokens: 100 })()];

  expect([1, 99, 100, 300].map((seqs) => policy.prefillTokenBudget!(seqs))).toEqual([99, 1, 0, 0]);
  // The second token comes at 201 ns; the third with what 1,000 prompt tokens take of its step: 999, or 100, at 1 ns each.
  const lastTokenNs = (name: string, options: object) => {
    const workloads = [[request(0, 1, 3)], [request(150, 1_000, 1)]];
    const engine = { maxNumSeqs: 8, maxNumBatchedTokens: 1_000 };
    const rows = rowsOf({ workloads, policy: policyOf(name, options), engine, prefillTokenNs: 1 });
    return rows.find(({ workload }) => workload === 0)!.finishNs;
  };
  expect(lastTokenNs('fcfs', {})).toBe(201 + STEP_NS + 999);
  expect(lastTokenNs('chunked', { stepTokens: 101 })).toBe(201 + STEP_NS + 100);
});

test('decode-first computes no prompt before enough answers are done', () => {
  const workloads = [[request(0, 1, 30), request(0, 2, 20)], [request(150, 3, 1)]];
  const startNs = (decodeSeqs: number) =>
    rowsOf({ workloads, policy: policyOf('decode-first', { decodeSeqs }), engine: roomFor(8) }).find(
      ({ workload }) => workload === 1,
    )!.scheduledNs;

  expect([1, 2, 3].map(startNs)).toEqual([30 * STEP_NS, 20 * STEP_NS, 2 * STEP_NS]);
});

const roomFor = (maxNumSeqs: number) => ({ maxNumSeqs });

test('who is preempted is who was admitted last, who would be served last, or who has computed least', () => {
  // The three grow together; there is room for any two of them.
  const workloads = [[request(0, 14, 20)], [request(0, 6, 20)], [request(1, 10, 20)]];
  const engine = { maxNumSeqs: 3, blockTokens: 4, kvBlocks: 18, reserveFullPrompt: false };
  const preempted = (victim: string) =>
    rowsOf({ workloads, priorities: [2, 1, 1], policy: policyOf('priority', { victim }), engine })
      .filter(({ preemptions }) => preemptions > 0)
      .map(({ workload }) => workload);

  expect(preempted('last-admitted')).toEqual([2]);
  expect(preempted('last-in-order')).toEqual([0]);
  expect(preempted('fewest-computed')).toEqual([1]);
});

test.each([
  ['fcfs', { victim: 'fewest-computed' }, { kvAllocation: 'output' as const }, 'this engine never preempts'],
  ['chunked', {}, { prefillFirst: true }, 'with prefillFirst no step carries both'],
  ['decode-first', {}, { prefillFirst: true }, 'with prefillFirst no step carries both'],
  ['fair-share', { stepTokens: 9 }, { chunkedPrefill: false }, 'until nobody decodes'],
  ['multilevel-feedback', {}, { kvAllocation: 'maximum' as const }, 'so nobody can give way'],
  ['multilevel-feedback', {}, { continuousBatching: false }, 'nobody could take the place'],
])('%s with %o cannot be had with %o', (name, options, engine, sentence) => {
  const module = batchingNamed(name);

  expect(module.conflict!(module.options.parse(options), { ...roomyEngine, ...engine })).toContain(sentence);
  expect(module.conflict!(module.options.parse({}), roomyEngine)).toBeUndefined();
});

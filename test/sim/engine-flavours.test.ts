import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, openLoop, tinyPlan, type TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { apart, type Apart } from './apart.ts';

const tenNs = constantStep(10 * TICKS_PER_NS);

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

describe.each(bothEngines)('%s', (_, simulate) => {
  /** One instance, observed every 10 ns, which is a step. */
  function run(engine: Partial<EnginePlan>, horizonNs: number, requests: readonly TinyRequest[]) {
    const parts = { workloads: [openLoop(requests)], routing: firstEligible, stepCosts: [tenNs] };
    return simulate(tinyPlan({ horizonNs, timelineIntervalNs: 10, engine }), parts);
  }

  function runApart(plan: Apart, requests: readonly TinyRequest[]) {
    const parts = { workloads: [openLoop(requests)], routing: firstEligible, stepCosts: [tenNs, tenNs] };
    return simulate(apart(plan), parts);
  }

  describe('memory for the whole answer', () => {
    const sixBlocks = { kvBlocks: 6, blockTokens: 1, maxNumSeqs: 2, maxNumBatchedTokens: 8, reserveFullPrompt: false };

    test('is taken at admission, so the second of two that grow out of their room waits and nobody is preempted', () => {
      const two = [request(0, 2, 4), request(0, 2, 4)];
      const { requests, timeline } = run({ ...sixBlocks, kvAllocation: 'output' }, 80, two);

      // Each is granted 2 + 4 − 1 of six blocks.
      expect(requests).toMatchObject([
        { request: 0, scheduledNs: 0, finishNs: 40, preemptions: 0 },
        { request: 1, scheduledNs: 40, finishNs: 80, preemptions: 0 },
      ]);
      expect(timeline.map(({ kvBlocksUsed }) => kvBlocksUsed)).toEqual([5, 5, 5, 5, 5, 5, 5, 0]);
    });

    test('of every request at its longest lets in as many as there are such pieces of memory', () => {
      const engine = { kvAllocation: 'maximum', maxModelTokens: 12, blockTokens: 4, kvBlocks: 6 } as const;
      const { requests } = run(engine, 100, [request(0, 1, 2), request(0, 1, 3), request(0, 1, 2)]);

      // Three blocks each: the third takes the place of the first.
      expect(requests.map((row) => [row.request, row.scheduledNs, row.finishNs])).toEqual([
        [0, 0, 20],
        [1, 0, 30],
        [2, 20, 40],
      ]);
    });

    test.each([
      { kvBlocks: 2, status: RequestStatus.rejected },
      { kvBlocks: 3, status: RequestStatus.served },
    ])('that is larger than $kvBlocks blocks of 4 makes even a short request impossible or not', (example) => {
      const { kvBlocks, status } = example;
      const engine = { kvAllocation: 'maximum', maxModelTokens: 12, blockTokens: 4, kvBlocks } as const;

      expect(run(engine, 10, [request(0, 1, 1)]).requests).toMatchObject([{ status }]);
    });

    test('is that of the prompt alone where prompts are computed, and all of it where the answer is', () => {
      const plan: Apart = {
        horizonNs: 60,
        timelineIntervalNs: 10,
        prefill: { kvAllocation: 'output', kvBlocks: 2 },
        decode: { kvAllocation: 'output' },
      };
      const { requests, timeline } = runApart(plan, [request(0, 32, 18)]);
      const used = (pool: number) => timeline.filter((row) => row.pool === pool).map((row) => row.kvBlocksUsed);

      // Two blocks of 16 until the transfer ends at 42. 32 + 18 − 1 tokens are four blocks, the last of which only the
      // 17th further token would need.
      expect(used(0).slice(0, 6)).toEqual([2, 2, 2, 2, 0, 0]);
      expect(used(1).slice(0, 6)).toEqual([4, 4, 4, 4, 4, 4]);
      expect(requests).toMatchObject([{ status: RequestStatus.served, finishNs: 42 + 17 * 10 }]);
    });
  });

  describe('without continuous batching', () => {
    test('a batch is filled when it is empty, and who comes later waits for the last of them', () => {
      const some = [request(0, 1, 3), request(0, 1, 1), request(5, 1, 1), request(12, 1, 2)];
      const { requests } = run({ continuousBatching: false }, 100, some);

      expect(requests.map((row) => [row.request, row.scheduledNs, row.finishNs])).toEqual([
        [1, 0, 10],
        [0, 0, 30],
        [2, 30, 40],
        [3, 30, 50],
      ]);
    });

    test('KV that has come waits until the decoding batch is empty', () => {
      const plan = { horizonNs: 100, decode: { continuousBatching: false } };
      const { requests } = runApart(plan, [request(0, 10, 4), request(3, 10, 2)]);

      // The first decodes from 20 to 50. The second is prefilled from 10 to 20, when there still is a place for it: its
      // KV is there at 30.
      expect(requests).toMatchObject([
        { request: 0, finishNs: 50 },
        { request: 1, transferNs: 10, finishNs: 60 },
      ]);
    });
  });

  describe('without chunks', () => {
    const whole = { chunkedPrefill: false, maxNumBatchedTokens: 8, maxNumSeqs: 4 };

    test('a prompt waits for a step that holds all of it, and others wait behind it', () => {
      const { requests } = run(whole, 100, [request(0, 1, 5), request(5, 8, 1), request(6, 1, 1)]);

      // While the first decodes only seven of eight tokens are left.
      expect(requests.map((row) => [row.request, row.scheduledNs, row.finishNs])).toEqual([
        [0, 0, 50],
        [1, 50, 60],
        [2, 60, 70],
      ]);
    });

    test.each([
      { engine: {}, promptTokens: 8, outputTokens: 1, status: RequestStatus.served },
      { engine: {}, promptTokens: 8, outputTokens: 2, status: RequestStatus.rejected },
      { engine: {}, promptTokens: 7, outputTokens: 2, status: RequestStatus.served },
      { engine: { kvAllocation: 'output' as const }, promptTokens: 8, outputTokens: 2, status: RequestStatus.served },
      { engine: { kvAllocation: 'output' as const }, promptTokens: 9, outputTokens: 1, status: RequestStatus.rejected },
    ])('$promptTokens + $outputTokens tokens must fit a step at its largest prefill: $engine', (example) => {
      const { engine, promptTokens, outputTokens, status } = example;

      const { requests } = run({ ...whole, ...engine }, 10, [request(0, promptTokens, outputTokens)]);

      expect(requests).toMatchObject([{ status }]);
    });
  });

  describe('prompts first', () => {
    test('those who decode get no token in a step with prompt tokens', () => {
      const { requests, timeline } = run({ prefillFirst: true }, 40, [request(0, 4, 3), request(10, 4, 2)]);

      // Prompts until 10 and until 20, then both decode until 30, then the first alone.
      expect(requests.map((row) => [row.request, row.firstTokenNs, row.finishNs])).toEqual([
        [1, 20, 30],
        [0, 10, 40],
      ]);
      expect(timeline.map((row) => row.decodeSeqSteps)).toEqual([0, 0, 2, 1]);
      expect(timeline.map((row) => row.kvTokenSteps)).toEqual([0, 0, 5 + 5, 6]);
      expect(timeline.map((row) => row.prefillNs)).toEqual([10, 10, 0, 0]);
      expect(timeline.map((row) => row.steps)).toEqual([1, 1, 1, 1]);
    });

    test('a prompt has the whole of every step until it is computed', () => {
      const small = { prefillFirst: true, maxNumBatchedTokens: 4, maxNumSeqs: 4 };
      const { requests, timeline } = run(small, 50, [request(0, 1, 2), request(5, 10, 1)]);

      // Chunks of four, four and two from 10 on. Otherwise it would have three tokens of the first step.
      expect(timeline.map((row) => row.prefillTokens)).toEqual([1, 4, 4, 2, 0]);
      expect(requests).toMatchObject([
        { request: 1, firstTokenNs: 40 },
        { request: 0, finishNs: 50 },
      ]);
    });

    test('a chunk that finds no block sends its own request back, and those who decode go on', () => {
      const engine = {
        prefillFirst: true,
        maxNumBatchedTokens: 2,
        maxNumSeqs: 2,
        blockTokens: 1,
        kvBlocks: 6,
        reserveFullPrompt: false,
      };
      const { requests } = run(engine, 200, [request(0, 2, 4), request(15, 4, 1)]);

      // The first has three blocks at 20. The prompt takes two of the other three, and cannot get two more at 30: its
      // request goes back and nobody is admitted. At 40 the first has four blocks, two are free: two tokens again, which
      // at 50 lack two blocks again. The first ends at 60.
      expect(requests).toMatchObject([
        { request: 0, preemptions: 0, finishNs: 60 },
        { request: 1, preemptions: 2, scheduledNs: 20, finishNs: 80 },
      ]);
    });
  });
});

import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import type { TinyRequest } from '../support/plans.ts';
import { affineStep, constantStep } from '../support/step-costs.ts';
import { apart } from './apart.ts';

/** Worked out by hand from docs/engine.md. A step takes 10 ns. */
const tenNs = constantStep(10 * TICKS_PER_NS);

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

/** Three guesses a step, all of them right: as few steps as there can be. */
const always = { draftTokens: 3, acceptance: 1, random: false };
/** All of them wrong. */
const never = { ...always, acceptance: 0 };

describe.each(bothEngines)('guessed tokens, %s', (_, engine) => {
  const run = (options: Partial<EnginePlan>, ...requests: readonly TinyRequest[]) =>
    engine(tinyPlan({ horizonNs: 100, timelineIntervalNs: 10, engine: options }), {
      workloads: [openLoop(requests)],
      routing: firstEligible,
      stepCosts: [tenNs],
    });

  test('that are right make eight tokens two steps, which cost what two steps do', () => {
    const { requests, timeline } = run({ speculation: always }, request(0, 1, 9));

    expect(requests).toMatchObject([{ firstTokenNs: 10, finishNs: 30 }]);
    expect(timeline.slice(0, 3).map((row) => row.outputTokens)).toEqual([1, 4, 4]);
    expect(timeline.slice(0, 3).map((row) => row.decodeSeqSteps)).toEqual([0, 1, 1]);
    expect(timeline.slice(0, 3).map((row) => row.kvTokenSteps)).toEqual([0, 2, 6]);
  });

  test('are spread evenly, the earlier steps having the fewer', () => {
    const { requests, timeline } = run({ speculation: always, blockTokens: 1 }, request(0, 1, 12));

    // Eleven tokens in three steps.
    expect(requests).toMatchObject([{ finishNs: 40 }]);
    expect(timeline.slice(0, 4).map((row) => row.outputTokens)).toEqual([1, 3, 4, 4]);
    // Blocks are taken when a step is formed; the last token needs none.
    expect(timeline.slice(0, 4).map((row) => row.kvBlocksUsed)).toEqual([1 + 3, 1 + 7, 1 + 11, 0]);
  });

  test('that are wrong change nothing', () => {
    const requests = [request(0, 3, 7), request(5, 20, 4)];

    expect(run({ speculation: never }, ...requests)).toEqual(
      expect.objectContaining({ requests: run({}, ...requests).requests, timeline: run({}, ...requests).timeline }),
    );
  });

  test('right or wrong, leave less of the budget to prompts', () => {
    const options = { maxNumSeqs: 2, maxNumBatchedTokens: 8 };
    const scheduled = [request(0, 1, 9), request(5, 5, 1)];
    const secondFinishNs = (engineOptions: Partial<EnginePlan>) =>
      run(engineOptions, ...scheduled).requests.find((row) => row.request === 1)!.finishNs;

    expect(secondFinishNs(options)).toBe(20);
    expect(secondFinishNs({ ...options, speculation: never })).toBe(30);
  });

  test('of a preempted request are settled anew for what is missing', () => {
    const tenBlocks = {
      kvBlocks: 10,
      blockTokens: 1,
      maxNumSeqs: 2,
      maxNumBatchedTokens: 20,
      reserveFullPrompt: false,
    };
    const { requests, timeline } = run({ ...tenBlocks, speculation: always }, request(0, 1, 9), request(0, 1, 9));

    // Both want five blocks from 10 to 20, and get them. At 20 the second goes back with its five tokens; the first has
    // all at 30. Then the second computes 1 + 5 tokens, for its sixth, and has the other three in one step.
    expect(requests).toMatchObject([
      { request: 0, preemptions: 0, finishNs: 30 },
      { request: 1, preemptions: 1, finishNs: 50 },
    ]);
    expect(timeline.slice(0, 5).map((row) => row.outputTokens)).toEqual([2, 8, 4, 1, 3]);
    expect(timeline.slice(0, 5).map((row) => row.prefillTokens)).toEqual([2, 0, 0, 6, 0]);
  });

  test('are made in decode instances, with room for the first of them before the transfer', () => {
    const options = { speculation: always, blockTokens: 1 };
    const plan = { horizonNs: 60, timelineIntervalNs: 20, prefill: options, decode: options };
    const { requests, timeline } = engine(apart(plan), {
      workloads: [openLoop([request(0, 16, 6), request(0, 4, 2)])],
      routing: firstEligible,
      stepCosts: [tenNs, affineStep({ fixed: 10 * TICKS_PER_NS, perSeq: TICKS_PER_NS })],
    });

    // Prefilled until 10, moved until 26 and 30. Five tokens are two and three. The second joins at 37.
    expect(requests).toMatchObject([
      { request: 0, transferNs: 16, finishNs: 26 + 11 + 12 },
      { request: 1, transferNs: 20, finishNs: 26 + 11 + 12 },
    ]);
    // Four tokens may come first, and at the most as many as are missing: 16 + 4 and 4 + 1 blocks.
    expect(timeline.filter((row) => row.pool === 1).map((row) => row.kvBlocksUsed)).toEqual([25, 26, 0]);
  });
});

import { describe, expect, test } from 'vitest';
import type { EnginePlan } from '../../src/sim/plan.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { sharedPrompts, type SharedRequest } from '../support/shared-prompts.ts';
import { firstEligible, tinyPlan } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { bothEngines } from './both-engines.ts';

/** Worked out by hand from docs/engine.md. Every step takes 10 ns. */
describe.each(bothEngines)('%s', (_, engine) => {
  const run = (options: Partial<EnginePlan>, ...workloads: (readonly SharedRequest[])[]) =>
    engine(
      tinyPlan({
        horizonNs: 200,
        timelineIntervalNs: 10,
        workloads: workloads.length,
        engine: { prefixCaching: true, ...options },
      }),
      {
        workloads: workloads.map(sharedPrompts),
        routing: firstEligible,
        stepCosts: [constantStep(10 * TICKS_PER_NS)],
      },
    );

  test('the second turn of a conversation computes what is new and what fills no block', () => {
    const { requests, timeline } = run({ blockTokens: 4 }, [
      { arrivalNs: 0, path: [[0, 6]], promptTokens: 6, outputTokens: 4 },
      { arrivalNs: 100, path: [[0, 14]], promptTokens: 14, outputTokens: 1 },
    ]);

    // The first turn leaves 6 + 3 tokens behind: two blocks.
    expect(requests.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 8]);
    const { prefillTokens, prefillPairs, prefillContextTokens, promptTokens, cachedTokens } = timeline[10]!;
    expect([prefillTokens, prefillPairs, prefillContextTokens]).toEqual([6, 6 * 8 + 21, 8]);
    expect([promptTokens, cachedTokens]).toEqual([14, 8]);
  });

  test('the last token of a prompt is always computed', () => {
    const request = { path: [[0, 8]] as const, promptTokens: 8, outputTokens: 1 };
    const { requests } = run({ blockTokens: 4 }, [
      { arrivalNs: 0, ...request },
      { arrivalNs: 50, ...request },
    ]);

    expect(requests.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 4]);
  });

  test('the second of two equal prompts in a batch finds what the first is computing', () => {
    const request: SharedRequest = { arrivalNs: 0, path: [[0, 8]], promptTokens: 9, outputTokens: 2 };
    const { requests, timeline } = run({ blockTokens: 4 }, [request, request]);

    expect(requests.map(({ cachedTokens, firstTokenNs }) => [cachedTokens, firstTokenNs])).toEqual([
      [0, 10],
      [8, 10],
    ]);
    expect(timeline[0]).toMatchObject({ prefillTokens: 10, kvBlocksUsed: 4 });
  });

  test('streams of two workloads have nothing in common, whatever their numbers', () => {
    const request: SharedRequest = { arrivalNs: 0, path: [[0, 8]], promptTokens: 9, outputTokens: 1 };
    const { requests } = run({ blockTokens: 4 }, [request], [request]);

    expect(requests.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 0]);
  });

  test('a block is of the stream that holds its last token', () => {
    const rest = { promptTokens: 20, outputTokens: 1 };
    const { requests } = run({ blockTokens: 4 }, [
      // prettier-ignore
      { arrivalNs: 0, path: [[0, 6], [1, 6]], ...rest },
      { arrivalNs: 20, path: [[0, 12]], ...rest },
      // prettier-ignore
      { arrivalNs: 40, path: [[0, 6], [1, 9]], ...rest },
    ]);

    expect(requests.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 4, 12]);
  });

  /** Eight tokens in the cache when it leaves at 60 ns, six of them at 40 ns. */
  const answered: SharedRequest = { arrivalNs: 0, path: [[0, 3]], promptTokens: 3, outputTokens: 6 };
  const continued: SharedRequest = { arrivalNs: 60, path: [[0, 9]], promptTokens: 9, outputTokens: 1 };

  test('an answer can be found when it is complete', () => {
    const { requests } = run({ blockTokens: 2 }, [answered, continued]);

    expect(requests).toMatchObject([{ cachedTokens: 0 }, { cachedTokens: 8 }]);
  });

  test('an answer cannot be found while it grows, nor afterwards what follows a block that was known before', () => {
    const meanwhile: SharedRequest = { arrivalNs: 40, path: [[0, 7]], promptTokens: 7, outputTokens: 1 };
    const { requests } = run({ blockTokens: 2 }, [answered, meanwhile, continued]);

    // It finds the block of the prompt and makes the next two known; the answer's copies of these are private.
    expect(requests).toMatchObject([
      { request: 1, cachedTokens: 2 },
      { request: 0, cachedTokens: 0 },
      { request: 2, cachedTokens: 6 },
    ]);
  });

  test('the end of a prompt is evicted before its beginning', () => {
    const request = { path: [[0, 4]] as const, promptTokens: 4, outputTokens: 1 };
    const { requests } = run({ blockTokens: 1, kvBlocks: 4 }, [
      { arrivalNs: 0, ...request },
      { arrivalNs: 20, path: [], promptTokens: 2, outputTokens: 1 },
      { arrivalNs: 40, ...request },
    ]);

    expect(requests.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 0, 2]);
  });

  test('a preempted request finds what is left of its own blocks', () => {
    const sixBlocks = { kvBlocks: 6, blockTokens: 1, maxNumSeqs: 2, maxNumBatchedTokens: 8, reserveFullPrompt: false };
    const { requests, timeline } = run(sixBlocks, [
      { arrivalNs: 0, path: [[0, 2]], promptTokens: 2, outputTokens: 4 },
      { arrivalNs: 0, path: [[1, 2]], promptTokens: 2, outputTokens: 4 },
    ]);

    expect(requests).toMatchObject([
      { request: 0, preemptions: 0, cachedTokens: 0, finishNs: 40 },
      { request: 1, preemptions: 1, cachedTokens: 0, finishNs: 60 },
    ]);
    // Of its three blocks the first request has taken the last two by 40 ns; one is a hit, three are computed again.
    expect(timeline.slice(0, 6).map(({ prefillTokens }) => prefillTokens)).toEqual([4, 0, 0, 0, 3, 0]);
    expect(timeline.slice(0, 6).map(({ kvBlocksUsed }) => kvBlocksUsed)).toEqual([6, 4, 5, 4, 5, 0]);
  });

  /** At 20 ns the first request leaves eight blocks behind. The third needs four more, and the second grows. */
  const crowded = { blockTokens: 1, kvBlocks: 12, maxNumSeqs: 4, maxNumBatchedTokens: 5, reserveFullPrompt: false };
  const crowd: readonly SharedRequest[] = [
    { arrivalNs: 0, path: [[0, 8]], promptTokens: 8, outputTokens: 1 },
    { arrivalNs: 20, path: [], promptTokens: 1, outputTokens: 3 },
    { arrivalNs: 20, path: [[0, 8]], promptTokens: 12, outputTokens: 1 },
  ];

  test('hits that nobody holds are no room for new blocks', () => {
    const { requests } = run(crowded, crowd);

    expect(requests[2]).toMatchObject({ request: 2, scheduledNs: 50, cachedTokens: 8, finishNs: 60 });
  });

  test('what expires in the middle of an answer makes room at that step', () => {
    const { requests } = run({ ...crowded, prefixIdleNs: 20 }, crowd);

    // Without hits it starts with four tokens next to the second request, then computes five and three.
    expect(requests[2]).toMatchObject({ request: 2, scheduledNs: 40, cachedTokens: 0, finishNs: 70 });
  });

  test('what expires in the middle of an answer, the answer makes known again when it is complete', () => {
    /** The second computes two blocks of the first one's answer ahead of it, and lets go of them at 20 ns. */
    const cachedTokens = (prefixIdleNs: number) =>
      run({ blockTokens: 1, prefixIdleNs }, [
        { arrivalNs: 0, path: [[0, 3]], promptTokens: 3, outputTokens: 6 },
        { arrivalNs: 10, path: [[0, 5]], promptTokens: 5, outputTokens: 1 },
        { arrivalNs: 60, path: [[0, 8]], promptTokens: 9, outputTokens: 1 },
      ]).requests.map((row) => row.cachedTokens);

    // In the order of leaving. Known at 60 ns: the two, which stop the answer's run; or, forgotten at 40 ns, all eight.
    expect(cachedTokens(0)).toEqual([3, 0, 5]);
    expect(cachedTokens(20)).toEqual([3, 0, 8]);
  });

  test('content that nobody has held for 30 ns is forgotten', () => {
    const request = { path: [[0, 4]] as const, promptTokens: 5, outputTokens: 1 };
    const cachedTokensOf = (arrivalNs: number) =>
      run({ blockTokens: 4, prefixIdleNs: 30 }, [
        { arrivalNs: 0, ...request },
        { arrivalNs, ...request },
      ]).requests.map(({ cachedTokens }) => cachedTokens);

    // The first request lets go at 10 ns.
    expect(cachedTokensOf(39)).toEqual([0, 4]);
    expect(cachedTokensOf(40)).toEqual([0, 0]);
  });
});

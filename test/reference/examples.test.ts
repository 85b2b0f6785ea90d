import { describe, expect, test } from 'vitest';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { firstEligible, openLoop, tinyPlan } from '../support/plans.ts';
import type { TinyPlan, TinyRequest } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';
import { bothEngines } from './both-engines.ts';

describe.each(bothEngines)('%s', (_, engine) => {
  const run = (stepTicks: number, tiny: TinyPlan, requests: readonly TinyRequest[]) =>
    engine(tinyPlan(tiny), {
      workloads: [openLoop(requests)],
      routing: firstEligible,
      stepCosts: [constantStep(stepTicks)],
    });

  test('five prompt tokens in chunks of two are three steps, the last of which gives the first token', () => {
    const chunks = { maxNumSeqs: 1, maxNumBatchedTokens: 2, frontEndNs: 3, outputNs: 2 };
    const { requests, timeline } = run(10 * TICKS_PER_NS, { horizonNs: 1_000, engine: chunks }, [
      { arrivalNs: 100, promptTokens: 5, outputTokens: 3 },
    ]);

    expect(requests).toMatchObject([{ enqueuedNs: 103, scheduledNs: 103, firstTokenNs: 135, finishNs: 155 }]);
    // Pairs: 1 + 2, then 3 + 4, then 5. Context: 0, 2, 4. Decode steps attend to 6 and 7 tokens.
    expect(timeline).toMatchObject([
      { steps: 5, prefillTokens: 5, prefillPairs: 15, prefillContextTokens: 6, decodeSeqSteps: 2, kvTokenSteps: 13 },
    ]);
    expect(timeline).toMatchObject([{ promptTokens: 5, outputTokens: 3, busyNs: 50, prefillNs: 30 }]);
  });

  test('a first token that takes longer to reach the client holds nobody up, but no token overtakes it', () => {
    const engine = { frontEndNs: 3, outputNs: 2, firstOutputNs: 25 };
    const { requests, timeline } = run(10 * TICKS_PER_NS, { horizonNs: 100, engine }, [
      { arrivalNs: 0, promptTokens: 1, outputTokens: 3 },
      { arrivalNs: 0, promptTokens: 1, outputTokens: 6 },
    ]);

    expect(requests).toMatchObject([
      { firstTokenNs: 40, finishNs: 40 },
      { firstTokenNs: 40, finishNs: 65 },
    ]);
    expect(timeline).toMatchObject([{ steps: 6, busyNs: 60 }]);
  });

  test('steps of a ns and a half end at 1, 3, 4 and 6 ns: what is cut off is not forgotten', () => {
    const request = { arrivalNs: 0, promptTokens: 1, outputTokens: 4 };
    const { requests, timeline } = run(1.5 * TICKS_PER_NS, { horizonNs: 6, timelineIntervalNs: 1 }, [request]);

    expect(requests).toMatchObject([{ firstTokenNs: 1, finishNs: 6 }]);
    expect(timeline.map(({ steps }) => steps)).toEqual([1, 0, 1, 1, 0, 1]);
    expect(timeline.map(({ busyNs }) => busyNs)).toEqual([1, 0, 2, 1, 0, 2]);
  });

  test('when blocks run out the last to come goes back, and computes its prompt and its tokens again', () => {
    const sixBlocks = { kvBlocks: 6, blockTokens: 1, maxNumSeqs: 2, maxNumBatchedTokens: 8, reserveFullPrompt: false };
    const request = { arrivalNs: 0, promptTokens: 2, outputTokens: 4 };
    const tiny = { horizonNs: 60, timelineIntervalNs: 10, engine: sixBlocks };
    const { requests, timeline } = run(10 * TICKS_PER_NS, tiny, [request, request]);

    expect(requests).toMatchObject([
      { request: 0, preemptions: 0, scheduledNs: 0, firstTokenNs: 10, finishNs: 40 },
      { request: 1, preemptions: 1, scheduledNs: 0, firstTokenNs: 10, finishNs: 60 },
    ]);
    // At the end of a step the next batch is formed already: at 20 ns it is the first request alone, with four blocks.
    expect(timeline.map(({ kvBlocksUsed }) => kvBlocksUsed)).toEqual([6, 4, 5, 4, 5, 0]);
    expect(timeline.map(({ preemptions }) => preemptions)).toEqual([0, 1, 0, 0, 0, 0]);
    expect(timeline.map(({ prefillTokens }) => prefillTokens)).toEqual([4, 0, 0, 0, 4, 0]);
    expect(timeline.map(({ runningRequests }) => runningRequests)).toEqual([2, 1, 1, 1, 1, 0]);
  });

  test('an arrival at the end of a step joins the step that starts there', () => {
    const { requests } = run(10 * TICKS_PER_NS, { horizonNs: 100 }, [
      { arrivalNs: 0, promptTokens: 1, outputTokens: 9 },
      { arrivalNs: 30, promptTokens: 1, outputTokens: 1 },
      { arrivalNs: 31, promptTokens: 1, outputTokens: 1 },
    ]);

    expect(requests.map(({ request, scheduledNs, finishNs }) => [request, scheduledNs, finishNs])).toEqual([
      [1, 30, 40],
      [2, 40, 50],
      [0, 0, 90],
    ]);
  });

  test('a request that fits nowhere is turned away when it comes', () => {
    const { requests } = run(
      10 * TICKS_PER_NS,
      { horizonNs: 100, engine: { kvBlocks: 3, blockTokens: 4, watermarkBlocks: 1 } },
      [
        { arrivalNs: 5, promptTokens: 5, outputTokens: 4 },
        { arrivalNs: 7, promptTokens: 5, outputTokens: 5 },
      ],
    );

    expect(requests).toMatchObject([
      { request: 1, status: 1, instance: -1, arrivalNs: 7, finishNs: 7 },
      { request: 0, status: 0, instance: 0, arrivalNs: 5, finishNs: 45 },
    ]);
  });
});

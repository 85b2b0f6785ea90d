import { describe, expect, test } from 'vitest';
import type { EnginePlan, KvTierPlan } from '../../src/sim/plan.ts';
import type { Workload } from '../../src/sim/ports.ts';
import { NO_SESSION, TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { firstEligible, inTurn, tinyPlan, type TinyPlan } from '../support/plans.ts';
import { constantStep } from '../support/step-costs.ts';

interface Prompt {
  readonly arrivalNs: number;
  readonly tokens: number;
  /** All of it is the beginning of this stream; with none it is its own. */
  readonly stream?: number;
  readonly outputTokens?: number;
}

function prompts(...list: readonly Prompt[]): Workload {
  let next = 0;
  return {
    pull(sink) {
      const prompt = list[next++];
      if (prompt === undefined) return false;
      if (prompt.stream !== undefined) sink.share(prompt.stream, prompt.tokens);
      sink.push(prompt.arrivalNs, prompt.tokens, prompt.outputTokens ?? 1, 0, NO_SESSION);
      return true;
    },
  };
}

/** A block of 16 tokens is read or written in a ns. */
const dram: KvTierPlan = {
  kind: 'dram',
  scope: 'instance',
  capacityBlocks: 100,
  blockBytes: 16,
  readGBPerS: 16,
  writeGBPerS: 16,
  latencyNs: 0,
  maxWriteQueueNs: 1_000,
  idleNs: 0,
};

describe.each(bothEngines)('%s', (_, simulate) => {
  function run(
    kvTiers: readonly KvTierPlan[],
    engine: Partial<EnginePlan>,
    workload: Workload,
    tiny?: Partial<TinyPlan>,
  ) {
    const plan = tinyPlan({ horizonNs: 1_000, ...tiny, engine: { prefixCaching: true, kvTiers, ...engine } });
    const routing = plan.pools[0]!.instances > 1 ? inTurn() : firstEligible;
    return simulate(plan, { workloads: [workload], routing, stepCosts: [constantStep(10 * TICKS_PER_NS)] });
  }

  /** The accelerators forget at once, so what is found is found in the tiers. */
  const forgetful = { prefixIdleNs: 1 };

  describe('what the accelerators had to forget', () => {
    const tight = { kvBlocks: 5 };
    const three = [
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs: 100, tokens: 64, stream: 2 },
      { arrivalNs: 200, tokens: 64, stream: 1 },
    ];

    test('is read when that is sooner than computing it, and what is left is computed', () => {
      const { requests, timeline } = run([{ ...dram, latencyNs: 3 }], tight, prompts(...three));

      // The second prompt overwrites all but the first block of the first one. Of the third one's three whole blocks before
      // its last token two are read, from 200 to 202 + 3, and the last 16 tokens are computed.
      expect(requests[2]).toMatchObject({ cachedTokens: 48, loadedTokens: 32, scheduledNs: 205, finishNs: 215 });
      expect(timeline).toMatchObject([{ dramReadBlocks: 2, dramWrittenBlocks: 4 + 4, prefillTokens: 64 + 64 + 16 }]);
      expect(timeline).toMatchObject([{ promptTokens: 3 * 64, cachedTokens: 48, loadedTokens: 32 }]);
    });

    test('is computed when reading takes as long', () => {
      const { requests } = run([{ ...dram, latencyNs: 8 }], tight, prompts(...three));

      expect(requests[2]).toMatchObject({ cachedTokens: 16, loadedTokens: 0, scheduledNs: 200, finishNs: 210 });
    });

    test('is waited for with all blocks of the prompt', () => {
      const interval = { timelineIntervalNs: 1, horizonNs: 210 };
      const { timeline } = run([{ ...dram, latencyNs: 3 }], tight, prompts(...three), interval);

      // Rows end at 200, 201 … 206.
      expect(timeline.slice(199, 206).map((row) => row.waitingRequests)).toEqual([1, 1, 1, 1, 1, 0, 0]);
      expect(timeline.slice(199, 206).map((row) => row.runningRequests)).toEqual([0, 0, 0, 0, 0, 1, 1]);
      expect(timeline.slice(199, 206).map((row) => row.kvBlocksUsed)).toEqual([4, 4, 4, 4, 4, 4, 4]);
    });
  });

  test('a loaded prompt that must not be cut waits for a step with room for all that is left of it', () => {
    const engine = { blockTokens: 4, kvBlocks: 40, maxNumSeqs: 9, maxNumBatchedTokens: 11, chunkedPrefill: false };
    const decodes = Array.from({ length: 6 }, () => ({ arrivalNs: 280, tokens: 1, outputTokens: 11 }));
    const { requests } = run(
      [dram],
      { ...forgetful, ...engine },
      prompts(
        { arrivalNs: 0, tokens: 11, stream: 0 },
        { arrivalNs: 100, tokens: 11, stream: 1 },
        ...decodes,
        { arrivalNs: 300, tokens: 11, stream: 0 },
        { arrivalNs: 300, tokens: 11, stream: 1 },
      ),
    );

    // Both are loaded a step later. Beside six who decode there are five tokens left, and each has three to compute.
    const again = requests.filter(({ arrivalNs }) => arrivalNs === 300);
    expect(again).toMatchObject([
      { loadedTokens: 8, scheduledNs: 310 },
      { loadedTokens: 8, scheduledNs: 320 },
    ]);
  });

  test('a store carries one read at a time, and a read that would end later than a step is not asked for', () => {
    const slow = { ...dram, readGBPerS: 8 };
    const again = (arrivalNs: number, stream: number) => ({ arrivalNs, tokens: 64, stream });
    const both = [again(0, 1), again(0, 2), again(200, 1), again(200, 2)];
    const { requests } = run([slow], forgetful, prompts(...both));

    // Three blocks take 6 ns; the second read would end at 212, two after the step that computes it.
    expect(requests.slice(2)).toMatchObject([
      { request: 3, loadedTokens: 0, scheduledNs: 200, finishNs: 210 },
      { request: 2, loadedTokens: 48, scheduledNs: 210, finishNs: 220 },
    ]);
  });

  test.each([
    { scope: 'instance' as const, loadedTokens: 0 },
    { scope: 'pool' as const, loadedTokens: 48 },
  ])('what one instance wrote, another reads $loadedTokens tokens of if the store is of the $scope', (example) => {
    const { scope, loadedTokens } = example;
    const twice = [
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs: 100, tokens: 64, stream: 1 },
    ];
    const { requests } = run([{ ...dram, scope }], {}, prompts(...twice), { instances: 2 });

    expect(requests).toMatchObject([{ instance: 0 }, { instance: 1, loadedTokens }]);
  });

  test('a store that is too small keeps the beginning', () => {
    const twice = [
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs: 100, tokens: 64, stream: 1 },
    ];
    const { requests } = run([{ ...dram, capacityBlocks: 2 }], forgetful, prompts(...twice));

    expect(requests[1]).toMatchObject({ loadedTokens: 32 });
  });

  test.each([
    { arrivalNs: 509, loadedTokens: 48 },
    { arrivalNs: 510, loadedTokens: 0 },
  ])('a store forgets at 510 ns what was used last at 10: at $arrivalNs it has $loadedTokens', (example) => {
    const { arrivalNs, loadedTokens } = example;
    const twice = [
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs, tokens: 64, stream: 1 },
    ];
    const { requests } = run([{ ...dram, idleNs: 500 }], forgetful, prompts(...twice));

    expect(requests[1]).toMatchObject({ loadedTokens });
  });

  test.each([
    { maxWriteQueueNs: 3, dramWrittenBlocks: 4 },
    { maxWriteQueueNs: 4, dramWrittenBlocks: 8 },
  ])('what would wait more than $maxWriteQueueNs ns is not written: $dramWrittenBlocks blocks are', (example) => {
    const { maxWriteQueueNs, dramWrittenBlocks } = example;
    const two = [
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs: 0, tokens: 64, stream: 2 },
    ];
    const { timeline } = run([{ ...dram, maxWriteQueueNs }], {}, prompts(...two));

    expect(timeline).toMatchObject([{ dramWrittenBlocks }]);
  });

  test('a slower tier is asked for what a faster one has not', () => {
    const ssd: KvTierPlan = { ...dram, kind: 'ssd', latencyNs: 4 };
    const twice = [
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs: 100, tokens: 64, stream: 1 },
    ];
    const { requests, timeline } = run([{ ...dram, capacityBlocks: 1 }, ssd], forgetful, prompts(...twice));

    // A block until 101, two from the other tier until 102 + 4.
    expect(requests[1]).toMatchObject({ cachedTokens: 48, loadedTokens: 48, scheduledNs: 106 });
    expect(timeline).toMatchObject([{ dramReadBlocks: 1, ssdReadBlocks: 2, remoteReadBlocks: 0 }]);
    // The first tier has lost three of the blocks that the second request lets go of, so they are written again.
    expect(timeline).toMatchObject([{ dramWrittenBlocks: 4 + 3, ssdWrittenBlocks: 4 }]);
  });

  test('tokens of nobody’s stream are not written, nor is a block that is not whole', () => {
    const some = [
      { arrivalNs: 0, tokens: 64 },
      { arrivalNs: 100, tokens: 63, stream: 1 },
    ];
    const { timeline } = run([dram], {}, prompts(...some));

    expect(timeline).toMatchObject([{ dramWrittenBlocks: 3 }]);
  });

  test.each([
    { asyncScheduling: false, scheduledNs: 210 },
    { asyncScheduling: true, scheduledNs: 230 },
  ])('who is loaded joins those who run: $scheduledNs ns if asyncScheduling is $asyncScheduling', (example) => {
    const { asyncScheduling, scheduledNs } = example;
    const some = [
      { arrivalNs: 0, tokens: 1, outputTokens: 60 },
      { arrivalNs: 0, tokens: 64, stream: 1 },
      { arrivalNs: 195, tokens: 64, stream: 1 },
    ];
    const { requests } = run([dram], { ...forgetful, asyncScheduling }, prompts(...some));

    // Asked for at 200 and there at 203; or seen only by the batch of 210, asked for then, there at 213, and seen by that of 230.
    expect(requests[1]).toMatchObject({ request: 2, loadedTokens: 48, scheduledNs });
  });
});

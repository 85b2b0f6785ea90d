import { describe, expect, test } from 'vitest';
import type { EnginePlan, KvTierPlan } from '../../src/sim/plan.ts';
import type { RoutingPolicy } from '../../src/sim/ports.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { bothEngines } from '../reference/both-engines.ts';
import { sharedPrompts, type SharedRequest } from '../support/shared-prompts.ts';
import { firstEligible, inTurn, tinyPlan } from '../support/plans.ts';
import { affineStep } from '../support/step-costs.ts';

/** A block of four tokens is written or read in 20 ns, and there 5 ns after that. */
const dram: KvTierPlan = {
  kind: 'dram',
  scope: 'instance',
  capacityBlocks: 1_000,
  blockBytes: 40,
  readGBPerS: 2,
  writeGBPerS: 2,
  latencyNs: 5,
  maxWriteQueueNs: 1_000,
  idleNs: 0,
};

/** Two whole blocks of a stream and a token: 100 ns if it has to compute them all. */
const asks = (arrivalNs: number, stream = 0): SharedRequest => ({
  arrivalNs,
  path: [[stream, 8]],
  promptTokens: 9,
  outputTokens: 1,
});
/** Needs so many blocks, four if nothing is said and that is all the memory; nobody else knows what it says. */
const evicts = (arrivalNs: number, blocks = 4): SharedRequest => ({
  arrivalNs,
  path: [],
  promptTokens: 4 * blocks,
  outputTokens: 1,
});

/** A step takes 10 ns, and 10 ns more for each prompt token in it. */
const step = affineStep({ fixed: 10 * TICKS_PER_NS, perPrefillToken: 10 * TICKS_PER_NS });

interface Options extends Partial<EnginePlan> {
  readonly instances?: number;
  readonly routing?: RoutingPolicy;
}

/** Worked out by hand from docs/engine.md. */
describe.each(bothEngines)('%s', (_, engine) => {
  const run = (
    { instances = 1, routing = firstEligible, ...options }: Options,
    ...requests: readonly SharedRequest[]
  ) =>
    engine(
      tinyPlan({
        horizonNs: 2_000,
        timelineIntervalNs: 10,
        instances,
        engine: { prefixCaching: true, blockTokens: 4, kvBlocks: 4, ...options },
      }),
      { workloads: [sharedPrompts(requests)], routing, stepCosts: [step] },
    );
  /** In the order of arrival: tokens found, those of them that come from a store, start and end. */
  const rowsOf = ({ requests }: ReturnType<typeof run>) =>
    requests
      .toSorted((a, b) => a.request - b.request)
      .map((row) => [row.cachedTokens, row.loadedTokens, row.scheduledNs, row.finishNs]);

  test('a loading request waits, and has the blocks of its prompt and no place', () => {
    const other: SharedRequest = { arrivalNs: 310, path: [], promptTokens: 4, outputTokens: 1 };
    const { requests, timeline } = run({ kvTiers: [dram], maxNumSeqs: 1 }, asks(0), evicts(100), asks(300), other);

    // The other has a step of 50 ns from 310 on. The loaded one, there at 345, comes after it.
    expect(requests).toMatchObject([{}, {}, { request: 3, finishNs: 360 }, { request: 2, scheduledNs: 360 }]);
    const around = timeline.slice(30, 38);
    expect(around.map((row) => row.waitingRequests)).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
    expect(around.map((row) => row.runningRequests)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(around.map((row) => row.kvBlocksUsed)).toEqual([4, 4, 4, 4, 4, 3, 3, 0]);
  });

  test('what is loaded comes before what has been refused meanwhile', () => {
    // The last needs all four blocks and is refused at 301 and at 345.
    const rows = rowsOf(run({ kvTiers: [dram] }, asks(0), evicts(100), asks(300), evicts(301)));

    expect(rows.slice(2)).toEqual([
      [8, 8, 345, 365],
      [0, 0, 365, 535],
    ]);
  });

  test('what was used longest ago is forgotten first, and reading is a use', () => {
    const four = { ...dram, capacityBlocks: 4 };
    const requests = [asks(0, 0), evicts(100), asks(300, 1), evicts(400), asks(600, 0), evicts(700)];
    const lastOf = (...more: readonly SharedRequest[]) => rowsOf(run({ kvTiers: [four] }, ...requests, ...more)).at(-1);

    // Stream 2 takes the place of stream 1: stream 0 was read at 600.
    expect(lastOf(asks(1_000, 2), evicts(1_100), asks(1_300, 0))).toEqual([8, 8, 1_345, 1_365]);
    expect(lastOf(asks(1_000, 2), evicts(1_100), asks(1_300, 1))).toEqual([0, 0, 1_300, 1_400]);
  });

  test('what nobody has used for 200 ns is forgotten', () => {
    const tier = { ...dram, idleNs: 200 };
    const thirdAt = (arrivalNs: number) => rowsOf(run({ kvTiers: [tier] }, asks(0), evicts(100), asks(arrivalNs)))[2];

    // It was used at 100, when the first request left.
    expect(thirdAt(299)).toEqual([8, 8, 344, 364]);
    expect(thirdAt(300)).toEqual([0, 0, 300, 400]);
  });

  test('what would wait too long to be written is not', () => {
    const foundLater = (maxWriteQueueNs: number) => {
      const options = { kvBlocks: 6, maxNumSeqs: 2, kvTiers: [{ ...dram, maxWriteQueueNs }] };
      const requests = [asks(0, 0), asks(0, 1), evicts(200, 6), asks(500, 0), asks(900, 1)];
      return rowsOf(run(options, ...requests))
        .slice(3)
        .map(([cachedTokens]) => cachedTokens);
    };

    // Both leave at 190. The two blocks of the first take 40 ns.
    expect(foundLater(40)).toEqual([8, 8]);
    expect(foundLater(39)).toEqual([8, 0]);
  });

  test('who would wait too long for others computes, and looks again when there was no room for that', () => {
    const rows = (kvBlocks: number) => {
      const before = [asks(0, 0), asks(100, 1), asks(200, 2), evicts(300, kvBlocks)];
      return rowsOf(run({ kvBlocks, kvTiers: [dram] }, ...before, asks(700, 0), asks(700, 1), asks(700, 2))).slice(4);
    };

    // 45 and 85 ns are shorter than 90; 125 ns are not, so it computes nine tokens, and the others wait for that.
    expect(rows(9)).toEqual([
      [8, 8, 800, 830],
      [8, 8, 800, 830],
      [0, 0, 700, 800],
    ]);
    // Without three blocks for the third it waits until the first has left, at 765, when reading takes 15 + 45 ns.
    expect(rows(8)).toEqual([
      [8, 8, 745, 765],
      [8, 8, 785, 805],
      [8, 8, 825, 845],
    ]);
  });

  test('a prompt that waits for a step long enough for all of it is looked up at every step', () => {
    const options = { kvBlocks: 20, kvTiers: [dram], chunkedPrefill: false, maxNumBatchedTokens: 9, maxNumSeqs: 9 };
    const decodes: SharedRequest = { arrivalNs: 1_000, path: [], promptTokens: 1, outputTokens: 4 };
    const before = [asks(0, 0), asks(100, 1), asks(200, 2)];
    const { timeline } = run(
      { ...options, prefixIdleNs: 1 },
      ...before,
      decodes,
      ...[0, 1, 2].map((stream) => asks(1_000, stream)),
    );

    // Memory forgets at once. Two are read from 1,000 on; the third would wait 80 ns, and nine tokens do not fit beside the
    // one that decodes. Steps end at 1,020, 1,030 and 1,040: only then it is sooner there than computed.
    expect(timeline.slice(101, 104).map((row) => row.kvBlocksUsed)).toEqual([7, 7, 10]);
    expect(timeline.slice(99, 104).map((row) => row.dramReadBlocks)).toEqual([4, 0, 0, 0, 2]);
  });

  test('what cannot be written is used as far as it is known', () => {
    const options = { kvBlocks: 12, maxNumSeqs: 2, kvTiers: [{ ...dram, capacityBlocks: 6, maxWriteQueueNs: 0 }] };
    const requests = [asks(0, 0), asks(200, 1), asks(400, 2), asks(400, 0), asks(1_000, 3), evicts(1_200, 12)];
    const found = (stream: number) => rowsOf(run(options, ...requests, asks(1_900, stream))).at(-1)![0];

    // Stream 0, hit in memory, leaves with stream 2, whose blocks are being written; stream 3 then takes the place of stream 1.
    expect([found(0), found(1), found(2), found(3)]).toEqual([8, 0, 8, 8]);
  });

  test('a store of the pool serves an instance that has never seen the prompt, at once', () => {
    const secondOf = (tier: KvTierPlan) =>
      rowsOf(run({ instances: 2, routing: inTurn(), kvTiers: [tier] }, asks(0), asks(100)))[1];

    // It is still being written until 140.
    expect(secondOf({ ...dram, scope: 'pool' })).toEqual([8, 8, 145, 165]);
    expect(secondOf(dram)).toEqual([0, 0, 100, 200]);
  });

  test('an answer is written, too, as far as it goes on with the prompt', () => {
    const answered: SharedRequest = { arrivalNs: 0, path: [[0, 3]], promptTokens: 3, outputTokens: 6 };

    // 3 + 5 tokens at 90: two blocks.
    expect(rowsOf(run({ kvTiers: [dram] }, answered, evicts(200), asks(400)))[2]).toEqual([8, 8, 445, 465]);
  });

  test('memory comes first: only what it does not hold is read', () => {
    // Of three blocks two are needed in between: the blank one and the end of the stream.
    const rows = rowsOf(run({ kvTiers: [dram], kvBlocks: 3 }, asks(0), evicts(100, 2), asks(300)));

    expect(rows[2]).toEqual([8, 4, 325, 345]);
  });
});

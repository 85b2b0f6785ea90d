import { describe, expect, test } from 'vitest';
import type { RoutingPolicy } from '../../src/sim/ports.ts';
import { RequestStatus } from '../../src/sim/records.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { TICKS_PER_NS } from '../../src/sim/units.ts';
import { collect } from '../support/collect.ts';
import { firstEligible, inTurn, openLoop, type TinyRequest } from '../support/plans.ts';
import { affineStep, constantStep } from '../support/step-costs.ts';
import { apart, type Apart } from './apart.ts';

const tenNs = constantStep(10 * TICKS_PER_NS);

function run(plan: Apart, requests: readonly TinyRequest[], routing: RoutingPolicy = firstEligible) {
  return collect(apart(plan), { workloads: [openLoop(requests)], routing, stepCosts: [tenNs, tenNs] });
}

const request = (arrivalNs: number, promptTokens: number, outputTokens: number): TinyRequest => ({
  arrivalNs,
  promptTokens,
  outputTokens,
});

describe('a request on its way', () => {
  test('is prefilled, moved and decoded: 10 ns, 7 + 32 × 6 / 4 ns, and 10 ns for each further token', () => {
    const link = { kvBytesPerToken: 6, gbPerS: 4, latencyNs: 7 };
    const engines = { prefill: { frontEndNs: 3, outputNs: 2 }, decode: { frontEndNs: 100, outputNs: 5 } };
    const { requests } = run({ horizonNs: 100, link, ...engines }, [request(100 - 3, 32, 3)]);

    // Enqueued at 100; first token at the end of the step, 110; moved from 110 to 165; tokens at 175 and 185.
    expect(requests).toMatchObject([
      { enqueuedNs: 100, scheduledNs: 100, firstTokenNs: 110 + 2, transferNs: 55, finishNs: 185 + 5 },
    ]);
    expect(requests).toMatchObject([{ prefillInstance: 0, instance: 1 }]);
  });

  test('counts where it is computed: arrival and prompt there, departure and the rest here', () => {
    const { timeline } = run({ horizonNs: 1_000 }, [request(0, 32, 3)]);

    expect(timeline).toMatchObject([
      { pool: 0, arrivedRequests: 1, finishedRequests: 0, steps: 1, promptTokens: 32, outputTokens: 1, busyNs: 10 },
      { pool: 1, arrivedRequests: 0, finishedRequests: 1, steps: 2, promptTokens: 0, outputTokens: 2, busyNs: 20 },
    ]);
    expect(timeline.map(({ kvTransferTokens }) => kvTransferTokens)).toEqual([32, 0]);
    // Its second and third token attend to 33 and 34 tokens.
    expect(timeline.map(({ kvTokenSteps }) => kvTokenSteps)).toEqual([0, 67]);
  });

  test('waits in the decode pool until it runs there, and holds blocks in both while it is moved', () => {
    const { timeline } = run({ horizonNs: 80, timelineIntervalNs: 10, link: { latencyNs: 2 } }, [request(0, 32, 3)]);
    const of = (pool: number) => timeline.filter((row) => row.pool === pool);

    // Prefill until 10, transfer until 44, tokens at 54 and 64. 32 tokens are two blocks, the next one is in a third.
    expect(of(0).map((row) => row.kvBlocksUsed)).toEqual([2, 2, 2, 2, 0, 0, 0, 0]);
    expect(of(1).map((row) => row.kvBlocksUsed)).toEqual([3, 3, 3, 3, 3, 3, 0, 0]);
    expect(of(0).map((row) => row.waitingRequests + row.runningRequests)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(of(1).map((row) => row.waitingRequests)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    expect(of(1).map((row) => row.runningRequests)).toEqual([0, 0, 0, 0, 1, 1, 0, 0]);
  });

  test('never leaves the prefill instance when it wants one token', () => {
    const { requests, timeline } = run({ horizonNs: 100 }, [request(0, 32, 1)]);

    expect(requests).toMatchObject([{ instance: 0, prefillInstance: -1, transferNs: 0, finishNs: 10 }]);
    expect(timeline).toMatchObject([{ finishedRequests: 1, kvTransferTokens: 0 }, { steps: 0 }]);
  });

  test('takes its link 1 ns even if the link is infinitely fast for it', () => {
    const { requests } = run({ horizonNs: 100, link: { gbPerS: 1e9 } }, [request(0, 32, 2)]);

    expect(requests).toMatchObject([{ transferNs: 1, finishNs: 21 }]);
  });
});

describe('a link', () => {
  test('carries one request at a time, in the order of the running list', () => {
    const { requests } = run({ horizonNs: 100, link: { latencyNs: 4 } }, [
      request(0, 30, 2),
      request(0, 20, 2),
      request(0, 10, 2),
    ]);

    // Sent until 40, 60 and 70, there 4 ns later; the step that begins at 44 ends at 54.
    expect(requests.map((row) => row.request)).toEqual([0, 1, 2]);
    expect(requests.map((row) => row.transferNs)).toEqual([34, 54, 64]);
    expect(requests.map((row) => row.finishNs)).toEqual([54, 74, 84]);
  });

  test('is one for each prefill instance', () => {
    const two = { prefillInstances: 2, horizonNs: 100 };
    const { requests } = run(two, [request(0, 30, 2), request(0, 20, 2)], byRole());

    expect(requests).toMatchObject([
      { request: 1, prefillInstance: 1, transferNs: 20, instance: 2, finishNs: 40 },
      // It came at 40, where a step of the other request ended.
      { request: 0, prefillInstance: 0, transferNs: 30, instance: 2, finishNs: 50 },
    ]);
  });
});

describe('a decode instance', () => {
  test('takes in what has arrived at the next boundary of its steps, however long its segment was to be', () => {
    const { requests } = run({ horizonNs: 1_000 }, [request(0, 10, 50), request(5, 13, 3)]);

    // First decodes from 20 on. The second is prefilled from 10 to 20 and moved until 33: it joins at 40.
    expect(requests).toMatchObject([
      { request: 1, transferNs: 13, finishNs: 60 },
      { request: 0, transferNs: 10, finishNs: 20 + 49 * 10 },
    ]);
  });

  test('has room in its batch only for maxNumSeqs: who is there waits for a place', () => {
    const { requests } = run({ horizonNs: 100, decode: { maxNumSeqs: 1 } }, [request(0, 10, 6), request(0, 10, 2)]);

    // Places are free when both are handed over. The first decodes from 20 to 70, the second, there at 30, after it.
    expect(requests).toMatchObject([
      { request: 0, transferNs: 10, finishNs: 70 },
      { request: 1, transferNs: 20, finishNs: 80 },
    ]);
  });

  test('without a free place has no transfer begin', () => {
    const { requests } = run({ horizonNs: 100, decode: { maxNumSeqs: 1 } }, [request(0, 10, 6), request(15, 10, 2)]);

    // The second is prefilled from 15 to 25; its transfer begins when the first leaves, at 70.
    expect(requests).toMatchObject([{ finishNs: 70 }, { transferNs: 70 - 25 + 10, finishNs: 90 }]);
  });

  test('prices a joined request as a decoding one', () => {
    const perToken = affineStep({ fixed: 10 * TICKS_PER_NS, perKvToken: TICKS_PER_NS, perPrefillToken: 1e9 });
    const { requests } = collect(apart({ horizonNs: 100 }), {
      workloads: [openLoop([request(0, 10, 3)])],
      routing: firstEligible,
      stepCosts: [tenNs, perToken],
    });

    // There at 20; steps attend to 11 and 12 tokens.
    expect(requests).toMatchObject([{ finishNs: 20 + (10 + 11) + (10 + 12) }]);
  });

  test('computes the prompt of a preempted request itself, and what has arrived waits for that', () => {
    const decode = { blockTokens: 1, kvBlocks: 9, maxNumSeqs: 2, maxNumBatchedTokens: 2 };
    const { requests, timeline } = run({ horizonNs: 200, decode }, [request(0, 3, 4), request(0, 3, 4)]);

    // Both have 3 + 1 blocks; the first decodes from 13. The second, there at 16, joins at 23 and in the step from 33
    // on one block is missing: it goes, and the first, alone, ends at 43. It has 2 tokens and computes 5 again in chunks
    // of two: 43 to 73, where it has its third token; the last one comes at 83.
    expect(requests).toMatchObject([
      { request: 0, finishNs: 43, preemptions: 0 },
      { request: 1, finishNs: 83, preemptions: 1 },
    ]);
    expect(timeline.map(({ prefillTokens }) => prefillTokens)).toEqual([6, 5]);
    expect(timeline.map(({ outputTokens }) => outputTokens)).toEqual([2, 6]);
  });
});

describe('back-pressure', () => {
  test('a full decode instance holds the blocks of the prefill instance, which then prefills no more', () => {
    const prefill = { kvBlocks: 2 };
    const decode = { kvBlocks: 2 };
    const plan = { horizonNs: 1_000, prefill, decode };
    const { requests } = run(plan, [request(0, 15, 12), request(0, 15, 3), request(0, 15, 2), request(40, 15, 2)]);

    // 0 and 1 are prefilled until 10; each holds a block there, and one here. 2 finds room when the first transfer ends,
    // at 25, and 3 when the second does, at 40. 0 decodes from 25 on and wants a second block in the step from 35; 1 has
    // the other one, for its KV to come, so 0 is preempted. 1 decodes from 40 to 60; then 0 computes 15 + 2 tokens again,
    // for its third one, and has the rest at 70 + 9 × 10. Only now is there room for 2 and 3, whose KV takes 15 ns each.
    expect(requests).toMatchObject([
      { request: 1, scheduledNs: 0, transferNs: 40 - 10, finishNs: 60 },
      { request: 0, scheduledNs: 0, transferNs: 25 - 10, preemptions: 1, finishNs: 160 },
      { request: 2, scheduledNs: 25, firstTokenNs: 35, transferNs: 175 - 35, finishNs: 185 },
      { request: 3, scheduledNs: 40, firstTokenNs: 50, transferNs: 190 - 50, finishNs: 200 },
    ]);
  });

  test('an idle prefill instance whose first waiting request has no room looks again when a transfer ends', () => {
    const plan = { horizonNs: 1_000, prefill: { kvBlocks: 3 }, link: { gbPerS: 0.25 } };
    const { requests } = run(plan, [request(0, 32, 2), request(1, 32, 2), request(50, 1, 2)]);

    // The first holds two of three blocks from 0 until its transfer ends, at 10 + 128. The third, which would fit, waits
    // behind the second.
    expect(requests.map((row) => row.scheduledNs)).toEqual([0, 138, 138]);
    // Its step is over at 148, the two transfers at 276 and 280: the third request joins at the next boundary, 286.
    expect(requests.map((row) => row.transferNs)).toEqual([128, 128, 132]);
    expect(requests.map((row) => row.finishNs)).toEqual([148, 286, 296]);
  });

  test('a prompt that loses its blocks to transfers starts again at once', () => {
    // Chunks of two tokens, blocks of one. The first prompt holds two blocks while it is moved, from 10 to 30; the second
    // needs four of five. It has two at 20, and cannot get two more: it starts again, at 20 and at 30, where there is room.
    const prefill = { blockTokens: 1, kvBlocks: 5, maxNumBatchedTokens: 2, maxNumSeqs: 2, reserveFullPrompt: false };
    const plan = { horizonNs: 1_000, prefill, link: { gbPerS: 0.1 } };
    const { requests } = run(plan, [request(0, 2, 2), request(0, 4, 2)]);

    expect(requests).toMatchObject([
      { request: 0, transferNs: 20, finishNs: 40 },
      { request: 1, scheduledNs: 10, preemptions: 1, firstTokenNs: 40, transferNs: 40, finishNs: 90 },
    ]);
  });
});

describe('who takes which request', () => {
  test('each of the two instances is asked of the router, among those of its role', () => {
    const asked: number[][] = [];
    const router: RoutingPolicy = {
      route(_request, _requests, fleet) {
        const eligible = Array.from({ length: fleet.eligibleCount }, (_, k) => fleet.eligible(k));
        asked.push(eligible);
        return eligible.at(-1)!;
      },
    };
    const { requests } = run({ horizonNs: 100, prefillInstances: 2, decodeInstances: 3 }, [request(0, 8, 2)], router);

    expect(asked).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
    expect(requests).toMatchObject([{ prefillInstance: 1, instance: 4 }]);
  });

  test('a request handed over is outstanding and waiting where it goes, and no more where it was', () => {
    const seen: number[][] = [];
    const watcher: RoutingPolicy = {
      route(_request, _requests, fleet) {
        seen.push([0, 1].flatMap((index) => [fleet.outstandingRequests(index), fleet.waitingRequests(index)]));
        return fleet.eligible(0);
      },
    };
    run({ horizonNs: 1_000 }, [request(0, 20, 3), request(15, 20, 3), request(35, 20, 1)], watcher);

    // At 0, at 10 (hand-over), at 15, at 25 (hand-over), at 35: the first decodes, the second is still being moved.
    expect(seen).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 1],
      [0, 0, 1, 1],
      [0, 0, 2, 1],
    ]);
  });

  const blocks = { prefill: { kvBlocks: 3 }, decode: { kvBlocks: 4 } };
  const lengths = { prefill: { maxModelTokens: 40 }, decode: { maxModelTokens: 60 } };
  const shortDecode = { decode: { maxModelTokens: 39 } };
  test.each([
    { limits: lengths, promptTokens: 39, outputTokens: 21, served: true },
    { limits: lengths, promptTokens: 40, outputTokens: 2, served: false },
    { limits: lengths, promptTokens: 39, outputTokens: 22, served: false },
    { limits: blocks, promptTokens: 48, outputTokens: 17, served: true },
    { limits: blocks, promptTokens: 49, outputTokens: 2, served: false },
    { limits: blocks, promptTokens: 48, outputTokens: 18, served: false },
    { limits: shortDecode, promptTokens: 38, outputTokens: 1, served: true },
    { limits: shortDecode, promptTokens: 39, outputTokens: 1, served: false },
  ])('$promptTokens and $outputTokens tokens with $limits: served is $served', (example) => {
    const { limits, promptTokens, outputTokens, served } = example;
    const { requests } = run({ horizonNs: 10, ...limits }, [request(0, promptTokens, outputTokens)]);

    expect(requests[0]!.status).toBe(served ? RequestStatus.served : RequestStatus.rejected);
  });

  test('mixed instances take what decode instances could never hold', () => {
    const { pools, ...rest } = apart({ horizonNs: 10, decode: { maxModelTokens: 100 } });
    const plan: SimulationPlan = { ...rest, pools: [...pools, { model: 0, instances: 1, engine: pools[0]!.engine }] };
    const parts = { workloads: [openLoop([request(0, 90, 11), request(0, 90, 10)])], routing: inTurn() };
    const { requests } = collect(plan, { ...parts, stepCosts: [tenNs, tenNs, tenNs] });

    // The first can only go to the third instance; the second turn, at 0, is that instance's, too.
    expect(requests.find((row) => row.request === 0)).toMatchObject({ instance: 2, prefillInstance: -1 });
    expect(requests.find((row) => row.request === 1)).toMatchObject({ instance: 2, prefillInstance: -1 });
  });
});

/** Prefill instances in turn; the first decode instance. */
function byRole(): RoutingPolicy {
  let turn = 0;
  return {
    route(_request, _requests, fleet) {
      return fleet.pool(fleet.eligible(0)) === 0 ? fleet.eligible(turn++ % fleet.eligibleCount) : fleet.eligible(0);
    },
  };
}

import { describe, expect, test } from 'vitest';
import type { Workload } from '../../src/sim/ports.ts';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S, TICKS_PER_NS } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { chat } from '../../src/workloads/chat.ts';
import { collect, type Collected, type RequestRow } from '../support/collect.ts';
import { firstEligible, tinyPlan } from '../support/plans.ts';
import { disagreement, overSeeds } from '../support/statistics.ts';
import { affineStep } from '../support/step-costs.ts';

const TOKEN_NS = 1_000_000;
const THINK_S = 2;

/** A step lasts in proportion to its batch: requests share one processor, each token costs `slower` ms of it. */
const sharedProcessor = (slower = 1) => {
  const tokenTicks = slower * TOKEN_NS * TICKS_PER_NS;
  return affineStep({ fixed: 0, perSeq: tokenTicks, perPromptFinished: tokenTicks });
};

/** The workload with so many of its sessions and no more. */
function firstSessions(workload: Workload, count: number): Workload {
  let begun = 0;
  return {
    pull: (sink) => begun++ < count && workload.pull(sink),
    onFinish: (request, requests, nowNs, sink) => workload.onFinish!(request, requests, nowNs, sink),
  };
}

interface Given {
  readonly users: number;
  readonly seconds: number;
  readonly slower?: number;
  readonly seed?: number;
  readonly options?: object;
}

/** Users who all begin in the first moments and never stop asking. */
function talks({ users, seconds, slower, seed = 1, options = {} }: Given): Collected {
  const horizonNs = seconds * NS_PER_S;
  const given = { turns: 10_000, thinkS: THINK_S, turnTokens: 1, promptTokens: 1, outputTokens: 100, ...options };
  const workload = chat.create(chat.options.parse({ sessionsPerHour: 1e9, ...given }), {
    name: 'users',
    horizonNs,
    streams: new Streams(seed),
  });
  return collect(
    tinyPlan({
      horizonNs,
      timelineIntervalNs: NS_PER_S,
      engine: { maxNumBatchedTokens: 1e8, maxModelTokens: 1e8, kvBlocks: 1e8 },
    }),
    { workloads: [firstSessions(workload, users)], routing: firstEligible, stepCosts: [sharedProcessor(slower)] },
  );
}

const meanE2eS = (rows: readonly RequestRow[]) =>
  rows.reduce((sum, { arrivalNs, finishNs }) => sum + finishNs - arrivalNs, 0) / rows.length / NS_PER_S;

/**
 * Requests per second of N users of one shared processor: mean service s, mean pause z, whatever the distributions of
 * both, if not all are constant (F. Baskett, K. Chandy, R. Muntz and F. Palacios, 1975). With r = s / z the processor is idle with probability
 * 1 / Σ N! / (N − k)! rᵏ.
 */
function throughputPerS(users: number, serviceS: number, pauseS: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 0; k < users; k++) sum += term *= ((users - k) * serviceS) / pauseS;
  return (1 - 1 / sum) / serviceS;
}

describe('users who wait for their answers and think in between', () => {
  test.each([
    ['varied lengths', { users: 30, options: { outputTokens: { mean: 100, cv: 1 } } }, 100, THINK_S],
    // The mean of a lognormal is its median times e^(σ²/2).
    ['varied pauses', { users: 20, options: { thinkS: { median: 1, sigma: 1 } } }, 100, Math.exp(0.5)],
  ])('send as queueing theory says: %s', (_, given, outputTokens, pauseS) => {
    const seconds = 4_000;
    const measured = overSeeds(8, (seed) => {
      const { requests } = talks({ ...given, seconds, seed });
      return requests.filter(({ finishNs }) => finishNs >= 0.1 * seconds * NS_PER_S && finishNs < seconds * NS_PER_S)
        .length;
    });
    const expected = throughputPerS(given.users, (outputTokens * TOKEN_NS) / NS_PER_S, pauseS) * 0.9 * seconds;

    // A token that others are late for at its end is theirs: half a step of everybody.
    expect(disagreement(measured, expected, 0.01 * expected)).toBeUndefined();
  });

  // P. Denning and J. Buzen, 1978: N = X (R + Z), exact but for the cycles that the ends of the window cut.
  test.each([1, 4, 16])('obey the interactive response time law when a token costs %d ms', (slower) => {
    const users = 25;
    const seconds = 2_000;
    const { requests } = talks({ users, seconds, slower });
    const cycleS = meanE2eS(requests) + THINK_S;
    const perS = requests.length / seconds;

    expect(Math.abs((perS * cycleS) / users - 1)).toBeLessThan((2 * cycleS) / seconds);
  });

  test('are as many at the instance, on average, as arrive in the time that a request takes', () => {
    const { requests, timeline } = talks({ users: 25, seconds: 2_000, slower: 2 });
    const perS = requests.length / 2_000;
    const inside = timeline
      .slice(0, 2_000)
      .map(({ waitingRequests, runningRequests }) => waitingRequests + runningRequests);
    const mean = inside.reduce((sum, count) => sum + count, 0) / inside.length;

    expect(Math.abs(mean / (perS * meanE2eS(requests)) - 1)).toBeLessThan(0.02);
  });

  test('send less to a slower fleet: as its answers take longer, their arrivals become fewer', () => {
    const [fast, slow, slower] = [1, 4, 16].map(
      (factor) => talks({ users: 25, seconds: 1_000, slower: factor }).requests,
    );

    expect(slow!.length).toBeLessThan(0.5 * fast!.length);
    expect(slower!.length / slow!.length).toBeCloseTo(1 / 4, 1);
  });
});

test('agents send less to a slower fleet, and each of their steps as long after the answer before it', () => {
  const horizonNs = 2 * 3_600 * NS_PER_S;
  const requestsAt = (stepS: number) => {
    const options = agentic.options.parse({ sessionsPerHour: 100, bigWindow: { share: 0 } });
    const workload = agentic.create(options, { name: 'agents', horizonNs, streams: new Streams(1) });
    const { requests } = collect(tinyPlan({ horizonNs, engine: { maxNumSeqs: 4_096, maxNumBatchedTokens: 1e7 } }), {
      workloads: [workload],
      routing: firstEligible,
      stepCosts: [affineStep({ fixed: stepS * NS_PER_S * TICKS_PER_NS })],
    });
    return requests;
  };
  const quick = requestsAt(0.02);
  const slow = requestsAt(0.2);

  expect(slow.length).toBeLessThan(0.6 * quick.length);
  const gapsOf = (rows: readonly RequestRow[]) => {
    const session = rows
      .filter(({ session }) => session === 3)
      .toSorted((one, other) => one.arrivalNs - other.arrivalNs);
    return session.slice(1).map(({ arrivalNs }, k) => arrivalNs - session[k]!.finishNs);
  };
  const gaps = gapsOf(slow);
  expect(gaps.length).toBeGreaterThan(3);
  expect(gaps).toEqual(gapsOf(quick).slice(0, gaps.length));
});

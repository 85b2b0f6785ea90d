import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { bySession, serve, type Sent } from './closed-loop.ts';
import { contextOf } from './support.ts';

const FAR_NS = 1e18;
const SESSIONS = 2_000;
const SERVICE_NS = 10 * NS_PER_S;

/** Without subagents, unless asked for: they are what the fits of a session leave out. */
function sessionsOf(given: object = {}, seed = 1, sessions = SESSIONS): Sent[] {
  const options = agentic.options.parse({ sessionsPerHour: 40, subagents: { share: 0 }, ...given });
  const workload = agentic.create(options, contextOf({ horizonNs: FAR_NS, streams: new Streams(seed) }));
  return serve(workload, { serviceNs: SERVICE_NS, sessions });
}

/** What a sequence of prompts was, whenever they were sent and whatever the streams are called. */
function shapes(requests: readonly Sent[]): number[][] {
  return requests.map(({ promptTokens, outputTokens, path }) => [
    promptTokens,
    outputTokens,
    ...path.map(([, end]) => end),
  ]);
}

describe('a session', () => {
  test('sends its next request the gap after the answer to the one before', () => {
    const sent = sessionsOf({ toolGapS: 7, userGapS: 7 }, 1, 50);

    for (const session of bySession(sent)) {
      session.slice(1).forEach(({ arrivalNs }, k) => {
        expect(arrivalNs - session[k]!.arrivalNs).toBe(SERVICE_NS + 7 * NS_PER_S);
      });
    }
  });

  test('is the same whatever else finishes before it', () => {
    const options = agentic.options.parse({ sessionsPerHour: 40, subagents: { share: 1 } });
    const create = () => agentic.create(options, contextOf({ horizonNs: FAR_NS }));
    const crowd = bySession(serve(create(), { serviceNs: 1e12, sessions: 30 }));
    const quick = bySession(serve(create(), { serviceNs: 1, sessions: 30 }));

    const inOrder = (sessions: Sent[][]) => sessions.toSorted((one, other) => one[0]!.session - other[0]!.session);
    expect(inOrder(crowd).map(shapes)).toEqual(inOrder(quick).map(shapes));
  });

  test('without compaction and breaks sends all it has ever sent, then something new', () => {
    const sent = sessionsOf(
      { compaction: { triggerTokens: { mean: 1e8, sd: 0 } }, bigWindow: { share: 0 }, cacheBreaks: { perStep: 0 } },
      1,
      100,
    );
    for (const session of bySession(sent)) {
      session.slice(1).forEach(({ promptTokens, path }, k) => {
        const before = session[k]!;
        expect(promptTokens).toBeGreaterThan(before.promptTokens + before.outputTokens);
        expect(path.map(([stream]) => stream)).toEqual(before.path.map(([stream]) => stream));
      });
    }
  });

  test('begins with tools and system prompt, one of 20, the k-th ∝ 1/k', () => {
    const firsts = bySession(sessionsOf({}, 1, 4_000)).map((session) => session[0]!);
    const harmonic = Array.from({ length: 20 }, (_, k) => 1 / (k + 1)).reduce((sum, weight) => sum + weight, 0);
    const uses = new Map<number, number>();
    const lengths = new Map<number, number>();
    for (const { path } of firsts) {
      const [stream, end] = path[0]!;
      uses.set(stream, (uses.get(stream) ?? 0) + 1);
      expect(lengths.get(stream) ?? end).toBe(end);
      lengths.set(stream, end);
    }
    expect([...uses.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, k) => k));
    for (const k of [1, 2, 5]) {
      const share = 1 / k / harmonic;
      const error = Math.sqrt((share * (1 - share)) / firsts.length);
      expect(Math.abs(uses.get(k - 1)! / firsts.length - share)).toBeLessThan(4 * error);
    }
  });

  test('keeps tools and system prompt when it compacts, and nothing else', () => {
    const sent = sessionsOf({ bigWindow: { share: 0 }, cacheBreaks: { perStep: 0 } }, 1, 200);
    let compactions = 0;
    for (const session of bySession(sent)) {
      session.slice(1).forEach(({ promptTokens, path }, k) => {
        const before = session[k]!;
        if (promptTokens > before.promptTokens) return;
        compactions++;
        expect(path[0]).toEqual(before.path[0]);
        expect(path[1]![0]).not.toBe(before.path[1]![0]);
      });
    }
    expect(compactions).toBeGreaterThan(50);
  });

  test('after a break shares 19 % of what it had sent and received', () => {
    const sent = sessionsOf(
      { bigWindow: { share: 0 }, compaction: { triggerTokens: { mean: 1e8, sd: 0 } }, cacheBreaks: { perStep: 1 } },
      1,
      20,
    );
    for (const session of bySession(sent)) {
      session.slice(1).forEach(({ path }, k) => {
        const { promptTokens, outputTokens } = session[k]!;
        expect(path.at(-2)?.[1]).toBe(Math.floor(0.19 * (promptTokens + outputTokens)));
      });
    }
  });

  test('covers its whole prompt with streams only if answers stay in the cache', () => {
    const uncovered = (reuseOutput: boolean) =>
      sessionsOf({ reuseOutput }, 1, 20).map(({ promptTokens, path }) => promptTokens - path.at(-1)![1]);

    expect(new Set(uncovered(true))).toEqual(new Set([0]));
    expect(new Set(uncovered(false))).toEqual(new Set([1]));
  });
});

test('what is asked for does not depend on who asked before', () => {
  const demandOf = (given: object) => agentic.demand(agentic.options.parse(given));
  const few = { requestsPerS: 2, outputTokens: 100 };
  const first = demandOf(few);

  const { returns, ...more } = demandOf({ ...few, requestsPerS: 6 });
  const { returns: firstReturns, ...firstMeans } = first;
  expect(more).toEqual({ ...firstMeans, requestsPerS: 6 });
  expect(returns).toHaveLength(firstReturns!.length);
  for (const [k, { tokensPerS, afterS }] of returns!.entries()) {
    expect(afterS).toBe(firstReturns![k]!.afterS);
    expect(tokensPerS / firstReturns![k]!.tokensPerS).toBeCloseTo(3, 9);
  }
  expect(demandOf({ ...few, outputTokens: 200 }).meanOutputTokens / first.meanOutputTokens).toBeCloseTo(2, 6);
  expect(demandOf(few)).toEqual(first);
});

import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { bySession, reusedTokens, serve, type Sent } from './closed-loop.ts';
import { contextOf, meanOf, quantileOf, standardErrorOf } from './support.ts';

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

// The preset was fitted to 710 sessions of Claude Code and checked by 3,000 generated ones, whose figures these are. They
// have a sampling error of their own, two of which are granted to means and quantiles before they are compared.
const TABLE_SESSIONS = 3_000;

describe('agentic by default generates the sessions it was fitted to generate', () => {
  const requests = [1, 2, 3].flatMap((seed) => {
    const sent = sessionsOf({}, seed);
    const reused = reusedTokens(sent, 64);
    return sent.map((request, k) => ({ ...request, reused: reused[k]!, session: request.session + seed * SESSIONS }));
  });
  const sessions = bySession(requests);
  const lengths = sessions.map((session) => session.length);
  const perRequest = (column: (request: Sent) => number) => ({
    sample: requests.map(column),
    weights: lengths,
    sums: sessions.map((session) => session.reduce((sum, request) => sum + column(request), 0)),
  });
  const perSession = (sample: readonly number[]) => ({ sample, weights: sample.map(() => 1), sums: sample });
  const promptTokens = perRequest((request) => request.promptTokens);
  const outputTokens = perRequest((request) => request.outputTokens);
  const peaks = sessions.map((session) => Math.max(...session.map((request) => request.promptTokens)));
  /* prettier-ignore */
  const cases = [
    { name: 'requests per session', ...perSession(lengths), mean: 69.61,
      quantiles: [[0.1, 8], [0.25, 21], [0.5, 46], [0.75, 93], [0.9, 161], [0.99, 334.1]] },
    { name: 'prompt tokens', ...promptTokens, mean: 119_000,
      quantiles: [[0.1, 34_500], [0.25, 58_110], [0.5, 93_500], [0.75, 130_400], [0.9, 209_000], [0.99, 646_800]] },
    { name: 'output tokens', ...outputTokens, mean: 445.2,
      quantiles: [[0.1, 97.38], [0.25, 141.9], [0.5, 223.6], [0.75, 403.3], [0.9, 936.8], [0.99, 3725]] },
    { name: 'input of a session', ...perSession(promptTokens.sums), mean: 8.284e6,
      quantiles: [[0.1, 325_400], [0.25, 1.154e6], [0.5, 4.059e6], [0.75, 9.798e6], [0.9, 1.87e7], [0.99, 7.19e7]] },
    { name: 'output of a session', ...perSession(outputTokens.sums), mean: 30_990,
      quantiles: [[0.1, 2717], [0.25, 8194], [0.5, 20_590], [0.75, 42_290], [0.9, 72_410], [0.99, 152_900]] },
    { name: 'largest context', ...perSession(peaks), mean: 144_000,
      quantiles: [[0.1, 41_490], [0.25, 81_640], [0.5, 135_300], [0.75, 153_400], [0.9, 229_900], [0.99, 725_400]] },
  ] as const;

  test.each(cases)('$name: mean within 5 %, quantiles within 10 %', ({ sample, weights, sums, mean, quantiles }) => {
    const generated = meanOf(sample);
    const residuals = sums.map((sum, k) => sum - generated * weights[k]!);
    const deviation = standardErrorOf(residuals) * Math.sqrt(residuals.length);
    const tableError = deviation / meanOf(weights) / Math.sqrt(TABLE_SESSIONS);
    expect(Math.abs(generated - mean), `${generated} against ${mean}`).toBeLessThan(0.05 * mean + 2 * tableError);
    for (const [share, value] of quantiles) {
      const shareError = 2 * Math.sqrt((share * (1 - share)) / TABLE_SESSIONS);
      const low = 0.9 * quantileOf(sample, share - shareError);
      const high = 1.1 * quantileOf(sample, share + shareError);
      expect(low < value && value < high, `p${100 * share}: ${value} in ${low} … ${high}`).toBe(true);
    }
  });

  test('a cache without limits finds 0.965 ± 0.02 of the prompt tokens', () => {
    const hits = requests.reduce((sum, { reused }) => sum + reused, 0) / total(promptTokens.sums);

    expect(Math.abs(hits - 0.965)).toBeLessThan(0.02);
  });

  test('output is 0.37 % of the input, 41 % of it reasoning', () => {
    const output = total(outputTokens.sums);
    const reasoning = requests.reduce((sum, { reasoningTokens }) => sum + reasoningTokens, 0);

    expect(output / total(promptTokens.sums)).toBeCloseTo(0.0037, 3);
    expect(reasoning / output).toBeCloseTo(0.41, 2);
  });
});

function total(sums: readonly number[]): number {
  return sums.reduce((sum, term) => sum + term, 0);
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

import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { AgenticSessions, type AgenticSession } from '../../src/workloads/agentic-sessions.ts';
import { bySession, byUser, serve, type Sent } from './closed-loop.ts';
import { contextOf, meanOf, quantileOf } from './support.ts';

const FAR_NS = 1e18;
const SERVICE_NS = 10 * NS_PER_S;
const STRIDE = 2 ** 32;

function sent(given: object, sessions: number, serviceNs = SERVICE_NS): Sent[] {
  const options = agentic.options.parse({ sessionsPerHour: 40, ...given });
  return serve(agentic.create(options, contextOf({ horizonNs: FAR_NS })), { serviceNs, sessions });
}

/** Each session to its end. */
function played(given: object, count: number): AgenticSession[] {
  const generator = new AgenticSessions(agentic.options.parse({ sessionsPerHour: 1, ...given }), 1, 2);
  return Array.from({ length: count }, (_, id) => {
    const session = generator.begin(id);
    while (session.steps < session.requests) generator.proceed(session);
    return session;
  });
}

const steps = (count: number) => ({ requestsPerSession: { scale: count, min: count, max: count } });

describe('steps that fail', () => {
  test('0.95 a step leaves 0.95^20 = 36 % of the tasks of 20 steps, if nothing is retried', () => {
    const sessions = played({ ...steps(20), failures: { perStep: 0.05, repairShare: 0 } }, 5_000);
    const done = sessions.filter(({ failed }) => !failed);

    expect(Math.abs(done.length / 5_000 - 0.95 ** 20)).toBeLessThan(4 * Math.sqrt((0.36 * 0.64) / 5_000));
    expect(done.every((session) => session.steps === 20)).toBe(true);
  });

  // A step is done in the end with chance d = 0.95 + 0.05 × 0.8 × d.
  test('repaired with chance 0.8 leave 81 %, which take 5 % more steps', () => {
    const sessions = played({ ...steps(20), failures: { perStep: 0.05 } }, 5_000);
    const done = sessions.filter(({ failed }) => !failed);
    const chance = (0.95 / (1 - 0.05 * 0.8)) ** 20;

    expect(Math.abs(done.length / 5_000 - chance)).toBeLessThan(4 * Math.sqrt((chance * (1 - chance)) / 5_000));
    expect(Math.abs(meanOf(done.map((session) => session.steps)) / (20 / (1 - 0.04)) - 1)).toBeLessThan(0.01);
  });

  test('all of them repaired lose no task', () => {
    const sessions = played({ ...steps(20), failures: { perStep: 0.3, repairShare: 1 } }, 500);

    expect(sessions.some(({ failed }) => failed)).toBe(false);
  });
});

describe('tools that run at once', () => {
  test('are waited for until the slowest is done, and their results add up', () => {
    const given = {
      ...steps(200),
      userShare: { max: 0 },
      bigWindow: { share: 0 },
      toolStepTokens: 100,
      outputTokens: 1,
    };
    const far = { compaction: { triggerTokens: { mean: 1e8, sd: 0 } }, cacheBreaks: { perStep: 0 } };
    const generator = new AgenticSessions(
      agentic.options.parse({
        sessionsPerHour: 1,
        ...given,
        ...far,
        toolsPerStep: 2,
        toolGapS: { median: 1, sigma: 1 },
      }),
      1,
      2,
    );
    const gaps = new Map<number, number[]>();
    for (let id = 0; id < 100; id++) {
      const session = generator.begin(id);
      while (session.steps < session.requests) {
        const before = session.promptTokens;
        generator.proceed(session);
        const tools = (session.promptTokens - before - 1) / 100;
        gaps.set(tools, [...(gaps.get(tools) ?? []), session.gapNs / NS_PER_S]);
      }
    }
    const count = [...gaps.values()].reduce((sum, sample) => sum + sample.length, 0);
    // Geometric: a half, a quarter, an eighth.
    for (const tools of [1, 2, 3]) {
      expect(Math.abs(gaps.get(tools)!.length / count - 2 ** -tools)).toBeLessThan(0.015);
    }
    // The largest of n is below t with the n-th power of the chance of one: its median is that quantile of one.
    const alone = gaps.get(1)!;
    for (const tools of [2, 3]) {
      expect(Math.abs(quantileOf(gaps.get(tools)!, 0.5) / quantileOf(alone, 0.5 ** (1 / tools)) - 1)).toBeLessThan(0.1);
    }
  });
});

describe('subagents', () => {
  const given = { subagents: { share: 1, count: 3, requests: 5 }, ...steps(10), toolGapS: 7, userGapS: 7 };

  test('start together, each with a context and a session of its own', () => {
    for (const user of byUser(sent(given, 60), (session) => session % STRIDE)) {
      const agents = bySession(user);
      expect(agents.map((requests) => requests.length).toSorted((a, b) => a - b)).toEqual([5, 5, 5, 10]);
      const helpers = agents.filter((requests) => requests.length === 5);
      expect(new Set(helpers.map((requests) => requests[0]!.arrivalNs)).size).toBe(1);
      expect(new Set(helpers.map((requests) => requests[0]!.path[0]![0])).size).toBe(3);
      expect(helpers.every((requests) => requests[0]!.promptTokens === 9_500)).toBe(true);
    }
  });

  test('are waited for: their session goes on a tool’s gap after the last has finished', () => {
    for (const user of byUser(sent(given, 60), (session) => session % STRIDE)) {
      const [main, ...helpers] = bySession(user);
      const begin = helpers[0]![0]!.arrivalNs;
      const end = Math.max(...helpers.map((requests) => requests.at(-1)!.arrivalNs)) + SERVICE_NS;
      const before = main!.filter(({ arrivalNs }) => arrivalNs < begin).at(-1)!;
      const after = main!.find(({ arrivalNs }) => arrivalNs > begin)!;

      expect(begin).toBe(before.arrivalNs + SERVICE_NS + 7 * NS_PER_S);
      expect(after.arrivalNs).toBe(end + 7 * NS_PER_S);
    }
  });

  // 63 subagents in 17 of 710 sessions, of 10.7 requests on average, 17 at p90.
  test('are by default as many and as long as in the sessions of Claude Code', () => {
    const helpers = bySession(sent({ ...steps(3) }, 8_000, 0).filter(({ session }) => session >= STRIDE));
    const lengths = helpers.map((requests) => requests.length);

    expect(Math.abs(helpers.length / 8_000 - 63 / 710)).toBeLessThan(0.02);
    expect(Math.abs(meanOf(lengths) / 10.7 - 1)).toBeLessThan(0.05);
    expect(Math.abs(quantileOf(lengths, 0.9) / 17 - 1)).toBeLessThan(0.1);
  });
});

test('reasoning that is dropped from the history leaves the context shorter by it, and nothing of the answer to reuse', () => {
  const given = {
    historyKeepsReasoning: false,
    reasoningShare: 0.5,
    outputTokens: 100,
    toolStepTokens: 10,
    userStepTokens: 10,
    reading: { share: 0 },
    bigWindow: { share: 0 },
    subagents: { share: 0 },
    compaction: { triggerTokens: { mean: 1e8, sd: 0 } },
    cacheBreaks: { perStep: 0 },
  };
  for (const session of bySession(sent(given, 20))) {
    session.slice(1).forEach(({ promptTokens, path }, k) => {
      expect(promptTokens - session[k]!.promptTokens).toBe(50 + 10);
      expect(path.at(-1)![1]).toBe(promptTokens - 1);
    });
  }
});

test('who loses patience with an answer sends nothing more', () => {
  const patient = bySession(sent({ patienceS: 11, subagents: { share: 0 } }, 50));
  const impatient = bySession(sent({ patienceS: 9 }, 50));

  expect(meanOf(patient.map((session) => session.length))).toBeGreaterThan(30);
  expect(impatient.every((session) => session.length === 1)).toBe(true);
});

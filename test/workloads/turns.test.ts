import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { chat } from '../../src/workloads/chat.ts';
import { reasoning } from '../../src/workloads/reasoning.ts';
import { TurnSampler } from '../../src/workloads/turns.ts';
import { bySession, serve, type Sent } from './closed-loop.ts';
import { contextOf, meanOf, quantileOf } from './support.ts';

const SERVICE_NS = 4 * NS_PER_S;

function conversations(given: object, serviceNs = SERVICE_NS): Sent[][] {
  const options = chat.options.parse({ requestsPerS: 10, turns: 'measured', ...given });
  const workload = chat.create(options, contextOf({ horizonNs: 1e18 }));
  return bySession(serve(workload, { serviceNs, sessions: 20_000 }));
}

describe('measured turns are those of WildChat', () => {
  const turns = conversations({}).map((conversation) => conversation.length);

  // Wenting Zhao et al., WildChat, table of turns.
  test.each([
    [2, 0.421],
    [3, 0.262],
    [5, 0.124],
    [10, 0.027],
  ])('%d turns or more: %d of the conversations', (least, share) => {
    const generated = turns.filter((count) => count >= least).length / turns.length;

    expect(Math.abs(generated - share)).toBeLessThan(0.01);
  });

  test('2.42 on average', () => {
    expect(meanOf(turns)).toBeCloseTo(2.42, 1);
  });
});

describe('a conversation', () => {
  test('starts its turns 140 s apart at the median, 510 s at p90, as in the Mooncake conversation trace', () => {
    const gaps = conversations({}).flatMap((conversation) =>
      conversation.slice(1).map(({ arrivalNs }, k) => (arrivalNs - conversation[k]!.arrivalNs) / NS_PER_S),
    );
    expect(Math.abs(quantileOf(gaps, 0.5) / 140 - 1)).toBeLessThan(0.05);
    expect(Math.abs(quantileOf(gaps, 0.9) / 510 - 1)).toBeLessThan(0.1);
  });

  test('never goes on before the answer is complete', () => {
    for (const conversation of conversations({ turnGapS: 3 })) {
      conversation.slice(1).forEach(({ arrivalNs }, k) => {
        expect(arrivalNs - conversation[k]!.arrivalNs).toBe(SERVICE_NS);
      });
    }
  });

  test('sends all that was said, then what is new', () => {
    for (const conversation of conversations({ turnTokens: 70 })) {
      conversation.slice(1).forEach(({ promptTokens, path }, k) => {
        const before = conversation[k]!;
        expect(promptTokens).toBe(before.promptTokens + before.outputTokens + 70);
        expect(path).toEqual([[before.path[0]![0], promptTokens]]);
      });
    }
  });

  test('begins with the system prompt that all share, unless its first prompt is not longer', () => {
    for (const conversation of conversations({ systemPromptTokens: 512 })) {
      const hasIt = conversation[0]!.promptTokens > 512;
      for (const { path, promptTokens } of conversation) {
        expect(path.map(([, end]) => end)).toEqual(hasIt ? [512, promptTokens] : [promptTokens]);
        expect(path[0]![0] === 0).toBe(hasIt);
      }
    }
  });

  test('of one turn always is no session, and its first prompts are those of single requests', () => {
    const create = (given: object) =>
      serve(chat.create(chat.options.parse({ requestsPerS: 10, ...given }), contextOf({ horizonNs: 1e18 })), {
        sessions: 500,
      });
    const single = create({});
    const firsts = bySession(create({ turns: 3 })).map((conversation) => conversation[0]!);

    expect(new Set(single.map(({ session }) => session))).toEqual(new Set([-1]));
    expect(single.every(({ path }) => path.length === 0)).toBe(true);
    expect(firsts.map(({ promptTokens }) => promptTokens)).toEqual(single.map(({ promptTokens }) => promptTokens));
    expect(firsts.map(({ outputTokens }) => outputTokens)).toEqual(single.map(({ outputTokens }) => outputTokens));
  });
});

describe('a conversation whose user thinks', () => {
  const thinking = { turns: 6, thinkS: 20, promptTokens: 100, outputTokens: 50, turnTokens: 10 };

  test('goes on so long after each answer is complete, however long that took', () => {
    for (const serviceNs of [0, SERVICE_NS, 90 * NS_PER_S]) {
      for (const conversation of conversations(thinking, serviceNs).slice(0, 500)) {
        conversation.slice(1).forEach(({ arrivalNs }, k) => {
          expect(arrivalNs - conversation[k]!.arrivalNs).toBe(serviceNs + 20 * NS_PER_S);
        });
      }
    }
  });

  // The interactive response time law: each user sends once in R + Z.
  test('sends the less, the slower the answers: as many in an hour as R + Z fits into it', () => {
    const options = chat.options.parse({ ...thinking, turns: 10_000, sessionsPerHour: 36_000 });
    for (const serviceS of [4, 40]) {
      const horizonNs = 3_600 * NS_PER_S;
      const sent = serve(chat.create(options, contextOf({ horizonNs })), {
        serviceNs: serviceS * NS_PER_S,
        sessions: 20,
        horizonNs,
      });
      for (const [first, ...rest] of bySession(sent)) {
        const hour = 3_600 - first!.arrivalNs / NS_PER_S;
        expect(rest.length).toBe(Math.ceil(hour / (serviceS + 20)) - 1);
      }
    }
  });

  test('ends when an answer takes longer than the user’s patience', () => {
    expect(conversations({ ...thinking, patienceS: 5 }).every((turns) => turns.length === 6)).toBe(true);
    expect(conversations({ ...thinking, patienceS: 3 }).every((turns) => turns.length === 1)).toBe(true);
  });
});

describe('hidden reasoning', () => {
  const given = {
    requestsPerS: 10,
    turns: 3,
    promptTokens: 100,
    outputTokens: 50,
    turnTokens: 10,
    reasoningShare: 0.6,
  };
  const talks = (historyKeepsReasoning: boolean) => {
    const options = reasoning.options.parse({ ...given, historyKeepsReasoning });
    return bySession(serve(reasoning.create(options, contextOf({ horizonNs: 1e18 })), { sessions: 50 }));
  };

  test('that the history drops is in no later prompt, and the answer without it is not reused', () => {
    for (const talk of talks(false)) {
      expect(talk.map(({ promptTokens }) => promptTokens)).toEqual([100, 130, 160]);
      expect(talk.map(({ path }) => path.at(-1)![1])).toEqual([99, 129, 159]);
    }
  });

  test('that the history keeps is in all of them, and is reused', () => {
    for (const talk of talks(true)) {
      expect(talk.map(({ promptTokens }) => promptTokens)).toEqual([100, 160, 220]);
      expect(talk.map(({ path }) => path.at(-1)![1])).toEqual([100, 160, 220]);
    }
  });
});

test('a stated survival function is the one drawn from, up to its longest', () => {
  const sampler = new TurnSampler({ scale: 1.38, shape: 0.72, max: 4 });
  const drawn = Array.from({ length: 50_000 }, (_, k) => sampler.draw(7, k, 3));

  for (const [turns, share] of [
    [2, Math.exp(-1.38)],
    [3, Math.exp(-1.38 * Math.exp(0.72 * Math.log(2)))],
  ] as const) {
    expect(sampler.survival(turns)).toBeCloseTo(share, 12);
    expect(drawn.filter((count) => count >= turns).length / drawn.length).toBeCloseTo(share, 2);
  }
  expect(Math.max(...drawn)).toBe(4);
  expect(sampler.survival(5)).toBe(0);
});

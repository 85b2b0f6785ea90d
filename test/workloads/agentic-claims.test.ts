import { expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { AgenticSessions, type AgenticSession } from '../../src/workloads/agentic-sessions.ts';
import { meanOf, quantileOf } from './support.ts';

// What is often said of coding agents, and the figures of 710 measured sessions of Claude Code beside it (docs/workloads.md).

type Step = Pick<AgenticSession, 'byUser' | 'gapNs' | 'promptTokens' | 'outputTokens' | 'reusedTokens'>;

const sessions = sample(3_000);

function sample(count: number): Step[][] {
  const generator = new AgenticSessions(agentic.options.parse({ sessionsPerHour: 1 }), 1, 2);
  return Array.from({ length: count }, (_, id) => {
    const session = generator.begin(id);
    const steps = [stepOf(session)];
    while (session.steps < session.requests) {
      generator.proceed(session);
      steps.push(stepOf(session));
    }
    return steps;
  });
}

function stepOf({ byUser, gapNs, promptTokens, outputTokens, reusedTokens }: AgenticSession): Step {
  return { byUser, gapNs, promptTokens, outputTokens, reusedTokens };
}

/** Steps of each request of a user: the one it triggers, and those of the tools until the next. */
const userRequests = sessions.flatMap((session) => {
  const requests: Step[][] = [];
  for (const step of session) {
    if (step.byUser) requests.push([step]);
    else requests.at(-1)!.push(step);
  }
  return requests;
});

test('most steps are the tools’: a session has 10.5 user requests of 6.6 steps, 83 % of them shorter than 10', () => {
  const steps = userRequests.map((request) => request.length);

  expect(userRequests.length / sessions.length / 10.47).toBeCloseTo(1, 1);
  expect(meanOf(steps) / 6.647).toBeCloseTo(1, 1);
  expect(steps.filter((count) => count < 10).length / steps.length).toBeCloseTo(0.825, 1);
});

test('94 % of the input is read from the cache: 0.906 if it forgets after 300 s, 0.965 if never, within 0.02', () => {
  let promptTokens = 0;
  let unlimited = 0;
  let forgetful = 0;
  for (const step of sessions.flat()) {
    promptTokens += step.promptTokens;
    unlimited += step.reusedTokens;
    if (step.gapNs <= 300 * NS_PER_S) forgetful += step.reusedTokens;
  }
  expect(Math.abs(unlimited / promptTokens - 0.965)).toBeLessThan(0.02);
  expect(Math.abs(forgetful / promptTokens - 0.906)).toBeLessThan(0.02);
});

// kv-cache-tester: 49,334 requests of Claude Code, each context forgotten after so many seconds without a request.
test.each([
  [30, 0.7452, 0.03],
  [60, 0.818, 0.03],
  [120, 0.8705, 0.025],
  [300, 0.9179, 0.02],
  [600, 0.9363, 0.02],
  [1_800, 0.9537, 0.02],
  [3_600, 0.9597, 0.02],
  [Infinity, 0.9632, 0.02],
])('a cache that forgets after %d s finds the measured share of %d, to %d', (idleS, measured, error) => {
  const steps = sessions.flat();
  const found = steps.filter(({ gapNs }) => gapNs <= idleS * NS_PER_S);
  const sum = (sample: readonly Step[], of: (step: Step) => number) =>
    sample.reduce((total, step) => total + of(step), 0);
  const share = sum(found, (step) => step.reusedTokens) / sum(steps, (step) => step.promptTokens);

  expect(Math.abs(share - measured), `${share}`).toBeLessThan(error);
});

test('50,000 to 200,000 tokens are the largest context of a session, not its input, which is millions', () => {
  const peaks = sessions.map((session) => Math.max(...session.map(({ promptTokens }) => promptTokens)));
  const inputs = sessions.map((session) => session.reduce((sum, { promptTokens }) => sum + promptTokens, 0));

  expect(peaks.filter((tokens) => tokens >= 50_000 && tokens <= 200_000).length / peaks.length).toBeGreaterThan(0.6);
  expect(quantileOf(inputs, 0.5)).toBeGreaterThan(3e6);
});

test('a user request takes 50 to 200 times the 1,412 tokens of a chat exchange, at the median', () => {
  const tokens = userRequests.map((request) =>
    request.reduce((sum, { promptTokens, outputTokens }) => sum + promptTokens + outputTokens, 0),
  );
  const median = quantileOf(tokens, 0.5) / 1_412;

  expect(median).toBeGreaterThan(50);
  expect(median).toBeLessThan(200);
});

test('output is half a percent of the volume, rather less', () => {
  const sum = (of: (step: Step) => number) => sessions.flat().reduce((total, step) => total + of(step), 0);

  expect(sum((step) => step.outputTokens) / sum((step) => step.promptTokens)).toBeCloseTo(0.0037, 3);
});

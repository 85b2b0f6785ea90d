import { expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { played, type PlayedStep } from './played-sessions.ts';
import { meanOf, quantileOf } from './support.ts';

// What is often said of coding agents, and the figures of 710 measured sessions of Claude Code beside it (docs/workloads.md).

const sessions = played({ subagents: { share: 0 } }, 6_000);
const steps = sessions.flat();

/** Steps of each request of a user: the one it triggers, and those of the tools until the next. */
const userRequests = sessions.flatMap((session) => {
  const requests: PlayedStep[][] = [];
  for (const step of session) {
    if (step.byUser) requests.push([step]);
    else requests.at(-1)!.push(step);
  }
  return requests;
});

const tokensOf = (request: readonly PlayedStep[]) =>
  request.reduce((sum, { promptTokens, outputTokens }) => sum + promptTokens + outputTokens, 0);

test('a request of a user takes 50 to 200 times the 1,412 tokens of a chat exchange: 73, 127, 385 times at the quartiles, within 20 %', () => {
  const times = userRequests.map((request) => tokensOf(request) / 1_412);

  expect(Math.abs(quantileOf(times, 0.25) / 73 - 1)).toBeLessThan(0.2);
  expect(Math.abs(quantileOf(times, 0.5) / 127 - 1)).toBeLessThan(0.2);
  expect(Math.abs(quantileOf(times, 0.75) / 385 - 1)).toBeLessThan(0.2);
});

test('20 to 50 round trips are rare for a request of a user, but those of 20 and more hold more than half of all steps', () => {
  const long = userRequests.filter(({ length }) => length >= 20);

  expect(long.filter(({ length }) => length <= 50).length / userRequests.length).toBeLessThan(0.1);
  // 62 % in the trace, whose long runs are longer.
  expect(long.flat().length / steps.length).toBeGreaterThan(0.5);
});

test('5,000 to 10,000 tokens of tools and system prompt are few: 14,950 at the median, within 5 %', () => {
  const prefixes = sessions.map(([first]) => first!.reusedTokens);

  expect(Math.abs(quantileOf(prefixes, 0.5) / 14_950 - 1)).toBeLessThan(0.05);
});

test('50,000 to 200,000 tokens are the largest context of most sessions, and the input of few: 5.1 million at the median', () => {
  const inside = (tokens: number) => tokens >= 50_000 && tokens <= 200_000;
  const peaks = sessions.map((session) => Math.max(...session.map(({ promptTokens }) => promptTokens)));
  const inputs = sessions.map((session) => session.reduce((sum, { promptTokens }) => sum + promptTokens, 0));

  expect(peaks.filter(inside).length / sessions.length).toBeGreaterThan(0.6);
  expect(inputs.filter(inside).length / sessions.length).toBeLessThan(0.05);
  expect(Math.abs(quantileOf(inputs, 0.5) / 5.091e6 - 1)).toBeLessThan(0.1);
});

test('94 % of the input is read from a cache that forgets after 600 s: 92.5 % after 300 s, 97 % if never, answers included', () => {
  const input = steps.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  const found = (idleS: number) =>
    steps.reduce((sum, { gapNs, reusedTokens }) => sum + (gapNs <= idleS * NS_PER_S ? reusedTokens : 0), 0) / input;

  expect(Math.abs(found(600) - 0.94)).toBeLessThan(0.02);
  expect(Math.abs(found(300) - 0.925)).toBeLessThan(0.02);
  expect(Math.abs(found(Infinity) - 0.97)).toBeLessThan(0.02);
});

test('output is half a percent of the input: 0.58 % on average over sessions, 0.41 % at the median, within a tenth of a point', () => {
  const shares = sessions.map((session) => {
    const outputTokens = session.reduce((sum, step) => sum + step.outputTokens, 0);
    return outputTokens / (tokensOf(session) - outputTokens);
  });

  expect(Math.abs(meanOf(shares) - 0.0058)).toBeLessThan(0.001);
  expect(Math.abs(quantileOf(shares, 0.5) - 0.0041)).toBeLessThan(0.001);
});

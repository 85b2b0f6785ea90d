import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { agentic } from '../../src/workloads/agentic.ts';
import { AgenticSessions } from '../../src/workloads/agentic-sessions.ts';
import { arrivalsOf } from '../../src/workloads/arrivals.ts';
import { chat } from '../../src/workloads/chat.ts';
import { inProgressAtStart, reachNs } from '../../src/workloads/steady-start.ts';
import type { WorkloadModule } from '../../src/workloads/workload-module.ts';
import { serve, type Sent } from './closed-loop.ts';
import { contextOf, meanOf, standardErrorOf } from './support.ts';

interface Given {
  readonly startState?: 'steady' | 'empty';
  readonly seconds: number;
  readonly seed?: number;
  readonly serviceNs?: number;
}

function sentBy<Options>(
  module: WorkloadModule<Options>,
  options: object,
  { startState = 'steady', seconds, seed = 1, serviceNs = 0 }: Given,
): Sent[] {
  const horizonNs = seconds * NS_PER_S;
  const context = contextOf({ horizonNs, startState, streams: new Streams(seed) });
  return serve(module.create(module.options.parse(options), context), { serviceNs, horizonNs });
}

describe('conversations in progress at the start', () => {
  const options = { requestsPerS: 4, turns: 4, turnGapS: 100, promptTokens: 50, outputTokens: 10, turnTokens: 5 };

  test('send at the stated rate from the first second; without them it takes three gaps', () => {
    const firstGap = (startState: 'steady' | 'empty') =>
      Array.from({ length: 60 }, (_, seed) => sentBy(chat, options, { startState, seconds: 100, seed }).length / 100);
    const steady = firstGap('steady');

    expect(Math.abs(meanOf(steady) - 4)).toBeLessThan(4 * standardErrorOf(steady));
    expect(Math.abs(meanOf(firstGap('empty')) - 1)).toBeLessThan(0.1);
  });

  test('are in each of their turns as often as in the long run, with the context of that turn', () => {
    const first = sentBy(chat, options, { seconds: 100, seed: 3 });
    const shares = [50, 65, 80, 95].map(
      (tokens) => first.filter(({ promptTokens }) => promptTokens === tokens).length / first.length,
    );
    for (const share of shares) expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / first.length));
  });

  test('disturb none of those that begin later', () => {
    const later = (startState: 'steady' | 'empty') =>
      sentBy(chat, options, { startState, seconds: 500 }).filter(({ session }) => session < 2 ** 31);

    expect(later('steady')).toEqual(later('empty'));
  });
});

describe('agents at work at the start', () => {
  const options = { sessionsPerHour: 100, subagents: { share: 0 } };

  // Little's law: as many are in progress as begin in the time that one takes, 9.75 s an answer included.
  test('are as many as begin in the mean duration of a session', () => {
    const given = agentic.options.parse({ ...options, sessionsPerHour: 1_000 });
    const { requestsPerS, meanSessionS } = agentic.demand(given);
    const perS = 1_000 / 3_600;
    const durationS = meanSessionS + 9.75 * (requestsPerS / perS - 1);
    const past = arrivalsOf(
      given.arrivals,
      perS,
      { streams: new Streams(1), horizonNs: 0 },
      'past',
      -reachNs(meanSessionS),
    );
    const { times } = new AgenticSessions(given, 1, 2);
    const found = inProgressAtStart(past, times.clock(9.75 * NS_PER_S));
    const expected = perS * durationS;

    expect(Math.abs(found.length / expected - 1)).toBeLessThan(4 / Math.sqrt(expected) + 0.02);
    expect(found.every(({ arrivalNs, request }) => arrivalNs >= 0 && request >= 1)).toBe(true);
  });

  test.each([
    {},
    { toolsPerStep: 1.21, toolGapS: { median: 0.285, sigma: 2.9, max: 3_600 }, failures: { perStep: 0.05 } },
    { userGapS: 30, toolGapS: 1, userPaceSigma: 0, failures: { perStep: 0.3, repairShare: 0.99 } },
  ])('are found as if every step of the past had been drawn, with %j', (more) => {
    const given = agentic.options.parse({ ...options, ...more, sessionsPerHour: 150 });
    const found = (isShort: boolean) => {
      const { meanSessionS } = agentic.demand(given);
      const context = { streams: new Streams(5), horizonNs: 0 };
      const past = arrivalsOf(given.arrivals, 150 / 3_600, context, 'past', -reachNs(meanSessionS));
      const clock = new AgenticSessions(given, 5, 2).times.clock(9.75 * NS_PER_S);
      return inProgressAtStart(past, isShort ? clock : { gapNs: clock.gapNs });
    };
    const inProgress = found(true);

    expect(inProgress.length).toBeGreaterThan(20);
    expect(inProgress).toEqual(found(false));
  });

  test('send in their first hour what the stated rate asks for; an empty start well below it', () => {
    const { requestsPerS } = agentic.demand(agentic.options.parse(options));
    const perS = (startState: 'steady' | 'empty') =>
      meanOf(
        [1, 2, 3, 4].map(
          (seed) => sentBy(agentic, options, { startState, seconds: 3_600, seed, serviceNs: 1e10 }).length,
        ),
      ) / 3_600;

    expect(Math.abs(perS('steady') / requestsPerS - 1)).toBeLessThan(0.1);
    expect(perS('empty')).toBeLessThan(0.6 * requestsPerS);
  });
});

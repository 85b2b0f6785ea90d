import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { sessionTrace } from '../../src/workloads/session-trace.ts';
import { serve, type Sent } from './closed-loop.ts';
import { bytesOf, contextOf } from './support.ts';

const SERVICE_S = 2;

function replay(lines: readonly string[], given: object = {}, horizonNs = 1e18): Sent[] {
  const options = sessionTrace.options.parse({ sessionsPerHour: 60, ...given });
  const trace = bytesOf(lines.join('\n'));
  const workload = sessionTrace.create(options, contextOf({ trace, horizonNs }));
  return serve(workload, { serviceNs: SERVICE_S * NS_PER_S });
}

function session(...rows: readonly string[]): string {
  return `{"id": 1, "block": 64, "tool": 10, "sys": 10, "r": [${rows.join(', ')}]}`;
}

/** Seconds after the first request. */
function secondsOf(sent: readonly Sent[]): number[] {
  return sent.map(({ arrivalNs }) => (arrivalNs - sent[0]!.arrivalNs) / NS_PER_S);
}

function problemOf(...lines: readonly string[]): string | undefined {
  const problem = sessionTrace.scanTrace?.(bytesOf(lines.join('\n')), { sessionsPerHour: 1, gapScale: 1 }).problems[0];
  return problem && `${problem.line}:${problem.column} ${problem.message}`;
}

describe('a session', () => {
  test('sends the next request the recorded pause after the answer, however long that took here', () => {
    const sent = replay([
      session(
        '[0, 0, 100, 7, 9.5, 0, "u", [1, 1]]',
        '[21, 0, 130, 8, 3, 12, "t", [1, 2]]',
        '[40, 0, 140, 9, null, null, "u", [1, 2]]',
      ),
    ]);

    // 16 s from the end of the second answer, 24 s, to the third request.
    expect(secondsOf(sent)).toEqual([0, SERVICE_S + 12, SERVICE_S + 12 + SERVICE_S + 16]);
    expect(sent.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens])).toEqual([
      [100, 7],
      [130, 8],
      [140, 9],
    ]);
    expect(new Set(sent.map((request) => request.session)).size).toBe(1);
  });

  test('takes its pauses gapScale times as long', () => {
    const line = session('[0, 0, 100, 7, 9.5, 0, "u", [1, 1]]', '[21, 0, 130, 8, 3, 12, "t", [1, 2]]');

    expect(secondsOf(replay([line], { gapScale: 0.5 }))).toEqual([0, SERVICE_S + 6]);
  });

  test('starts the agents that it started, at the pause after the answer before; each has a session number', () => {
    const sent = replay([
      session(
        '[0, 0, 100, 7, 4, 0, "u", [1, 1]]',
        '[9, 1, 64, 5, 1, 0, "u", [50, 1]]',
        '[11, 1, 70, 5, 1, 1, "t", [50, 1]]',
        '[30, 0, 200, 7, 4, 26, "t", [1, 3]]',
      ),
      session('[0, 0, 100, 7, 4, 0, "u", [1, 1]]'),
    ]);
    const of = (number: number) => sent.filter((request) => request.session === number);

    expect(secondsOf(of(0))).toEqual([0, SERVICE_S + 26]);
    expect((of(1)[0]!.arrivalNs - of(0)[0]!.arrivalNs) / NS_PER_S).toBe(SERVICE_S + 5);
    expect(secondsOf(of(1))).toEqual([0, SERVICE_S + 1]);
    expect(of(2).length).toBe(1);
  });

  test('shares with itself what its block ids have in common, and with no other session', () => {
    const line = session(
      '[0, 0, 330, 7, 4, 0, "u", [1, 5]]',
      '[9, 0, 460, 7, 4, 0, "u", [1, 4, 9, 3]]',
      '[19, 0, 512, 7, 4, 0, "u", [1, 4, 9, 4]]',
      '[29, 0, 200, 7, 4, 0, "u", [20, 3]]',
    );
    const sent = replay([line, line]);
    const [first, second] = [sent.slice(0, 4), sent.slice(4)].map((requests) => requests.map(({ path }) => path));

    expect(first).toEqual([
      [[0, 320]],
      [
        [0, 256],
        [1, 448],
      ],
      [
        [0, 256],
        [1, 511],
      ],
      [[2, 192]],
    ]);
    expect(second).toEqual([
      [[3, 320]],
      [
        [3, 256],
        [4, 448],
      ],
      [
        [3, 256],
        [4, 511],
      ],
      [[5, 192]],
    ]);
  });

  test('with an answer that has no tokens generates one', () => {
    expect(replay([session('[0, 0, 100, 0, 4, 0, "u", [1, 1]]')])[0]!.outputTokens).toBe(1);
  });
});

test('sessions begin at the stated rate until the file ends', () => {
  const lines = Array.from({ length: 4_000 }, () => session('[0, 0, 100, 7, 4, 0, "u", [1, 1]]'));
  const sent = replay(lines);

  expect(sent.length).toBe(4_000);
  expect(Math.abs(sent.at(-1)!.arrivalNs / NS_PER_S / (4_000 * 60) - 1)).toBeLessThan(4 / Math.sqrt(4_000));
});

test('the summary has sessions, their mean length, and what an unlimited cache would find', () => {
  const lines = [
    session('[0, 0, 330, 7, 4, 0, "u", [1, 5]]', '[9, 0, 460, 9, 4, 0, "u", [1, 4, 9, 3]]'),
    session('[0, 0, 330, 5, 4, 0, "u", [1, 5]]'),
  ];
  const summary = sessionTrace.scanTrace!(bytesOf(lines.join('\n')), { sessionsPerHour: 1, gapScale: 1 });

  expect(summary).toMatchObject({ rows: 3, sessions: 2, meanSessionS: 4.5, meanOutputTokens: 7, problemCount: 0 });
  expect(summary.meanReusedTokens).toBe(256 / 3);
  expect(sessionTrace.demand(sessionTrace.options.parse({ sessionsPerHour: 10 }), summary).requestsPerS).toBeCloseTo(
    15 / 3600,
    12,
  );
});

test('a malformed line is refused with its place and its remedy', () => {
  const one = (row: string) => problemOf(session(row));

  expect(problemOf('')).toMatchInlineSnapshot(`"1:1 the file is empty; it should have one JSON object a line"`);
  expect(problemOf('{"id": 1}')).toMatchInlineSnapshot(`"1:1 the key "r" is missing"`);
  expect(problemOf('{"r": []}')).toMatchInlineSnapshot(`"1:2 the key "block" must stand before "r""`);
  expect(problemOf(session())).toMatchInlineSnapshot(`"1:53 the session has no requests"`);
  expect(one('[0, 0, 100, 7, 9.5, 0, "u"]')).toMatchInlineSnapshot(
    `"1:79 a request has 8 fields [t, agent, in, out, api, think, trigger, runs], found 7"`,
  );
  expect(one('[-1, 0, 100, 7, 9.5, 0, "u", [1, 1]]')).toMatchInlineSnapshot(
    `"1:54 t -1 is not a number of seconds from 0 to 8985600 (104 days)"`,
  );
  expect(one('[0, 0.5, 100, 7, 9.5, 0, "u", [1, 1]]')).toMatchInlineSnapshot(
    `"1:57 agent 0.5 is not a whole number from 0 to 100000"`,
  );
  expect(one('[0, 0, 0, 7, 9.5, 0, "u", []]')).toMatchInlineSnapshot(
    `"1:60 in 0 is not a whole number of tokens from 1 to 100000000"`,
  );
  expect(one('[0, 0, 100, 7, 9.5, 0, "u", [1, 2]]')).toMatchInlineSnapshot(
    `"1:86 the runs have 2 blocks; 100 tokens have 1 complete blocks of 64"`,
  );
  expect(one('[0, 0, 100, 7, 9.5, 0, "u", [1, 0]]')).toMatchInlineSnapshot(
    `"1:85 0 in a run is neither a block id nor a number of blocks"`,
  );
  expect(one('[0, 0, 100, 7, "x", 0, "u", [1, 1]]')).toMatchInlineSnapshot(
    `"1:68 expected a number, found "\\"x\\", 0, \\"u\\", [1, 1]]]}""`,
  );
  expect(
    problemOf(session('[9, 0, 100, 7, 9.5, 0, "u", [1, 1]]', '[8, 0, 100, 7, 9.5, 0, "u", [1, 1]]')),
  ).toMatchInlineSnapshot(`"1:124 time goes back: a request at 8 s follows one at 9 s"`);
  expect(
    problemOf(session('[0, 0, 130, 7, 9.5, 0, "u", [1, 2]]', '[8, 0, 130, 7, 9.5, 0, "u", [5, 1, 2, 1]]')),
  ).toMatchInlineSnapshot(
    `"1:129 block id 2 had other ids before it earlier; an id must stand for its block and all before it"`,
  );
});

test('a trace that turns out malformed after all stops the run at its line', () => {
  expect(() => replay([session('[0, 0, 100, 7, 9.5, 0, "u", [1, 1]]'), 'x'])).toThrow(
    'workload support: trace line 2, column 1: expected an object',
  );
  expect(() => sessionTrace.create({ sessionsPerHour: 1, gapScale: 1 }, contextOf())).toThrow(
    'session-trace needs a trace',
  );
});

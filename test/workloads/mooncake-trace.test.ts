import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_MS } from '../../src/sim/units.ts';
import { mooncakeTrace } from '../../src/workloads/mooncake-trace.ts';
import { serve, type Sent } from './closed-loop.ts';
import { bytesOf, contextOf } from './support.ts';

function replay(lines: readonly string[], given: object = {}, seed = 1): Sent[] {
  const options = mooncakeTrace.options.parse(given);
  const trace = bytesOf(lines.join('\n'));
  return serve(mooncakeTrace.create(options, contextOf({ trace, streams: new Streams(seed) })));
}

function row(timestamp: number, input: number, ids: readonly number[], output = 5): string {
  return `{"timestamp": ${timestamp}, "input_length": ${input}, "output_length": ${output}, "hash_ids": [${ids.join(', ')}]}`;
}

/** The first problem as a user would read it. */
function problemOf(...lines: readonly string[]): string | undefined {
  const problem = mooncakeTrace.scanTrace?.(bytesOf(lines.join('\n')), { rateScale: 1, spreadMs: 0 }).problems[0];
  return problem && `${problem.line}:${problem.column} ${problem.message}`;
}

describe('replay', () => {
  test('shares the complete blocks that prompts have in common, and leaves the rest to the request', () => {
    const sent = replay([
      row(0, 1500, [0, 1, 2]),
      row(10, 1100, [0, 1, 3]),
      row(20, 1200, [0, 4, 5]),
      row(30, 100, [6]),
      row(40, 2100, [0, 1, 7, 8, 9]),
    ]);

    expect(sent.map(({ path }) => path)).toEqual([
      [[0, 1024]],
      [[0, 1024]],
      [
        [0, 512],
        [1, 1024],
      ],
      [],
      [[0, 2048]],
    ]);
  });

  test('never says that the answer continues a stream', () => {
    const [sent] = replay([row(0, 1024, [0, 1])]);

    expect(sent).toMatchObject({ promptTokens: 1024, outputTokens: 5, session: -1, path: [[0, 1023]] });
  });

  test('keeps times that are its own', () => {
    const sent = replay([row(100, 10, [0]), row(127, 10, [1]), row(3100, 10, [2])]);

    expect(sent.map(({ arrivalNs }) => arrivalNs / NS_PER_MS)).toEqual([0, 27, 3000]);
  });

  test('spreads the requests of one timestamp up to the next, in the order of the file', () => {
    const tick = (timestamp: number) => Array.from({ length: 400 }, (_, k) => row(timestamp, k + 1, [timestamp + k]));
    const sent = replay([...tick(0), ...tick(1000), ...tick(9000)]);
    const times = [0, 1, 2].map((t) =>
      sent.slice(400 * t, 400 * (t + 1)).map(({ arrivalNs }) => arrivalNs / NS_PER_MS),
    );

    expect(sent.map(({ promptTokens }) => promptTokens)).toEqual(
      [0, 1, 2].flatMap(() => times[0]!.map((_, k) => k + 1)),
    );
    for (const [t, start, width] of [
      [0, 0, 1000],
      [1, 1000, 3000],
      [2, 9000, 3000],
    ] as const) {
      expect(Math.min(...times[t]!)).toBeGreaterThanOrEqual(start);
      expect(Math.max(...times[t]!)).toBeLessThan(start + width);
      const mean = times[t]!.reduce((sum, ms) => sum + ms, 0) / 400;
      expect(Math.abs(mean - start - width / 2)).toBeLessThan((4 * width) / Math.sqrt(12 * 400));
    }
    expect(replay(tick(0), {}, 2).map(({ arrivalNs }) => arrivalNs)).not.toEqual(times[0]!.map((ms) => ms * NS_PER_MS));
  });

  test('with spreadMs 0 keeps them together; rateScale 2 sends all in half the time', () => {
    const lines = [row(0, 1, [0]), row(0, 2, [1]), row(3000, 3, [2])];

    expect(replay(lines, { spreadMs: 0 }).map(({ arrivalNs }) => arrivalNs / NS_PER_MS)).toEqual([0, 0, 3000]);
    expect(replay(lines, { spreadMs: 0, rateScale: 2 }).map(({ arrivalNs }) => arrivalNs / NS_PER_MS)).toEqual([
      0, 0, 1500,
    ]);
  });

  test('reads keys in any order, and over those it does not know', () => {
    const other =
      '{"x": {"y": [1, "}]", null, true]}, "hash_ids": [], "hash_ids": [3], "output_length": 2, "input_length": 9, "timestamp": 4}';

    expect(problemOf(other)).toBeUndefined();
    expect(replay([other, '', other])).toMatchObject([{ promptTokens: 9 }, { promptTokens: 9 }]);
  });
});

test('the summary counts tokens, the span, and what an unlimited cache would find', () => {
  const lines = [row(0, 1500, [0, 1, 2]), row(500, 1100, [0, 1, 3]), row(2000, 1024, [0, 1])];

  expect(mooncakeTrace.scanTrace?.(bytesOf(lines.join('\n')), { rateScale: 1, spreadMs: 0 })).toMatchObject({
    rows: 3,
    spanNs: 2000 * NS_PER_MS,
    meanPromptTokens: 3624 / 3,
    meanOutputTokens: 5,
    // The last token of a prompt is always computed.
    meanReusedTokens: (1024 + 1023) / 3,
    problemCount: 0,
  });
});

test('a malformed line is refused with its place and its remedy', () => {
  expect(problemOf('')).toMatchInlineSnapshot(`"1:1 the file is empty; it should have one JSON object a line"`);
  expect(problemOf(row(0, 5, [1]), 'timestamp,1')).toMatchInlineSnapshot(
    `"2:1 expected an object { … }, found "timestamp,1""`,
  );
  expect(problemOf('{"timestamp": 0, "input_length": 5}')).toMatchInlineSnapshot(
    `"1:1 the key "output_length" is missing"`,
  );
  expect(problemOf('{"timestamp": 0, "input_length": 5, "output_length": 5}')).toMatchInlineSnapshot(
    `"1:1 the key "hash_ids" is missing"`,
  );
  expect(problemOf(row(0, 5, [1]).replace('5', '5.5'))).toMatchInlineSnapshot(
    `"1:34 input_length 5.5 is not a whole number of tokens from 1 to 100000000"`,
  );
  expect(problemOf(row(0, 5, [1], 0))).toMatchInlineSnapshot(
    `"1:54 output_length 0 is not a whole number of tokens from 1 to 100000000"`,
  );
  expect(problemOf(row(0, 5, [1]).slice(0, -2))).toMatchInlineSnapshot(
    `"1:71 expected a comma or the end of the array, found the end of the line"`,
  );
  expect(problemOf(`${row(0, 5, [1])},`)).toMatchInlineSnapshot(`"1:73 expected the end of the line, found ",""`);
  expect(problemOf(row(0, 513, [1]))).toMatchInlineSnapshot(
    `"1:59 1 hash_ids for 513 tokens; 512 tokens a block make 2"`,
  );
  expect(problemOf(row(0, 5, [1.5]))).toMatchInlineSnapshot(`"1:70 hash id 1.5 is not a whole number below 2^53"`);
  expect(problemOf(row(9, 5, [1]), row(8, 5, [2]))).toMatchInlineSnapshot(`"2:15 time goes back: 8 follows 9"`);
  expect(problemOf(row(0, 1024, [1, 2]), row(0, 1024, [3, 2]))).toMatchInlineSnapshot(
    `"2:76 hash id 2 had other ids before it in an earlier row; an id must stand for its block and all before it"`,
  );
  expect(problemOf(row(0, 5, [1]), row(9e9, 5, [2]))).toMatchInlineSnapshot(
    `"2:15 9000000000 is more than 104 days after the first request"`,
  );
  expect(problemOf(`{"x": ${'['.repeat(5000)}`)).toMatch(/^1:\d+ nested deeper than 100 levels$/);
  expect(problemOf(`{"x": "${'x'.repeat(1_100_000)}"}`, 'no')).toBe('1:1 the line is longer than 1048576 bytes');
});

test('a trace that turns out malformed after all stops the run at its line', () => {
  expect(() => replay([row(0, 5, [1]), 'x'])).toThrow('workload support: trace line 2, column 1: expected an object');
  expect(() => mooncakeTrace.create(mooncakeTrace.options.parse({}), contextOf())).toThrow(
    'mooncake-trace needs a trace',
  );
});

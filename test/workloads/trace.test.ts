import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { azureTrace } from '../../src/workloads/azure-trace.ts';
import { scanTrace } from '../../src/workloads/trace-summary.ts';
import { bytesOf, contextOf, pullAll, type Arrival } from './support.ts';

const HEADER_2023 = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const HEADER_SECONDS = 'timestamp_s,input_tokens,output_tokens';

function replay(text: string, { rateScale = 1, horizonNs = 3600 * NS_PER_S } = {}): Arrival[] {
  return pullAll(azureTrace.create({ rateScale }, contextOf({ horizonNs, trace: bytesOf(text) })));
}

/** The first problem as a user would read it. */
function problemOf(...lines: readonly string[]): string | undefined {
  const [problem] = scanTrace(bytesOf(lines.join('\n'))).problems;
  return problem && `${problem.line}:${problem.column} ${problem.message}`;
}

describe('replay', () => {
  const three: Arrival[] = [
    { arrivalNs: 0, promptTokens: 374, outputTokens: 44, reasoningTokens: 0, session: -1, deadlineNs: Infinity },
    {
      arrivalNs: 4_314_579_000,
      promptTokens: 396,
      outputTokens: 109,
      reasoningTokens: 0,
      session: -1,
      deadlineNs: Infinity,
    },
    {
      arrivalNs: 4_541_877_100,
      promptTokens: 879,
      outputTokens: 55,
      reasoningTokens: 0,
      session: -1,
      deadlineNs: Infinity,
    },
  ];
  const forms = {
    'the 2023 form': [
      HEADER_2023,
      '2023-11-16 18:15:46.6805900,374,44',
      '2023-11-16 18:15:50.9951690,396,109',
      '2023-11-16 18:15:51.2224671,879,55',
    ],
    'the 2024 form, over midnight, with a whole second': [
      HEADER_2023,
      '2024-05-12 23:59:58+00:00,374,44',
      '2024-05-13 00:00:02.314579+00:00,396,109',
      '2024-05-13 00:00:02.541877100+00:00,879,55',
    ],
    'the Z form': [
      HEADER_2023,
      '2024-10-15T12:00:00.269Z,374,44',
      '2024-10-15T12:00:04.583579Z,396,109',
      '2024-10-15T12:00:04.810877100Z,879,55',
    ],
    'seconds from the start': [HEADER_SECONDS, '0.0,374,44', '4.314579,396,109', '4.5418771,879,55'],
    'seconds from some other moment': [HEADER_SECONDS, '99.5,374,44', '103.814579,396,109', '104.0418771,879,55'],
  };

  test.each(Object.entries(forms))('%s gives exact times since the first request', (_, lines) => {
    expect(replay(lines.join('\n'))).toEqual(three);
  });

  test('carriage returns, blank lines, a byte order mark and a break at the end change nothing', () => {
    expect(replay(`\ufeff${forms['the 2023 form'].join('\r\n\r\n')}\r\n`)).toEqual(three);
  });

  test('a request at the horizon is not sent, one a nanosecond before it is', () => {
    const text = forms['the 2023 form'].join('\n');

    expect(replay(text, { horizonNs: 4_314_579_000 })).toEqual(three.slice(0, 1));
    expect(replay(text, { horizonNs: 4_314_579_001 })).toEqual(three.slice(0, 2));
  });

  test('rateScale 2 sends the same requests in half the time', () => {
    const times = replay(forms['the 2023 form'].join('\n'), { rateScale: 2 }).map(({ arrivalNs }) => arrivalNs);

    expect(times).toEqual([0, 2_157_289_500, 2_270_938_550]);
  });

  test('a trace that turns out malformed after all stops the run at its line', () => {
    expect(() => replay([HEADER_SECONDS, '0,1,1', '1,x,1'].join('\n'))).toThrow(
      'workload support: trace line 3, column 3: input_tokens "x" is not a whole number of tokens, at least 1',
    );
  });

  test('without a trace is refused', () => {
    expect(() => azureTrace.create({ rateScale: 1 }, contextOf())).toThrow('azure-trace needs a trace');
  });
});

describe('the summary', () => {
  test('counts rows and tokens, and spans the first to the last request', () => {
    expect(scanTrace(bytesOf([HEADER_SECONDS, '10,100,1', '11.5,200,2', '20,600,9'].join('\n')))).toEqual({
      rows: 3,
      spanNs: 10 * NS_PER_S,
      promptTokens: 900,
      outputTokens: 12,
      meanPromptTokens: 300,
      meanOutputTokens: 4,
      meanReusedTokens: 0,
      sessions: 0,
      meanSessionS: 0,
      problems: [],
      problemCount: 0,
    });
  });

  test('is the demand: rows after the first, over the span, times the scale', () => {
    const summary = scanTrace(bytesOf([HEADER_SECONDS, '10,100,1', '11.5,200,2', '20,600,9'].join('\n')));

    expect(azureTrace.demand({ rateScale: 3 }, summary)).toEqual({
      requestsPerS: 0.6000000000000001,
      meanPromptTokens: 300,
      meanOutputTokens: 4,
      meanReusedTokens: 0,
      meanSessionS: 0,
    });
  });

  test('of one request has no rate', () => {
    const summary = scanTrace(bytesOf([HEADER_SECONDS, '10,100,1'].join('\n')));

    expect(azureTrace.demand({ rateScale: 1 }, summary).requestsPerS).toBe(0);
  });

  test('keeps the first ten problems and counts all', () => {
    const rows = Array.from({ length: 25 }, (_, k) => `${k},0,1`);
    const { rows: good, problems, problemCount } = scanTrace(bytesOf([HEADER_SECONDS, '0,1,1', ...rows].join('\n')));

    expect(good).toBe(1);
    expect(problemCount).toBe(25);
    expect(problems.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});

describe('a malformed trace is refused with its place and its remedy', () => {
  test('no file, an unknown header, no rows', () => {
    expect(problemOf('')).toMatchInlineSnapshot(`
      "1:1 the file is empty; it should begin with one of
        TIMESTAMP,ContextTokens,GeneratedTokens
        timestamp_s,input_tokens,output_tokens"
    `);
    expect(problemOf('Timestamp,Model,Request tokens', '5,ChatGPT,472')).toMatchInlineSnapshot(`
      "1:1 unknown header "Timestamp,Model,Request tokens"; it should be one of
        TIMESTAMP,ContextTokens,GeneratedTokens
        timestamp_s,input_tokens,output_tokens"
    `);
    expect(problemOf(HEADER_2023, '', '')).toMatchInlineSnapshot(`"3:1 no requests follow the header"`);
  });

  test('tokens', () => {
    const row = (tokens: string) => problemOf(HEADER_2023, `2023-11-16 18:15:46.6805900,${tokens}`);

    expect(row('374,abc')).toMatchInlineSnapshot(
      `"2:33 GeneratedTokens "abc" is not a whole number of tokens, at least 1"`,
    );
    expect(row('-3,44')).toMatchInlineSnapshot(`"2:29 ContextTokens "-3" is not a whole number of tokens, at least 1"`);
    expect(row('0,44')).toMatchInlineSnapshot(`"2:29 ContextTokens is 0; a request has at least 1 token"`);
    expect(row('374,0')).toMatchInlineSnapshot(`"2:33 GeneratedTokens is 0; a request has at least 1 token"`);
    expect(row('374.5,44')).toMatchInlineSnapshot(
      `"2:29 ContextTokens "374.5" is not a whole number of tokens, at least 1"`,
    );
    expect(row('374,')).toMatchInlineSnapshot(
      `"2:33 GeneratedTokens is empty; it should be a whole number of tokens, at least 1"`,
    );
    expect(row('374,1234567890')).toMatchInlineSnapshot(
      `"2:33 GeneratedTokens "1234567890" is above 100000000 tokens"`,
    );
    expect(row('374')).toMatchInlineSnapshot(
      `"2:1 expected 3 fields (TIMESTAMP, ContextTokens, GeneratedTokens), found 2"`,
    );
    expect(row('374,44,5')).toMatchInlineSnapshot(
      `"2:1 expected 3 fields (TIMESTAMP, ContextTokens, GeneratedTokens), found 4"`,
    );
  });

  test('times', () => {
    const after = (time: string) => problemOf(HEADER_2023, '2023-11-16 18:15:46.6805900,1,1', `${time},1,1`);

    expect(after('2023-11-16 18:15:46.6805899')).toMatchInlineSnapshot(
      `"3:1 time goes back: "2023-11-16 18:15:46.6805899" follows "2023-11-16 18:15:46.6805900""`,
    );
    expect(after('2023-11-31 18:15:46')).toMatchInlineSnapshot(
      `"3:1 TIMESTAMP "2023-11-31 18:15:46" is not a time like 2023-11-16 18:15:46.6805900"`,
    );
    expect(after('12.5')).toMatchInlineSnapshot(
      `"3:1 TIMESTAMP "12.5" is not a time like 2023-11-16 18:15:46.6805900"`,
    );
    expect(after('2024-11-16 18:15:46')).toMatchInlineSnapshot(
      `"3:1 "2024-11-16 18:15:46" is more than 104 days after the first request"`,
    );
    expect(problemOf(HEADER_SECONDS, '0,1,1', '4.5,1,1', '4.25,1,1')).toMatchInlineSnapshot(
      `"4:1 time goes back: "4.25" follows "4.5""`,
    );
    expect(problemOf(HEADER_SECONDS, '2023-11-16 18:15:46,1,1')).toMatchInlineSnapshot(
      `"2:1 timestamp_s "2023-11-16 18:15:46" is not a time like 4.314579 (seconds)"`,
    );
  });

  test('a row of a hundred thousand characters', () => {
    expect(problemOf(HEADER_SECONDS, 'x'.repeat(100_000), '0,1,1')).toMatchInlineSnapshot(
      `"2:1 expected 3 fields (timestamp_s, input_tokens, output_tokens), found 1"`,
    );
  });

  test('a row after a bad time is compared with the last good one', () => {
    expect(problemOf(HEADER_SECONDS, '5,1,1', '3,1,1', '4,1,1', '6,1,1')).toMatch(/^3:1 time goes back/);
    expect(scanTrace(bytesOf([HEADER_SECONDS, '5,1,1', '3,1,1', '4,1,1', '6,1,1'].join('\n'))).problemCount).toBe(2);
  });
});

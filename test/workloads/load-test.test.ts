import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { MAX_TOKENS } from '../../src/workloads/lengths.ts';
import { loadTest } from '../../src/workloads/load-test.ts';
import { loadTestTrace } from '../../src/workloads/load-test-trace.ts';
import { serve, type Sent } from './closed-loop.ts';
import { bytesOf, contextOf, gapsOf, meanOf, pullAll, standardErrorOf } from './support.ts';

const FAR_NS = 100 * 86_400 * NS_PER_S;
const lengths = { promptTokens: 100, outputTokens: 10 };

function client(options: Record<string, unknown>) {
  return loadTest.create(loadTest.options.parse({ ...lengths, ...options }), contextOf({ horizonNs: FAR_NS }));
}

function refusals(options: Record<string, unknown>): string[] {
  const parsed = loadTest.options.safeParse({ ...lengths, ...options });
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
}

describe('stages', () => {
  test('a stage sends rate × duration requests, and the last of them marks its end', () => {
    const sent = pullAll(
      client({
        stages: [
          { requestsPerS: 5, durationS: 600 },
          { requestsPerS: 20, durationS: 300, arrivals: 'gamma', burstiness: 0.3 },
        ],
      }),
    );

    expect(sent).toHaveLength(3_000 + 6_000);
    expect(sent[2_999]!.arrivalNs / NS_PER_S).toBeCloseTo(600, 6);
    expect(sent.at(-1)!.arrivalNs / NS_PER_S).toBeCloseTo(900, 6);
  });

  test('constant arrivals are 1 / rate apart', () => {
    const sent = pullAll(client({ stages: [{ requestsPerS: 8, requests: 5, arrivals: 'constant' }] }));

    expect(sent.map(({ arrivalNs }) => arrivalNs)).toEqual([0.125, 0.25, 0.375, 0.5, 0.625].map((s) => s * NS_PER_S));
  });

  test.each([
    [{ arrivals: 'poisson' }, 1],
    [{ arrivals: 'gamma', burstiness: 0.25 }, 2],
    [{ arrivals: 'gamma', burstiness: 4 }, 0.5],
  ])('gaps of %j have a coefficient of variation of %f', (arrivals, expected) => {
    const count = 40_000;
    const gaps = gapsOf(pullAll(client({ stages: [{ requestsPerS: 10, requests: count, ...arrivals }] })));
    const variation = (standardErrorOf(gaps) * Math.sqrt(count)) / meanOf(gaps);

    // The standard error of a sample CV is below CV × √((1 + 6 CV²) / 2n) for gamma gaps.
    const error = expected * Math.sqrt((1 + 6 * expected * expected) / (2 * count));
    expect(Math.abs(variation - expected)).toBeLessThan(4 * error);
  });

  test('unscaled gaps leave the duration to chance, with the mean that the rate says', () => {
    const sent = pullAll(client({ stages: [{ requestsPerS: 10, requests: 40_000, scaled: false }] }));
    const spanS = sent.at(-1)!.arrivalNs / NS_PER_S;

    expect(spanS).not.toBeCloseTo(4_000, 3);
    // A sum of n exponential gaps has the relative standard error 1 / √n.
    expect(Math.abs(spanS / 4_000 - 1)).toBeLessThan(4 / Math.sqrt(40_000));
  });

  test.each([
    [{ stages: [] }, 'Too small: expected array to have >=1 items'],
    [{ stages: [{ requestsPerS: 1 }] }, 'give one of: requests, durationS'],
    [{ stages: [{ durationS: 9 }] }, 'durationS needs requestsPerS'],
    [{ stages: [{ requestsPerS: 1, durationS: 0.1 }] }, 'the stage is over before its first request'],
    [{ stages: [{ requests: 9, arrivals: 'gamma' }] }, 'burstiness and arrivals: gamma go together'],
  ])('%j is refused', (options, message) => {
    expect(refusals(options)).toContain(message);
  });
});

describe('concurrency', () => {
  test('a closed loop begins with all users at once, and every next request follows a departure', () => {
    const serviceNs = 3 * NS_PER_S;
    const sent = serve(client({ stages: [{ requests: 10 }], concurrency: 4 }), { serviceNs });

    expect(sent.map(({ arrivalNs }) => arrivalNs / serviceNs)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
  });

  test('request k of a limited open loop leaves when it is due and k − concurrency others are done', () => {
    const stages = [{ requestsPerS: 2, requests: 400 }];
    const due = pullAll(client({ stages })).map(({ arrivalNs }) => arrivalNs);
    const serviceNs = 3 * NS_PER_S;
    const sent = serve(client({ stages, concurrency: 5 }), { serviceNs }).map(({ arrivalNs }) => arrivalNs);

    // All take the same time, so they leave in the order in which they came.
    const expected: number[] = [];
    due.forEach((dueNs, k) => expected.push(Math.max(dueNs, k < 5 ? 0 : expected[k - 5]! + serviceNs)));
    expect(sent).toEqual(expected);
    expect(sent.filter((arrivalNs, k) => arrivalNs > due[k]!).length).toBeGreaterThan(20);
  });

  test('its rate is announced as 0, for unknown', () => {
    const options = loadTest.options.parse({ ...lengths, stages: [{ requests: 10 }], concurrency: 4 });

    expect(loadTest.demand(options).requestsPerS).toBe(0);
  });
});

describe('lengths', () => {
  const drawn = (promptTokens: unknown) =>
    pullAll(client({ stages: [{ requests: 40_000 }], promptTokens })).map((sent) => sent.promptTokens);

  test('uniform lengths take every value between both ends, each as often', () => {
    const counts = new Map<number, number>();
    for (const tokens of drawn({ uniform: [96, 105] })) counts.set(tokens, (counts.get(tokens) ?? 0) + 1);
    const expected = 4_000;

    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([96, 97, 98, 99, 100, 101, 102, 103, 104, 105]);
    // χ² of 9 degrees of freedom is above 27.88 once in a thousand times.
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(27.88);
  });

  test('normal lengths have their mean and deviation, and become min and max beyond them', () => {
    const free = drawn({ mean: 600, sd: 40 });
    const sd = standardErrorOf(free) * Math.sqrt(free.length);

    expect(Math.abs(meanOf(free) - 600)).toBeLessThan(4 * standardErrorOf(free));
    // The standard error of a sample deviation is sd / √(2n).
    expect(Math.abs(sd - 40)).toBeLessThan((4 * 40) / Math.sqrt(2 * free.length) + 0.01);
    const clipped = drawn({ mean: 600, sd: 40, min: 590, max: 620 });
    expect([Math.min(...clipped), Math.max(...clipped)]).toEqual([590, 620]);
  });

  test('lengths of the other workloads are understood as well', () => {
    expect(Math.min(...drawn({ median: 300, sigma: 1, min: 250 }))).toBe(250);
  });
});

describe('a set of prompts', () => {
  const stages = [{ requests: 30 }];
  const prompts = { distinct: 10, groups: 2, groupPrefixTokens: 40 };
  const sent: Sent[] = serve(client({ stages, promptTokens: { uniform: [60, 90] }, prompts }));

  test('comes round again with the same content', () => {
    expect(sent.slice(10, 20).map(content)).toEqual(sent.slice(0, 10).map(content));
    expect(new Set(sent.slice(0, 10).map(({ path }) => path.at(-1)![0])).size).toBe(10);
  });

  test('shares a beginning within a group and nothing beyond it', () => {
    const [first, second, third] = sent;

    expect(first!.path[0]).toEqual(third!.path[0]);
    expect(first!.path[0]![1]).toBe(40);
    expect(first!.path[0]![0]).not.toBe(second!.path[0]![0]);
  });

  test('does not name the last token of a prompt, so that answers are not taken for one another', () => {
    expect(sent.every(({ path, promptTokens }) => path.at(-1)![1] === promptTokens - 1)).toBe(true);
  });

  function content({ promptTokens, path }: Sent) {
    return { promptTokens, path };
  }
});

describe('a recorded run', () => {
  const replay = (...lines: string[]) =>
    pullAll(loadTestTrace.create(loadTestTrace.options.parse({}), contextOf({ trace: bytesOf(lines.join('\n')) })));
  const problems = (...lines: string[]) =>
    loadTestTrace.scanTrace!(bytesOf(lines.join('\n')), { rateScale: 1, groups: 1, groupPrefixTokens: 0 }).problems.map(
      ({ line, column, message }) => `${line}:${column} ${message}`,
    );

  test.each([
    ['request_id,arrival_s,input_tokens,output_tokens,queued_s', 'a,7.5,2358,531,0.0', 'b,8.0,1034,769,0.4'],
    [
      'index,arrival_s,prompt_id_mod100,prompt_tokens_client,output_tokens_true,output_tokens_retokenized',
      '0,7.5,0,2358,531,140',
      '1,8.0,1,1034,769,48',
    ],
  ])('finds its columns by name in %s', (...lines) => {
    expect(replay(...lines)).toMatchObject([
      { arrivalNs: 0, promptTokens: 2358, outputTokens: 531, reasoningTokens: 0, session: -1 },
      { arrivalNs: 0.5 * NS_PER_S, promptTokens: 1034, outputTokens: 769, reasoningTokens: 0, session: -1 },
    ]);
  });

  test('a request that failed is sent all the same, with the lengths of the one before it', () => {
    const header = 'arrival_s,input_tokens,output_tokens,error';
    const sent = replay(header, '0,1083,1448,', '1,0,,timeout', '2,1075,1448,');

    expect(sent.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens])).toEqual([
      [1083, 1448],
      [1083, 1448],
      [1075, 1448],
    ]);
  });

  test.each([
    [
      ['arrival_s,input_tokens'],
      '1:1 the header "arrival_s,input_tokens" has none of the columns output_tokens_true, output_tokens',
    ],
    [['input_tokens,output_tokens'], '1:1 the header "input_tokens,output_tokens" has none of the columns arrival_s'],
    [['arrival_s,input_tokens,output_tokens'], '2:1 no requests follow the header'],
    [['arrival_s,input_tokens,output_tokens', '0,5'], '2:1 expected at least 3 fields, found 2'],
    [
      ['arrival_s,input_tokens,output_tokens', 'x,5,5'],
      '2:1 "x" is not a time like 4.314579 (seconds) or 2023-11-16 18:15:46.6805900',
    ],
    [['arrival_s,input_tokens,output_tokens', '3,5,5', '2,5,5'], '3:1 time goes back at "2"'],
    [
      ['arrival_s,input_tokens,output_tokens', '0,5,-5'],
      `2:5 "-5" is not a whole number of tokens from 1 to ${MAX_TOKENS}`,
    ],
  ])('%j is told', (lines, problem) => {
    expect(problems(...lines)).toEqual([problem]);
  });
});

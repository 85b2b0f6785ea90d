import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { trace } from '../../src/workloads/trace.ts';
import { traceOptions, type TraceOptions } from '../../src/workloads/trace-options.ts';
import { serve } from './closed-loop.ts';
import { bytesOf, contextOf } from './support.ts';

const scan = (text: string, given: Partial<TraceOptions> = {}) =>
  trace.scanTrace!(bytesOf(text, 1_000), traceOptions.parse(given));

/** Sessions begin once a second, and an answer takes 2 s. */
function sessionsOf(text: string) {
  const context = contextOf({ horizonNs: 3_600 * NS_PER_S, trace: bytesOf(text) });
  return serve(trace.create(traceOptions.parse({ requestsPerS: 1 }), context), { serviceNs: 2 * NS_PER_S });
}

describe('TraceLab', () => {
  const round = (
    session: string,
    index: number,
    prompt: number,
    output: number,
    cached: number,
    fromS: number,
    toS: number,
  ) =>
    JSON.stringify({
      provider: 'x',
      session_id: session,
      round_index: index,
      input_tokens_total: prompt,
      prefix_tokens: cached,
      newly_append_tokens: prompt - cached,
      output_tokens: output,
      reasoning_output_tokens: 1,
      timing_events: [fromS, toS].map((s) => ({ event_type: 'text', timestamp: `2026-01-01T00:00:${s}.500Z` })),
      tools: [{ tool_name: 'grep', is_error: false }],
    });
  const lines = [
    round('a', 0, 100, 10, 0, 10, 14),
    round('a', 1, 150, 20, 110, 17, 19),
    round('a', 2, 60, 5, 40, 25, 26),
    round('b', 0, 70, 7, 0, 11, 12),
  ];

  test('a session follows its answers, as far apart as it was recorded; its summary keeps what the provider still knew', () => {
    const sent = sessionsOf(lines.join('\n')).filter(({ promptTokens }) => promptTokens !== 70);

    expect(sent.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens])).toEqual([
      [100, 10],
      [150, 20],
      [60, 5],
    ]);
    expect(sent.slice(1).map(({ arrivalNs }, k) => arrivalNs - sent[k]!.arrivalNs)).toEqual([
      5 * NS_PER_S,
      8 * NS_PER_S,
    ]);
    const [first, second, third] = sent.map(({ path }) => path);
    expect(second).toEqual([[first![0]![0], 150]]);
    expect(third).toEqual([
      [first![0]![0], 40],
      [expect.any(Number), 60],
    ]);
    expect(third![1]![0]).not.toBe(first![0]![0]);
  });

  test('rounds of several sessions may alternate, and numbers that a provider does not report may be null', () => {
    const [first, second, third, other] = lines;
    const nothing = other!
      .replace('"prefix_tokens":0', '"prefix_tokens":null')
      .replace('"reasoning_output_tokens":1', '"reasoning_output_tokens":null');
    const shape = (text: string) =>
      sessionsOf(text).map(({ arrivalNs, promptTokens, outputTokens }) => [arrivalNs, promptTokens, outputTokens]);

    expect(nothing).not.toBe(other);
    expect(shape([first, nothing, second, third].join('\n'))).toEqual(shape(lines.join('\n')));
    expect(scan([first, other, second, third].join('\n'), { requestsPerS: 1 })).toMatchObject({ rows: 4, sessions: 2 });
  });

  test('needs a rate, and a malformed round is told by itself', () => {
    expect(scan(lines.join('\n')).problems[0]?.message).toMatch(/give requestsPerS$/);
    const broken = scan([...lines, '{"session_id": "c"}'].join('\n'), { requestsPerS: 1 });
    expect(broken).toMatchObject({
      rows: 4,
      sessions: 2,
      problems: [{ line: 5, message: 'the key "output_tokens" is missing' }],
    });
  });
});

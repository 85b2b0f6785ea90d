import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { workloads } from '../../src/workloads/index.ts';
import { scanTrace } from '../../src/workloads/trace-summary.ts';
import type { WorkloadContext, WorkloadModule } from '../../src/workloads/workload-module.ts';
import { correlation } from '../sim/uniformity.ts';
import { bytesOf, contextOf, gapsOf, meanOf, pullAll, standardErrorOf, type Arrival } from './support.ts';

const EXPECTED_ARRIVALS = 20_000;

/** Regular arrivals of many lengths, for those who replay something. */
const traceText = [
  'timestamp_s,input_tokens,output_tokens',
  ...Array.from({ length: EXPECTED_ARRIVALS }, (_, k) => `${k / 8},${1 + (k % 997)},${1 + ((k * 7) % 301)}`),
].join('\n');

function examplesOf(module: WorkloadModule<unknown>): unknown[] {
  const examples = module.options.meta()?.['examples'];
  if (!Array.isArray(examples) || examples.length === 0) {
    throw new Error(`the options schema of ${module.name} needs .meta({ examples: [...] })`);
  }
  return examples;
}

const cases = workloads.flatMap((module) =>
  examplesOf(module).map((example) => [`${module.name} ${JSON.stringify(example)}`, module, example] as const),
);

test('the names of all workloads differ', () => {
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
});

describe.each(cases)('%s', (_, module, example) => {
  const options = module.options.parse(example);
  const demand = module.demand(options, module.readsTrace ? scanTrace(bytesOf(traceText)) : undefined);
  const horizonNs = Math.round((EXPECTED_ARRIVALS / demand.requestsPerS) * NS_PER_S);
  const trace = (atMost?: number) => (module.readsTrace ? { trace: bytesOf(traceText, atMost) } : {});
  const create = (given: Partial<WorkloadContext> = {}) =>
    module.create(options, contextOf({ horizonNs, ...trace(), ...given }));
  const arrivals = pullAll(create());

  test('sends whole requests in time order, none at or after the horizon', () => {
    let latestNs = 0;
    for (const { arrivalNs, promptTokens, outputTokens, reasoningTokens } of arrivals) {
      const whole = [arrivalNs, promptTokens, outputTokens, reasoningTokens].every(Number.isSafeInteger);
      const inOrder = arrivalNs >= latestNs && arrivalNs < horizonNs;
      const long = promptTokens >= 1 && outputTokens >= 1 && reasoningTokens >= 0 && reasoningTokens < outputTokens;
      if (!whole || !inOrder || !long) expect.fail(JSON.stringify({ arrivalNs, promptTokens, outputTokens }));
      latestNs = arrivalNs;
    }
    expect(arrivals.length).toBeGreaterThan(EXPECTED_ARRIVALS / 2);
  });

  test('has nothing more to send once it has said so', () => {
    const workload = create();
    pullAll(workload);

    expect(pullAll(workload)).toEqual([]);
  });

  test('sends a beginning of the same requests when the horizon is nearer', () => {
    const half = pullAll(create({ horizonNs: Math.floor(horizonNs / 2) }));

    expect(half.length).toBeGreaterThan(0);
    expect(arrivals.slice(0, half.length)).toEqual(half);
    expect(arrivals[half.length]?.arrivalNs).toBeGreaterThanOrEqual(Math.floor(horizonNs / 2));
  });

  test('sends the same requests for the same seed, and others for another unless it replays a file', () => {
    expect(pullAll(create({ streams: new Streams(1) }))).toEqual(arrivals);

    const others = pullAll(create({ streams: new Streams(2) }));
    if (module.readsTrace) expect(others).toEqual(arrivals);
    else expect(others.slice(0, 100)).not.toEqual(arrivals.slice(0, 100));
  });

  test('does not notice a stranger who draws from a stream of the same run', () => {
    const streams = new Streams(1);
    const stranger = streams.stream('stranger');
    stranger.uniform();
    const workload = create({ streams });
    stranger.uniform();

    expect(pullAll(workload)).toEqual(arrivals);
  });

  test('is uncorrelated with a workload of another name, request by request, unless it replays a file', () => {
    const others = pullAll(create({ name: 'another' }));
    if (module.readsTrace) {
      expect(others).toEqual(arrivals);
      return;
    }
    const count = Math.min(others.length, arrivals.length);
    const bound = 4 / Math.sqrt(count);
    for (const column of [gapsOf, logPrompts, logOutputs]) {
      const [one, other] = [column(arrivals).slice(0, count), column(others).slice(0, count)];
      // A constant is correlated with nothing.
      const r = standardErrorOf(one) < 1e-9 ? 0 : correlation(one, other);
      expect(Math.abs(r)).toBeLessThan(bound);
    }
  });

  test('sends what its demand announces', () => {
    const gaps = gapsOf(arrivals);
    const prompts = arrivals.map(({ promptTokens }) => promptTokens);
    const outputs = arrivals.map(({ outputTokens }) => outputTokens);

    // Whole tokens and nanoseconds and the end of a file shift a mean a little.
    expect(Math.abs(meanOf(gaps) - NS_PER_S / demand.requestsPerS)).toBeLessThan(
      4 * standardErrorOf(gaps) + 1e-4 * meanOf(gaps),
    );
    expect(Math.abs(meanOf(prompts) - demand.meanPromptTokens)).toBeLessThan(4 * standardErrorOf(prompts) + 0.01);
    expect(Math.abs(meanOf(outputs) - demand.meanOutputTokens)).toBeLessThan(4 * standardErrorOf(outputs) + 0.01);
    expect(demand.meanSessionS).toBeGreaterThanOrEqual(0);
  });

  test('does not notice how its file is cut into reads', () => {
    for (const atMost of [1, 7, 65_536]) expect(pullAll(create(trace(atMost)))).toEqual(arrivals);
  });

  test('accepts its accepted options again, unchanged, and refuses a key it does not know', () => {
    expect(module.options.parse(options)).toEqual(options);
    expect(() => module.create({ ...Object(options), requestPerS: 1 }, contextOf(trace()))).toThrow(/requestPerS/);
  });

  test('describes every option, with its unit or range at the end', () => {
    const schema = z.toJSONSchema(module.options, { io: 'input' });
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      expect(property, name).toHaveProperty('description', expect.stringMatching(/, (\S+|in [[(].*)$/));
    }
  });
});

function logPrompts(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ promptTokens }) => Math.log(promptTokens));
}

function logOutputs(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ outputTokens }) => Math.log(outputTokens));
}

import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/sim/streams.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { chat } from '../../src/workloads/chat.ts';
import { normalShare } from '../../src/workloads/normal-share.ts';
import { reasoning } from '../../src/workloads/reasoning.ts';
import type { WorkloadModule } from '../../src/workloads/workload-module.ts';
import { kolmogorovSmirnov } from '../sim/uniformity.ts';
import { contextOf, gapsOf, meanOf, pullAll, quantileOf, type Arrival } from './support.ts';

const REQUESTS_PER_S = 1000;

function arrivalsOf<Options>(module: WorkloadModule<Options>, given: object = {}, seconds = 20, seed = 1): Arrival[] {
  const options = module.options.parse({ requestsPerS: REQUESTS_PER_S, ...given });
  return pullAll(module.create(options, contextOf({ horizonNs: seconds * NS_PER_S, streams: new Streams(seed) })));
}

/** Three seeds of about 50,000 requests each. */
function manyArrivals<Options>(module: WorkloadModule<Options>): Arrival[] {
  return [1, 2, 3].flatMap((seed) => arrivalsOf(module, {}, 50, seed));
}

function expectWithin(share: number, measured: number, published: number): void {
  expect(Math.abs(measured / published - 1), `${measured} against ${published}`).toBeLessThan(share);
}

describe('chat by default has the lengths measured in the Azure conversation trace of 2023', () => {
  const arrivals = manyArrivals(chat);
  const prompts = arrivals.map(({ promptTokens }) => promptTokens);
  const outputs = arrivals.map(({ outputTokens }) => outputTokens);

  test('in the mean within 5 %', () => {
    expectWithin(0.05, meanOf(prompts), 1154.7);
    expectWithin(0.05, meanOf(outputs), 211.13);
  });

  test.each([
    [0.1, 207, 54],
    [0.25, 396, 85],
    [0.5, 1020, 129],
    [0.75, 1189, 395],
    [0.9, 2734.5, 424],
    [0.95, 4083, 451],
    [0.99, 4142, 601],
  ])('at quantile %d within 10 %', (share, prompt, output) => {
    expectWithin(0.1, quantileOf(prompts, share), prompt);
    expectWithin(0.1, quantileOf(outputs, share), output);
  });

  test('and no hidden reasoning', () => {
    expect(arrivals.every(({ reasoningTokens }) => reasoningTokens === 0)).toBe(true);
  });
});

describe('reasoning by default has the lengths of the DeepSeek-R1 requests in ServeGen', () => {
  const arrivals = manyArrivals(reasoning);
  const prompts = arrivals.map(({ promptTokens }) => promptTokens);
  const outputs = arrivals.map(({ outputTokens }) => outputTokens);
  const shares = arrivals.map(({ outputTokens, reasoningTokens }) => reasoningTokens / outputTokens);

  test('in the mean within 5 %', () => {
    expectWithin(0.05, meanOf(prompts), 1268.2);
    expectWithin(0.05, meanOf(outputs), 1527.4);
    expectWithin(0.05, meanOf(shares), 0.702);
  });

  test.each([
    [0.05, 13, 225, 0.319],
    [0.25, 41, 427, 0.501],
    [0.5, 208, 792, 0.764],
    [0.75, 482, 1499, 0.896],
    [0.9, 2092, 3432, 0.954],
    [0.95, 6714, 5701, 0.974],
    [0.99, 23_423, 12_607, 0.992],
  ])('at quantile %d within 10 %', (quantile, prompt, output, share) => {
    expectWithin(0.1, quantileOf(prompts, quantile), prompt);
    expectWithin(0.1, quantileOf(outputs, quantile), output);
    expectWithin(0.1, quantileOf(shares, quantile), share);
  });

  test('and a hidden part as large as measured', () => {
    expectWithin(0.05, meanOf(arrivals.map(({ reasoningTokens }) => reasoningTokens)), 1134);
  });
});

describe('arrivals', () => {
  test('are a Poisson process by default: gaps are exponential', () => {
    const gaps = gapsOf(arrivalsOf(chat));

    expect(kolmogorovSmirnov(gaps, (gapNs) => 1 - Math.exp((-gapNs * REQUESTS_PER_S) / NS_PER_S))).toBeLessThan(2);
  });
});

const column = (arrivals: readonly Arrival[], name: keyof Arrival) => arrivals.map((arrival) => arrival[name]);

describe('what one option changes, no other draw notices', () => {
  test.each([{ promptTokens: 512 }, { promptTokens: { mean: 512, cv: 3 } }])('%j moves only prompts', (given) => {
    const before = arrivalsOf(reasoning);
    const after = arrivalsOf(reasoning, given);

    for (const name of ['arrivalNs', 'outputTokens', 'reasoningTokens'] as const) {
      expect(column(after, name)).toEqual(column(before, name));
    }
    expect(column(after, 'promptTokens')).not.toEqual(column(before, 'promptTokens'));
  });

  test('the process of arrivals moves only arrival times', () => {
    const before = arrivalsOf(chat, {}, 2);
    const after = arrivalsOf(chat, { arrivals: { kind: 'gamma', cv: 1.4 } }, 2);
    const count = Math.min(before.length, after.length);

    for (const name of ['promptTokens', 'outputTokens'] as const) {
      expect(column(after, name).slice(0, count)).toEqual(column(before, name).slice(0, count));
    }
  });

  test('twice the rate gives the same requests in half the time', () => {
    const before = arrivalsOf(chat, {}, 4);
    const after = arrivalsOf(chat, { requestsPerS: 2 * REQUESTS_PER_S }, 2);

    expect(Math.abs(after.length - before.length)).toBeLessThanOrEqual(1);
    for (let i = 0; i < Math.min(after.length, before.length); i++) {
      // Each gap is rounded to a whole nanosecond.
      expect(Math.abs(2 * after[i]!.arrivalNs - before[i]!.arrivalNs)).toBeLessThanOrEqual(2 * (i + 1));
    }
  });

  test('chat and reasoning of one name, rate and length meet the same arrivals', () => {
    const given = { promptTokens: { mean: 512, cv: 1 }, outputTokens: { mean: 300, cv: 1 } };

    for (const name of ['arrivalNs', 'promptTokens', 'outputTokens'] as const) {
      expect(column(arrivalsOf(reasoning, given), name)).toEqual(column(arrivalsOf(chat, given), name));
    }
  });
});

describe('the hidden part of an answer', () => {
  test('is the stated share, to the nearest token, and leaves one token to see', () => {
    const arrivals = arrivalsOf(reasoning, { outputTokens: 1000, reasoningShare: 0.75 }, 1);
    expect(new Set(arrivals.map(({ reasoningTokens }) => reasoningTokens))).toEqual(new Set([750]));

    const short = arrivalsOf(reasoning, { outputTokens: 2, reasoningShare: 0.99 }, 1);
    expect(new Set(short.map(({ reasoningTokens }) => reasoningTokens))).toEqual(new Set([1]));

    const shortest = arrivalsOf(reasoning, { outputTokens: 1, reasoningShare: 0.99 }, 1);
    expect(new Set(shortest.map(({ reasoningTokens }) => reasoningTokens))).toEqual(new Set([0]));
  });
});

test.each([
  { requestsPerS: 0 },
  { requestsPerS: -1 },
  { requestsPerS: 5, sessionsPerHour: 3 },
  { requestsPerS: 5, arrivals: { kind: 'gamma', cv: 0 } },
  {},
])('options %j are refused', (given) => {
  expect(chat.options.safeParse(given).success).toBe(false);
  expect(reasoning.options.safeParse(given).success).toBe(false);
});

describe('the correlation of prompt and answer', () => {
  const lognormal = { promptTokens: { median: 1_000, sigma: 1 }, outputTokens: { median: 1_000, sigma: 1 } };
  const logs = (arrivals: readonly Arrival[], name: 'promptTokens' | 'outputTokens') =>
    arrivals.map((arrival) => Math.log(arrival[name] / 1_000));

  // The logarithms are standard normals, so that of the copula is their own.
  test.each([-0.9, -0.45, 0, 0.3, 1])('is the stated one, %d, and leaves both distributions as they are', (rho) => {
    const arrivals = arrivalsOf(chat, { ...lognormal, lengthCorrelation: rho }, 40);
    const prompts = logs(arrivals, 'promptTokens');
    const outputs = logs(arrivals, 'outputTokens');

    expect(Math.abs(meanOf(prompts.map((prompt, k) => prompt * outputs[k]!)) - rho)).toBeLessThan(0.03);
    expect(kolmogorovSmirnov(outputs, normalShare)).toBeLessThan(2);
    expect(column(arrivalsOf(chat, lognormal, 40), 'promptTokens')).toEqual(column(arrivals, 'promptTokens'));
  });

  // Quantiles of the standard normal.
  test.each([
    [0, 0.5],
    [-1.281551566, 0.1],
    [1.644853627, 0.95],
    [-3.090232306, 0.001],
  ])('uses the normal distribution, %d has %d below it', (z, share) => {
    expect(Math.abs(normalShare(z) - share)).toBeLessThan(1e-7);
    expect(normalShare(60)).toBeLessThan(1);
    expect(normalShare(-60)).toBeGreaterThan(0);
  });
});

describe('options that would say nothing are refused', () => {
  const problemsOf = (given: object) =>
    chat.options
      .safeParse({ requestsPerS: 5, ...given })
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  test.each(['turnGapS', 'thinkS', 'patienceS', 'turnTokens'])('%s for conversations of one turn', (name) => {
    expect(problemsOf({ [name]: 30 })).toEqual([
      `${name}: has no effect on conversations of one turn — give turns, such as measured, or leave it out`,
    ]);
    expect(problemsOf({ [name]: 30, turns: 'measured' })).toBeUndefined();
  });

  test('turnGapS beside thinkS; what a plan writes out by default is no mistake', () => {
    expect(problemsOf({ turns: 3, thinkS: 5, turnGapS: 7 })).toEqual([
      'turnGapS: thinkS takes its place — give one of the two',
    ]);
    for (const given of [{ turns: 3, thinkS: 5 }, {}, { turns: 'measured' }]) {
      const written = chat.options.parse({ requestsPerS: 5, ...given });
      expect(chat.options.parse(written)).toEqual(written);
    }
  });
});

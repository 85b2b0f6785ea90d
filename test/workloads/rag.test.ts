import { describe, expect, test } from 'vitest';
import { rag } from '../../src/workloads/rag.ts';
import { DocumentStreams } from '../../src/workloads/rag-documents.ts';
import { reusedTokens, serve, type Sent } from './closed-loop.ts';
import { contextOf, meanOf, quantileOf } from './support.ts';

const FAR_NS = 1e18;

function requestsOf(given: object = {}, count = 10_000): Sent[] {
  const options = rag.options.parse({ requestsPerS: 4, ...given });
  return serve(rag.create(options, contextOf({ horizonNs: FAR_NS })), { sessions: count });
}

describe('rag by default asks long documents as the Mooncake synthetic trace does', () => {
  const requests = requestsOf({}, 40_000);
  const expectWithin = (share: number, generated: number, measured: number) =>
    expect(Math.abs(generated / measured - 1), `${generated} against ${measured}`).toBeLessThan(share);

  test('prompts: mean 27,458 within 5 %, quantiles within 10 %', () => {
    const prompts = requests.map(({ promptTokens }) => promptTokens);

    expectWithin(0.05, meanOf(prompts), 27_458);
    for (const [share, tokens] of [
      [0.1, 13_691],
      [0.5, 22_111],
      [0.9, 47_749],
    ] as const) {
      expectWithin(0.1, quantileOf(prompts, share), tokens);
    }
  });

  test('answers: mean 89.8 within 5 %, quantiles within 10 %', () => {
    const outputs = requests.map(({ outputTokens }) => outputTokens);

    expectWithin(0.05, meanOf(outputs), 89.8);
    for (const [share, tokens] of [
      [0.5, 22],
      [0.75, 139],
      [0.9, 285],
    ] as const) {
      expectWithin(0.1, quantileOf(outputs, share), tokens);
    }
  });

  test('a cache without limits finds 0.65 ± 0.02 of the prompt tokens', () => {
    const hits = reusedTokens(requests, 512).reduce((sum, tokens) => sum + tokens, 0);
    const tokens = requests.reduce((sum, { promptTokens }) => sum + promptTokens, 0);

    expect(Math.abs(hits / tokens - 0.65)).toBeLessThan(0.02);
  });

  test('documents are asked 2.8 times on average, some of them 20 times and more', () => {
    const uses = new Map<number, number>();
    for (const { path } of requests) uses.set(path[0]![0], (uses.get(path[0]![0]) ?? 0) + 1);
    const counts = [...uses.values()];

    expect(Math.abs(meanOf(counts) / 2.8 - 1)).toBeLessThan(0.05);
    expect(quantileOf(counts, 0.9)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...counts)).toBeGreaterThan(20);
  });
});

describe('retrieved chunks', () => {
  const chunks = { documents: 50, newShare: 0, documentTokens: 512, retrieved: 3, systemPromptTokens: 990 };

  test('of a fixed corpus are read by Zipf’s law', () => {
    const firsts = requestsOf({ ...chunks, retrieved: 1 }, 50_000).map(({ path }) => path[1]![0]);
    const uses = new Map<number, number>();
    for (const stream of firsts) uses.set(stream, (uses.get(stream) ?? 0) + 1);
    const sorted = [...uses.values()].toSorted((a, b) => b - a);
    const total = Array.from({ length: 50 }, (_, k) => (k + 1) ** -0.7).reduce((sum, weight) => sum + weight, 0);

    for (const k of [1, 2, 10]) {
      const share = k ** -0.7 / total;
      expect(Math.abs(sorted[k - 1]! / firsts.length - share)).toBeLessThan(
        5 * Math.sqrt((share * (1 - share)) / firsts.length),
      );
    }
  });

  test('stand behind the template, one after the other, before the question', () => {
    for (const { path, promptTokens } of requestsOf({ ...chunks, questionTokens: 40 }, 500)) {
      expect(path.map(([, end]) => end)).toEqual([990, 990 + 512, 990 + 1_024, 990 + 1_536]);
      expect(promptTokens).toBe(990 + 1_536 + 40);
    }
  });

  test('are shared by prompts up to where their orders part', () => {
    const streams = new DocumentStreams(1);
    const [a, b] = [streams.after(0, 7), streams.after(0, 8)];

    expect(streams.after(0, 7)).toBe(a);
    expect(streams.after(a, 8)).not.toBe(b);
    expect(streams.after(a, 8)).toBe(streams.after(a, 8));
    expect(streams.after(b, 7)).not.toBe(a);
  });

  test('in the order of the corpus are found in the cache more often than in the order of relevance', () => {
    const hits = (order: string) => meanOf(reusedTokens(requestsOf({ ...chunks, order }, 3_000), 16));

    expect(hits('document')).toBeGreaterThan(1.02 * hits('relevance'));
  });

  test('of one prompt are different, and at most half of the corpus', () => {
    expect(rag.options.safeParse({ requestsPerS: 1, documents: 4, retrieved: 3 }).success).toBe(false);
    for (const { path } of requestsOf({ ...chunks, documents: 6, order: 'document' }, 500)) {
      expect(new Set(path.map(([stream]) => stream)).size).toBe(4);
    }
  });
});

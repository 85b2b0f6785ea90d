import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/sim/units.ts';
import { chat } from '../../src/workloads/chat.ts';
import { reasoning } from '../../src/workloads/reasoning.ts';
import type { WorkloadModule } from '../../src/workloads/workload-module.ts';
import { contextOf, meanOf, pullAll, quantileOf, type Arrival } from './support.ts';

/** What is said of chat and of reasoning, held against the presets; of agents, in agentic-claims.test.ts. */

function requestsOf<Options>(module: WorkloadModule<Options>, given: object = {}): Arrival[] {
  const options = module.options.parse({ requestsPerS: 1_000, ...given });
  return pullAll(module.create(options, contextOf({ horizonNs: 60 * NS_PER_S })));
}

const shareOf = (sample: readonly number[], from: number, to: number) =>
  sample.filter((x) => x >= from && x < to).length / sample.length;

describe('a chat exchange takes 1,000 to 5,000 tokens', () => {
  const tokens = requestsOf(chat).map(({ promptTokens, outputTokens }) => promptTokens + outputTokens);

  // Azure 2023 conversation: 58 % of requests inside, 42 % below, 0.5 % above; median 1,412, mean 1,366, p95 4,136.
  test('in 58 % of the cases; 42 % take fewer', () => {
    expect(Math.abs(shareOf(tokens, 1_000, 5_000) - 0.58)).toBeLessThan(0.05);
    expect(Math.abs(shareOf(tokens, 0, 1_000) - 0.42)).toBeLessThan(0.05);
    expect(shareOf(tokens, 5_000, Infinity)).toBeLessThan(0.02);
  });

  // Prompt and answer are drawn independently; in the trace the prompts of 1,000 tokens have the long answers.
  test('1,366 on average within 5 %, 4,136 at p95 within 10 %, but 1,412 at the median only within 20 %', () => {
    expect(Math.abs(quantileOf(tokens, 0.5) / 1_412 - 1)).toBeLessThan(0.2);
    expect(Math.abs(quantileOf(tokens, 0.95) / 4_136 - 1)).toBeLessThan(0.1);
    expect(Math.abs(meanOf(tokens) / 1_366 - 1)).toBeLessThan(0.05);
  });
});

describe('reasoning multiplies the answer by 5 to 10', () => {
  const requests = requestsOf(reasoning);
  const visible = requests.map(({ outputTokens, reasoningTokens }) => outputTokens - reasoningTokens);
  const ratios = requests.map(({ reasoningTokens }, k) => reasoningTokens / visible[k]!);

  // ServeGen, DeepSeek-R1: 3.2 at the median, 2.9 over all tokens, 37 % of requests 5 and more, 15 % within 5 to 10.
  // Over all tokens the preset has 2.4: it draws share and length independently, where long outputs have larger shares.
  test('only in 15 % of the requests: 3.2 at the median, 25 % below 1, 2.9 over all tokens within 20 %', () => {
    const hidden = requests.reduce((sum, { reasoningTokens }) => sum + reasoningTokens, 0);

    expect(Math.abs(hidden / visible.reduce((sum, tokens) => sum + tokens, 0) / 2.874 - 1)).toBeLessThan(0.2);
    expect(Math.abs(quantileOf(ratios, 0.5) / 3.21 - 1)).toBeLessThan(0.1);
    expect(Math.abs(shareOf(ratios, 5, Infinity) - 0.37)).toBeLessThan(0.04);
    expect(Math.abs(shareOf(ratios, 5, 10) - 0.15)).toBeLessThan(0.03);
    expect(Math.abs(shareOf(ratios, 0, 1) - 0.25)).toBeLessThan(0.03);
  });

  test('and 500 visible tokens make 2,000 to 4,000 in all only in the upper third; the median is 1,199', () => {
    const totals = requests
      .filter((_, k) => visible[k]! >= 400 && visible[k]! <= 600)
      .map(({ outputTokens }) => outputTokens);

    expect(Math.abs(quantileOf(totals, 0.5) / 1_199 - 1)).toBeLessThan(0.15);
    expect(shareOf(totals, 2_000, Infinity)).toBeLessThan(0.34);
  });

  // Hidden / visible lognormal with median 6.5 and σ 0.5: the share is logit-normal with the same σ.
  test('if its share is the upper mode alone: median 6.5, p10 3.4, p90 12.3', () => {
    const heavy = requestsOf(reasoning, {
      reasoningShare: { mixture: [{ weight: 1, median: 6.49 / 7.49, sigma: 0.5 }] },
      outputTokens: 4_000,
    }).map(({ outputTokens, reasoningTokens }) => reasoningTokens / (outputTokens - reasoningTokens));

    for (const [share, ratio] of [
      [0.1, 3.4],
      [0.5, 6.5],
      [0.9, 12.3],
    ] as const) {
      expect(Math.abs(quantileOf(heavy, share) / ratio - 1)).toBeLessThan(0.05);
    }
  });
});

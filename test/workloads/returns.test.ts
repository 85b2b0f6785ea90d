import { describe, expect, test } from 'vitest';
import { workloads } from '../../src/workloads/index.ts';
import { SecondsSampler } from '../../src/workloads/seconds.ts';

function demandOf(kind: string, options: Readonly<Record<string, unknown>>) {
  const { demand, options: schema } = workloads.find(({ name }) => name === kind)!;
  const { returns = [], ...means } = demand(schema.parse(options));
  const tokensPerS = returns.reduce((sum, each) => sum + each.tokensPerS, 0);
  const tokens = returns.reduce((sum, each) => sum + each.tokensPerS * each.afterS, 0);
  return { ...means, returns, tokensPerS, meanPauseS: tokens / tokensPerS };
}

describe('what sessions come back to', () => {
  test('in a conversation is what it has said, without what all conversations begin with', () => {
    const lengths = { promptTokens: 1_000, outputTokens: 10, turnTokens: 20, systemPromptTokens: 512 };
    const chat = demandOf('chat', { requestsPerS: 3, turns: 3, turnGapS: 40, ...lengths });

    // One conversation a second: its second turn finds 1,010 tokens and its third 1,040.
    expect(chat.tokensPerS).toBeCloseTo(1_010 + 1_040 - 2 * 512, 6);
    expect(chat.meanPauseS).toBeCloseTo(40, 9);
  });

  test('comes after the pauses of the users, with their mean and their median', () => {
    const chat = demandOf('chat', { requestsPerS: 3, turns: 'measured' });
    const early = chat.returns.filter(({ afterS }) => afterS <= 139.8).reduce((sum, each) => sum + each.tokensPerS, 0);

    expect(chat.tokensPerS).toBeCloseTo(chat.requestsPerS * chat.meanReusedTokens, 6);
    expect(chat.meanPauseS).toBeCloseTo(new SecondsSampler({ median: 139.8, sigma: 0.99, min: 6 }).meanS(), 6);
    expect(early / chat.tokensPerS).toBeCloseTo(0.5, 2);
  });

  test('is nothing where every request stands alone', () => {
    expect(demandOf('chat', { requestsPerS: 3 }).returns).toEqual([]);
    expect(demandOf('rag', { requestsPerS: 3 }).returns).toEqual([]);
  });

  test('in a mix is that of its tenants', () => {
    const chat = { kind: 'chat', turns: 3, turnGapS: 40 };
    const tenants = [
      { tenant: 'some', share: 1, ...chat },
      { tenant: 'others', share: 3, ...chat },
    ];
    const mix = demandOf('mix', { requestsPerS: 4, tenants });

    expect(mix.tokensPerS).toBeCloseTo(demandOf('chat', { requestsPerS: 4, turns: 3, turnGapS: 40 }).tokensPerS, 6);
    expect(mix.meanPauseS).toBeCloseTo(40, 9);
  });

  const plain = { sessionsPerHour: 60, prefixTokens: 20_000, cacheBreaks: { perStep: 0 }, subagents: { share: 0 } };

  test('in a session of an agent is its context without the prefix that sessions share', () => {
    const agents = demandOf('agentic', { ...plain, userGapS: 30, toolGapS: 30 });

    expect(agents.tokensPerS / (agents.requestsPerS * (agents.meanReusedTokens - 20_000))).toBeCloseTo(1, 9);
    expect(new Set(agents.returns.map(({ afterS }) => Math.round(1e6 * afterS)))).toEqual(new Set([30e6]));
  });

  test('waits for the subagents of the session', () => {
    const gaps = { userGapS: 30, toolGapS: 30 };
    const alone = demandOf('agentic', { ...plain, ...gaps });
    const helped = demandOf('agentic', { ...plain, ...gaps, subagents: { share: 1 } });

    expect(helped.meanPauseS).toBeGreaterThan(alone.meanPauseS);
  });

  test('has the mean gap of all users, whatever their pace', () => {
    const gaps = { userGapS: { median: 100, sigma: 1 }, toolGapS: 0, userPaceSigma: 0.7 };
    const agents = demandOf('agentic', { ...plain, ...gaps });
    const byUser = agents.returns.filter(({ afterS }) => afterS > 0.01);
    const meanS = byUser.reduce((sum, { afterS }) => sum + afterS, 0) / byUser.length;

    // Of a lognormal: the median × exp(σ² / 2), of gaps and of paces.
    const ratio = meanS / (100 * Math.exp((1 + 0.7 ** 2) / 2));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
  });
});

import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import type { Demand } from '../../src/scenario/catalogue-types.ts';
import { keptContexts } from '../../src/scenario/kept-contexts.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { roomyEngine } from '../support/plans.ts';
import { filesOf, GOOD, scenarioOf } from './support.ts';

const [anyPool] = scenarioOf(GOOD).pools;

/** A pool that holds so many tokens. */
function poolOf(tokens: number, instances = 1) {
  const engine = { ...roomyEngine, prefixCaching: true, kvBlocks: tokens, blockTokens: 1 };
  return { ...anyPool!, engine, instances };
}

/** 30 tokens of each request are in no cache, and sessions come back to 100. */
function demandOf(returns: NonNullable<Demand['returns']>): Demand {
  const requestsPerS = returns.reduce((sum, { tokensPerS }) => sum + tokensPerS, 0) / 100;
  const means = { meanPromptTokens: 120, meanReusedTokens: 100, meanOutputTokens: 10, meanSessionS: 1 };
  return { requestsPerS, ...means, returns };
}

describe('contexts', () => {
  const demand = demandOf([{ tokensPerS: 1_000, afterS: 60 }]);

  test('that are left stay until the rest of the memory is full, if all others fit', () => {
    // 60,000 tokens are waited for, 300 a second are left alone: 90,000 − 60,000 last for 100 s.
    const kept = keptContexts([poolOf(90_000)], [demand])!;

    expect(kept.keptS).toBeCloseTo(100, 6);
    expect(kept).toMatchObject({ contextTokens: 60_000, heldTokens: 90_000, evictedShare: 0 });
  });

  test('are all evicted if what is computed within a pause fills the memory', () => {
    // 1,300 tokens a second are written: 65,000 tokens are full after 50 s.
    const kept = keptContexts([poolOf(65_000)], [demand])!;

    expect(kept.keptS).toBeCloseTo(50, 6);
    expect(kept.evictedShare).toBe(1);
  });

  test('are evicted in the longer pauses first', () => {
    const pauses = [10, 60, 600].map((afterS) => ({ tokensPerS: 1_000, afterS }));
    // 900 a second are left. In 100 s: 10,000 + 60,000 + 100,000 waited for, and 90,000 left.
    const kept = keptContexts([poolOf(130_000, 2)], [demandOf(pauses)])!;

    expect(kept.keptS).toBeCloseTo(100, 6);
    expect(kept.evictedShare).toBeCloseTo(1 / 3, 12);
  });

  test('in a tier have a copy there: the larger store counts', () => {
    const tier = {
      capacityBlocks: 90_000,
      blockBytes: 1,
      readGBPerS: 1,
      writeGBPerS: 1,
      latencyNs: 0,
      maxWriteQueueNs: 0,
    };
    const kvTiers = [{ kind: 'remote', scope: 'pool', ...tier, idleNs: 0 } as const];
    const pool = poolOf(10_000, 2);

    expect(keptContexts([{ ...pool, engine: { ...pool.engine, kvTiers } }], [demand])).toEqual(
      keptContexts([poolOf(90_000)], [demand]),
    );
  });

  test('are no matter to a decode pool, which has no prompts, nor where a pool caches nothing', () => {
    const pool = poolOf(90_000);
    const forgetful = { ...pool, engine: { ...pool.engine, prefixCaching: false } };

    expect(keptContexts([pool, { ...forgetful, role: 'decode' }], [demand])).toEqual(keptContexts([pool], [demand]));
    expect(keptContexts([pool, forgetful], [demand])).toBeUndefined();
    expect(keptContexts([pool], [{ ...demand, returns: [] }])).toBeUndefined();
  });

  test('stay the longer the more instances there are', () => {
    const pause = fc.record({ tokensPerS: fc.double({ min: 1, max: 1e5, noNaN: true }), afterS: fc.nat(10_000) });
    fc.assert(
      fc.property(fc.array(pause, { minLength: 1 }), fc.integer({ min: 1, max: 1e7 }), (pauses, tokens) => {
        const [few, many] = [1, 2].map((instances) => keptContexts([poolOf(tokens, instances)], [demandOf(pauses)])!);

        expect(many!.keptS).toBeGreaterThanOrEqual(few!.keptS);
        expect(many!.evictedShare).toBeLessThanOrEqual(few!.evictedShare);
      }),
    );
  });
});

describe('a plan warns of contexts that are evicted', () => {
  const shipped = readFileSync('scenarios/agents-and-chat.yaml', 'utf8');
  const warningsOf = (sessionsPerHour: number, requestsPerS: number, ...changes: (readonly [string, string])[]) => {
    const rates: [string, string][] = [
      ['sessionsPerHour: 20', `sessionsPerHour: ${sessionsPerHour}`],
      ['requestsPerS: 14', `requestsPerS: ${requestsPerS}`],
    ];
    const text = [...rates, ...changes].reduce((written, [from, to]) => {
      expect(written).toContain(from);
      return written.replace(from, to);
    }, shipped);
    const planning = planRuns(scenarioOf(text), catalogue, { files: filesOf({}) });
    if (!planning.ok) throw new Error('the scenario names a trace');
    return planning.warnings.filter((warning) => warning.includes('evicted'));
  };

  test('where that makes the load risky, and says how far', () => {
    expect(warningsOf(30, 24)).toMatchInlineSnapshot(`
      [
        "model "llama-3.1-70b": sessions of "agents", "chats" come back to contexts of 11.5 million tokens, pool "shared" holds 6.43 million: about 35 % of what they come back to is evicted before the next turn finds it (unused for 121 s); the offered load ρ = 0.70 assumes that all is found, computing it again makes it about 1.09 — add instances or kvTiers",
      ]
    `);
    expect(warningsOf(20, 14)).toEqual([]);
  });

  test('only where the estimate of the load takes them for found', () => {
    expect(warningsOf(30, 24, ['prefixCaching: true', 'prefixCaching: false'])).toEqual([]);
  });

  test('unless a tier has room for them', () => {
    const tiered = (capacityGB: number) =>
      warningsOf(30, 24, ['kv: fp8', `kv: fp8\n    kvTiers: [{ kind: dram, capacityGB: ${capacityGB} }]`]);

    expect(tiered(2_000)).toEqual([]);
    expect(tiered(600)).toEqual([expect.stringContaining('"shared" holds 7.32 million (KV tiers included)')]);
  });

  test('whatever else might ask the same model, and does not', () => {
    const unasked = `
  - { name: easy, kind: chat, model: gpt-oss-120b, modelRouting: { kind: cascade, models: [gpt-oss-120b, llama-3.1-70b], accuracy: [1, 1], recall: 1 }, requestsPerS: 1, turns: measured }`;
    const pool = `    pools:
      - { name: first, accelerator: h100-sxm, model: gpt-oss-120b, instances: 8, layout: { tensorParallel: 2 } }`;
    const changes: [string, string][] = [
      ['    pools:', pool],
      ['\nworkloads:', `\nworkloads:${unasked}`],
    ];

    expect(warningsOf(30, 24, ...changes)).toEqual(warningsOf(30, 24));
  });

  test('and not for more instances', () => {
    const rates = [fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 })];
    const warnings = (sessions: number, requests: number, instances: number) =>
      warningsOf(sessions, requests, ['instances: 2', `instances: ${instances}`]).length;
    fc.assert(
      fc.property(fc.tuple(...rates), ([sessions, requests, instances]) => {
        const some = warnings(sessions!, requests!, instances!);

        expect(warnings(sessions!, requests!, instances! + 1)).toBeLessThanOrEqual(some);
      }),
      { numRuns: 15 },
    );
  });
});

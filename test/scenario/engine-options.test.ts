import { describe, expect, test } from 'vitest';
import { changed, scenarioOf, told } from './support.ts';

const LAYOUT = 'weights: fp8, layout: { tensorParallel: 4 }';
const POOL = '{ name: desk, template: h100-70b, instances: 8 }';

const withOptions = (options: string) => changed([LAYOUT, `${LAYOUT}, ${options}`]);
const engineOf = (options: string) => scenarioOf(withOptions(options)).pools[0]!.engine;

describe('an engine does', () => {
  test('what its profile says', () => {
    expect(engineOf('engine: { kind: vllm }')).toMatchObject({
      kvAllocation: 'paged',
      continuousBatching: true,
      chunkedPrefill: true,
      prefillFirst: false,
      maxNumSeqs: 256,
      blockTokens: 16,
    });
    expect(engineOf('engine: { kind: sglang }')).toMatchObject({ prefillFirst: true, asyncScheduling: true });
    expect(engineOf('engine: { kind: tensorrt-llm }')).toMatchObject({ kvAllocation: 'output' });
    expect(engineOf('engine: { kind: static }')).toMatchObject({ continuousBatching: false, kvAllocation: 'maximum' });
  });

  test('what the scenario says instead', () => {
    const options =
      'kind: sglang, prefillFirst: false, asyncScheduling: false, chunkedPrefill: false, kvAllocation: output';
    expect(engineOf(`engine: { ${options}, continuousBatching: false, blockTokens: 32 }`)).toMatchObject({
      prefillFirst: false,
      asyncScheduling: false,
      chunkedPrefill: false,
      kvAllocation: 'output',
      continuousBatching: false,
      blockTokens: 32,
    });
  });
});

describe('KV tiers', () => {
  test('have what is usual for their kind, fastest first', () => {
    const kvTiers =
      'kvTiers: [{ kind: remote, capacityGB: 4000 }, { kind: ssd, capacityGB: 800 }, { kind: dram, capacityGB: 400 }]';

    // A token of llama-3.1-70b is 80 layers × 2 × 8 heads × 128 × 2 bytes. Four accelerators have four links of 64 GB/s.
    const blockBytes = 16 * 327_680;
    expect(engineOf(kvTiers).kvTiers).toEqual([
      {
        kind: 'dram',
        scope: 'instance',
        capacityBlocks: Math.floor(400e9 / blockBytes),
        blockBytes,
        readGBPerS: 256,
        writeGBPerS: 256,
        latencyNs: 10_000,
        maxWriteQueueNs: 1e9,
        idleNs: 0,
      },
      expect.objectContaining({ kind: 'ssd', scope: 'instance', readGBPerS: 14, writeGBPerS: 10, latencyNs: 100_000 }),
      expect.objectContaining({ kind: 'remote', scope: 'pool', readGBPerS: 25, writeGBPerS: 25, latencyNs: 1_000_000 }),
    ]);
  });

  test('have what is written, and a pool has its own instead of those of its template', () => {
    const own =
      'kind: ssd, capacityGB: 1, readGBPerS: 7, writeGBPerS: 3, latency: 50us, scope: pool, idle: 1h, maxWriteQueue: 2ms';
    const text = changed(
      [LAYOUT, `${LAYOUT}, kvTiers: [{ kind: dram, capacityGB: 400 }]`],
      [POOL, `{ name: desk, template: h100-70b, instances: 8, kvTiers: [{ ${own} }] }`],
    );

    expect(scenarioOf(text).pools[0]!.engine.kvTiers).toEqual([
      {
        kind: 'ssd',
        scope: 'pool',
        capacityBlocks: Math.floor(1e9 / (16 * 327_680)),
        blockBytes: 16 * 327_680,
        readGBPerS: 7,
        writeGBPerS: 3,
        latencyNs: 50_000,
        maxWriteQueueNs: 2_000_000,
        idleNs: 3_600e9,
      },
    ]);
    expect(engineOf('kvTiers: []').kvTiers).toBeUndefined();
  });
});

test('a decode pool may take short prompts itself', () => {
  const text = changed([
    POOL,
    '{ name: first, template: h100-70b, instances: 2, role: prefill }\n      - { name: then, template: h100-70b, instances: 2, role: decode, localPrefillTokens: 512 }',
  ]);

  expect(scenarioOf(text).pools.map(({ localPrefillTokens }) => localPrefillTokens)).toEqual([undefined, 512]);
});

describe('what the user hears of', () => {
  test('a tier twice, of no known kind, too small, and of a misspelt size', () => {
    const tiers = '{ kind: dram, capacityGB: 1 }, { kind: dram, capacityGB: 2 }';
    expect(told(withOptions(`kvTiers: [${tiers}]`))).toMatchInlineSnapshot(`
      "desk.yaml:5:154  templates.h100-70b.kvTiers[1].kind
          there is a dram tier already — add up what they hold, or write another kind

      1 problem; nothing was simulated."
    `);
    expect(told(withOptions('kvTiers: [{ kind: hbm, capacityGB: 1 }]'))).toMatchInlineSnapshot(`
      "desk.yaml:5:123  templates.h100-70b.kvTiers[0].kind
          unknown KV tier "hbm" — known: dram, remote, ssd

      1 problem; nothing was simulated."
    `);
    expect(told(withOptions('kvTiers: [{ kind: dram, capacityGB: 0.001 }]'))).toMatchInlineSnapshot(`
      "desk.yaml:5:141  templates.h100-70b.kvTiers[0].capacityGB
          holds not one block of 16 tokens, which is 5242880 bytes — make it larger

      1 problem; nothing was simulated."
    `);
    expect(told(withOptions('kvTiers: [{ kind: ssd, capacityGb: 800 }]'))).toMatchInlineSnapshot(`
      "desk.yaml:5:128  templates.h100-70b.kvTiers[0].capacityGb
          unknown key \`capacityGb\` — did you mean \`capacityGB\`?

      1 problem; nothing was simulated."
    `);
  });

  test('tiers of an engine that cannot have any', () => {
    const engine = 'engine: { prefixCaching: false, reserveFullPrompt: false, kvAllocation: output }';
    expect(told(withOptions(`${engine}, kvTiers: [{ kind: dram, capacityGB: 400 }]`))).toMatchInlineSnapshot(`
      "desk.yaml:5:130  templates.h100-70b.engine.prefixCaching
          kvTiers keep what the prefix cache knows — write true, or remove kvTiers
      desk.yaml:5:156  templates.h100-70b.engine.reserveFullPrompt
          a prompt that is read from kvTiers needs blocks for all of it — write true, or remove kvTiers
      desk.yaml:5:177  templates.h100-70b.engine.kvAllocation
          kvTiers hold blocks that are paged, and this engine's memory is "output" — write paged, or remove kvTiers

      3 problems; nothing was simulated."
    `);
  });

  test('requests that no step can hold', () => {
    const engine = 'engine: { chunkedPrefill: false, maxNumBatchedTokens: 4096, maxModelTokens: 8192 }';
    expect(told(withOptions(engine))).toMatchInlineSnapshot(`
      "desk.yaml:5:159  templates.h100-70b.engine.maxNumBatchedTokens
          without chunkedPrefill a preempted request is computed again in one step, and maxNumBatchedTokens 4096 is below maxModelTokens 8192 — make them equal, or write chunkedPrefill: true

      1 problem; nothing was simulated."
    `);
  });

  test('an allocation that does not exist', () => {
    expect(told(withOptions('engine: { kvAllocation: page }'))).toMatchInlineSnapshot(`
      "desk.yaml:5:129  templates.h100-70b.engine.kvAllocation
          unknown allocation "page" — did you mean "paged"? known: maximum, output, paged

      1 problem; nothing was simulated."
    `);
  });

  test('short prompts of a pool that computes all of them', () => {
    expect(told(changed([POOL, `${POOL.slice(0, -2)}, localPrefillTokens: 512 }`]))).toMatchInlineSnapshot(`
      "desk.yaml:11:77  regions[0].pools[0].localPrefillTokens
          only a decode pool leaves prompts to others, and this pool is mixed — remove localPrefillTokens, or write role: decode

      1 problem; nothing was simulated."
    `);
  });
});

import { describe, expect, test } from 'vitest';
import { offeredLoads } from '../../src/scenario/offered-load.ts';
import type { PoolPlan } from '../../src/sim/plan.ts';
import type { StepCost } from '../../src/sim/ports.ts';
import { NS_PER_MS, TICKS_PER_NS } from '../../src/sim/units.ts';
import { roomyEngine } from '../support/plans.ts';
import { NO_ENERGY } from '../support/step-costs.ts';
import { changed, scenarioOf, told } from './support.ts';

const POOL = '{ name: desk, template: h100-70b, instances: 8 }';

function pools(...lines: readonly string[]): string {
  return changed([POOL, lines.map((line) => `{ template: h100-70b, instances: 2, ${line} }`).join('\n      - ')]);
}

describe('what the user hears of', () => {
  test('a prefill pool that nobody decodes for, and a decode pool that nobody prefills for', () => {
    const small = 'name: small, model: llama-3.1-8b, role: decode';
    expect(told(pools('name: first, role: prefill', small))).toMatchInlineSnapshot(`
      "desk.yaml:11:64  regions[0].pools[0].role
          no pool decodes what this one has prefilled of "llama-3.1-70b" — add a pool of it with role: decode
      desk.yaml:12:85  regions[0].pools[1].role
          no pool prefills "llama-3.1-8b" for this one to decode — add a pool of it with role: prefill

      2 problems; nothing was simulated."
    `);
  });

  test('a link of a pool that sends nothing', () => {
    expect(told(pools('name: all, kvLink: network'))).toMatchInlineSnapshot(`
      "desk.yaml:11:64  regions[0].pools[0].kvLink
          only a prefill pool sends its KV cache away, and this pool is mixed — remove kvLink, or write role: prefill

      1 problem; nothing was simulated."
    `);
  });

  test('KV caches in different formats', () => {
    const text = pools('name: first, role: prefill', 'name: then, role: decode, kv: fp8');
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:11:9  regions[0].pools[0]
          its KV cache is in bf16, that of pool "then", which decodes, in fp8 — write the same \`kv\` for both

      1 problem; nothing was simulated."
    `);
  });

  test('a role, a link and a rate that do not exist', () => {
    const text = pools(
      'name: a, role: prefil',
      'name: b, role: prefill, kvLink: infiniband',
      'name: c, role: prefill, kvLink: { gbPerS: 0, latency: 3 }',
    );
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:11:60  regions[0].pools[0].role
          unknown role "prefil" — did you mean "prefill"? known: decode, mixed, prefill
      desk.yaml:12:77  regions[0].pools[1].kvLink
          unknown link "infiniband" — did you mean "infiniband-hdr"? known: infiniband-hdr, infiniband-ndr, infiniband-xdr, network, roce-100, roce-200, roce-400, roce-800, scale-up
      desk.yaml:13:87  regions[0].pools[2].kvLink.gbPerS
          must be above 0, found 0
      desk.yaml:13:90  regions[0].pools[2].kvLink.latency
          unknown key \`latency\` — did you mean \`latencyUs\`?

      4 problems; nothing was simulated."
    `);
  });
});

describe('the link of a prefill pool', () => {
  /** 80 layers, keys and values of 8 heads of 128 numbers, in bf16. */
  const kvBytesPerToken = 80 * 2 * 8 * 128 * 2;
  const linkOf = (link: string) =>
    scenarioOf(pools(`name: first, role: prefill${link}`, 'name: then, role: decode')).pools[0]!.kvLink;

  test('is by default the network of its four accelerators, 50 GB/s each', () => {
    expect(linkOf('')).toEqual({ gbPerS: 4 * 50, latencyNs: 25_000, kvBytesPerToken });
  });

  test('can be their NVLink, 450 GB/s each way, or ports of 800 Gbit/s', () => {
    expect(linkOf(', kvLink: scale-up')).toMatchObject({ gbPerS: 4 * 450 });
    expect(linkOf(', kvLink: infiniband-xdr')).toMatchObject({ gbPerS: 4 * 100 });
  });

  test('can be measured: then it is that of the whole instance', () => {
    expect(linkOf(', kvLink: { gbPerS: 1.25, latencyUs: 30000 }')).toEqual({
      gbPerS: 1.25,
      latencyNs: 30_000_000,
      kvBytesPerToken,
    });
  });

  test('has half the bytes to carry in fp8', () => {
    const text = pools('name: first, role: prefill, kv: fp8', 'name: then, role: decode, kv: fp8');
    expect(scenarioOf(text).pools[0]!.kvLink).toMatchObject({ kvBytesPerToken: kvBytesPerToken / 2 });
  });

  test('is one that no other pool has', () => {
    const { pools: planned } = scenarioOf(pools('name: first, role: prefill', 'name: then, role: decode', 'name: all'));
    expect(planned.map(({ role }) => role)).toEqual(['prefill', 'decode', 'mixed']);
    expect(planned.map(({ kvLink }) => kvLink === undefined)).toEqual([false, true, true]);
  });
});

describe('offered load of pools that work in pairs', () => {
  const TICKS_PER_MS = NS_PER_MS * TICKS_PER_NS;
  /** 10 ms a step, and 1 ms more for every 100 prompt tokens. */
  const cost: StepCost = {
    decodePiece: () => ({ fixedTicks: 10 * TICKS_PER_MS, ticksPerKvToken: 0, ...NO_ENERGY, untilKvTokens: Infinity }),
    prefillStepTicks: ({ prefillTokens }) => (10 + prefillTokens / 100) * TICKS_PER_MS,
    prefillStepQuanta: () => 0,
    chunkWeight: (tokens) => tokens,
  };
  const [prefill, decode] = scenarioOf(pools('name: first, role: prefill', 'name: then, role: decode')).pools;
  const engine = { ...roomyEngine, maxNumSeqs: 50, maxNumBatchedTokens: 1_000 };
  const fast = { gbPerS: 1e6, latencyNs: 0, kvBytesPerToken: 1 };
  const demand = { requestsPerS: 10, meanPromptTokens: 400, meanOutputTokens: 101, meanSessionS: 0 };
  const loads = (...planned: readonly PoolPlan[]) =>
    offeredLoads({ models: ['model'], pools: planned, workloads: [{ model: 0 }] }, [demand], () => cost);

  test('is that of prompts in full steps here, of decode steps there', () => {
    const [first, then] = loads(
      { ...prefill!, engine, kvLink: fast, instances: 1 },
      { ...decode!, engine, instances: 3 },
    );

    // Two prompts of 400 tokens fit a step of 1,000: 18 ms for both. 100 further tokens in steps shared by 50: 20 ms.
    expect(first!.capacityRequestsPerS).toBeCloseTo(1 / 0.009, 9);
    expect(then!.capacityRequestsPerS).toBeCloseTo(3 / 0.02, 9);
    expect([first!.load, then!.load]).toEqual([
      expect.closeTo(10 * 0.009, 9) as unknown,
      expect.closeTo((10 * 0.02) / 3, 9) as unknown,
    ]);
  });

  test('is that of the link where it is slower than the steps', () => {
    // 400 tokens of 100 kB at 1 GB/s: 40 ms.
    const slow = { gbPerS: 1, latencyNs: 0, kvBytesPerToken: 100_000 };
    const [first] = loads({ ...prefill!, engine, kvLink: slow, instances: 1 }, { ...decode!, engine });

    expect(first!.capacityRequestsPerS).toBeCloseTo(1 / 0.04, 9);
  });

  test('next to a pool that does everything is spread over both ways', () => {
    const apart = [
      { ...prefill!, engine, kvLink: fast, instances: 1 },
      { ...decode!, engine, instances: 1 },
    ] as const;
    const all: PoolPlan = { ...decode!, role: 'mixed', engine, instances: 1 };
    const [first, then, mixed] = loads(...apart, all);

    // Alone it serves one request in 4 + 20.2 ms.
    expect(mixed!.capacityRequestsPerS).toBeCloseTo(1 / 0.0242, 9);
    expect(first!.load).toBeCloseTo(10 / (1 / 0.009 + 1 / 0.0242), 9);
    expect(then!.load).toBeCloseTo(10 / (1 / 0.02 + 1 / 0.0242), 9);
    expect(mixed!.load).toBeCloseTo(then!.load, 9);
  });
});

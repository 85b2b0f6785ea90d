import { describe, expect, test } from 'vitest';
import { loadAccelerator } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import type { MemoryRequest } from '../../src/sim/memory.ts';
import { dividesHeads, planMemory } from '../../src/sim/memory.ts';

const small = loadModel('llama-3.1-8b').numbers;
const large = loadModel('llama-3.1-70b').numbers;
const bf16: MemoryRequest = { weights: 'bf16', kv: 'bf16', tensorParallel: 1, blockTokens: 16 };

const planOn = (accelerator: string, model: typeof small, request: Partial<MemoryRequest>) =>
  planMemory(loadAccelerator(accelerator).numbers, model, { ...bf16, ...request });

const blocksOf = (accelerator: string, model: typeof small, request: Partial<MemoryRequest>) => {
  const plan = planOn(accelerator, model, request);
  return plan.fits ? plan.kvBlocks : 0;
};

describe('KV blocks', () => {
  // vLLM 0.15.1, Llama-3.1-70B on 4 H100: 30,251 blocks at 8,192 tokens a step, 30,425 at 2,048.
  test('of Llama-3.1-70B on 4 H100 are those that vLLM found, within 1 %', () => {
    expect(blocksOf('h100-sxm', large, { tensorParallel: 4 }) / 30_251).toBeCloseTo(1, 2);
  });

  test('are whole, and one more of each accelerator would not fit', () => {
    const plan = planOn('l40s', small, {});
    if (!plan.fits) throw new Error('8B fits an L40S');
    const bytes = (blocks: number) => blocks * 16 * plan.kvBytesPerTokenPerAccelerator;
    const room = plan.budgetBytes - plan.reservedBytes - plan.weightBytesPerAccelerator;

    expect(Number.isInteger(plan.kvBlocks)).toBe(true);
    expect(bytes(plan.kvBlocks)).toBeLessThanOrEqual(room);
    expect(bytes(plan.kvBlocks + 1)).toBeGreaterThan(room);
  });

  test('double with an fp8 cache, and grow with the share of the memory', () => {
    const wide = blocksOf('h100-sxm', small, {});

    expect(Math.abs(blocksOf('h100-sxm', small, { kv: 'fp8' }) - 2 * wide)).toBeLessThanOrEqual(1);
    expect(blocksOf('h100-sxm', small, { memoryUtilisation: 0.95 })).toBeGreaterThan(wide);
    expect(blocksOf('h100-sxm', small, { memoryUtilisation: 0.9 })).toBe(wide);
  });
});

describe('a model that does not fit', () => {
  test('says how many accelerators would hold it', () => {
    expect(planOn('h100-sxm', large, {})).toMatchObject({ fits: false, tensorParallelNeeded: 2 });
    expect(planOn('l40s', large, { tensorParallel: 2 })).toMatchObject({ fits: false, tensorParallelNeeded: 4 });
    expect(planOn('l40s', large, { weights: 'fp8' })).toMatchObject({ fits: false, tensorParallelNeeded: 2 });
  });

  test('fits a B200 alone, and an L40S with half of the layers', () => {
    expect(planOn('b200', large, {}).fits).toBe(true);
    expect(planOn('l40s', { ...large, layers: 40 }, { weights: 'fp8' }).fits).toBe(true);
  });

  test('is also one whose longest request does not', () => {
    const leastKvTokens = 131_072;

    expect(planOn('h100-sxm', large, { tensorParallel: 2, leastKvTokens })).toMatchObject({
      fits: false,
      tensorParallelNeeded: 4,
    });
  });

  test('has no answer when a whole node is too small', () => {
    expect(planOn('l40s', { ...large, layers: 320 }, {})).toMatchObject({
      fits: false,
      tensorParallelNeeded: undefined,
    });
  });
});

test('heads are shared or replicated whole', () => {
  expect([1, 2, 4, 8, 16].map((group) => dividesHeads(large, group))).toEqual([true, true, true, true, true]);
  expect([3, 6, 12, 128].map((group) => dividesHeads(large, group))).toEqual([false, false, false, false]);
});

test('weights of every accelerator of a group add up to the checkpoint, norms counted once each', () => {
  const alone = planOn('b200', small, {}).weightBytesPerAccelerator;
  const norms = 2 * (2 * small.layers + 1) * small.hidden;
  const quarter = planOn('b200', small, { tensorParallel: 4 }).weightBytesPerAccelerator;

  expect(alone).toBe(2 * 8_030_261_248);
  expect(4 * (quarter - norms) + norms).toBe(alone);
});

import { describe, expect, test } from 'vitest';
import { loadAccelerator } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import type { MemoryRequest } from '../../src/sim/memory.ts';
import { planMemory } from '../../src/sim/memory.ts';
import { dividesModel } from '../../src/sim/serving-layout.ts';
import { ALONE } from './roofline-cases.ts';

const small = loadModel('llama-3.1-8b').numbers;
const large = loadModel('llama-3.1-70b').numbers;
const bf16: MemoryRequest = { ...ALONE, blockTokens: 16 };

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

  test('with a share of what the weights leave are more by the tenth of weights and buffers that it spares', () => {
    const whole = planOn('h200', large, { weights: 'fp8' });
    const beside = planOn('h200', large, { weights: 'fp8', utilisationBesideWeights: true });
    if (!whole.fits || !beside.fits) throw new Error('70B in fp8 fits an H200');
    const spared = 0.1 * (whole.weightBytesPerAccelerator + whole.reservedBytes);

    expect((beside.kvBlocks - whole.kvBlocks) * 16 * whole.kvBytesPerTokenPerAccelerator).toBeCloseTo(spared, -7);
  });
});

describe('a model that does not fit', () => {
  test('says how many accelerators would hold it', () => {
    expect(planOn('h100-sxm', large, {})).toMatchObject({
      fits: false,
      needed: { tensorParallel: 2, pipelineParallel: 1 },
    });
    expect(planOn('l40s', large, { tensorParallel: 2 })).toMatchObject({
      fits: false,
      needed: { tensorParallel: 4, pipelineParallel: 1 },
    });
    expect(planOn('l40s', large, { weights: 'fp8' })).toMatchObject({
      fits: false,
      needed: { tensorParallel: 2, pipelineParallel: 1 },
    });
  });

  test('fits a B200 alone, and two L40S with half of the layers each', () => {
    expect(planOn('b200', large, {}).fits).toBe(true);
    expect(planOn('l40s', large, { weights: 'fp8', pipelineParallel: 2 }).fits).toBe(true);
  });

  test('is also one whose longest request does not', () => {
    const leastKvTokens = 131_072;

    expect(planOn('h100-sxm', large, { tensorParallel: 2, leastKvTokens })).toMatchObject({
      fits: false,
      needed: { tensorParallel: 4, pipelineParallel: 1 },
    });
  });

  test('is cut into stages on several nodes when one is too small, and has no answer when 16 stages are too few', () => {
    const deep = (times: number) => ({
      ...large,
      layers: 80 * times,
      attention: large.attention.map((it) => ({ ...it, layers: 80 * times })),
      feedForward: large.feedForward.map((it) => ({ ...it, layers: 80 * times })),
    });

    expect(planOn('l40s', deep(4), {})).toMatchObject({ needed: { tensorParallel: 8, pipelineParallel: 2 } });
    expect(planOn('l40s', deep(100), {})).toMatchObject({ fits: false, needed: undefined });
  });
});

test('heads are shared or replicated whole', () => {
  expect([1, 2, 4, 8, 16].map((group) => dividesModel(large, group))).toEqual([true, true, true, true, true]);
  expect([3, 6, 12, 128].map((group) => dividesModel(large, group))).toEqual([false, false, false, false]);
});

test('weights of every accelerator of a group add up to the checkpoint, norms counted once each', () => {
  const alone = planOn('b200', small, {}).weightBytesPerAccelerator;
  const norms = 2 * (2 * small.layers + 1) * small.hidden;
  const quarter = planOn('b200', small, { tensorParallel: 4 }).weightBytesPerAccelerator;

  expect(alone).toBe(2 * 8_030_261_248);
  expect(4 * (quarter - norms) + norms).toBe(alone);
});

describe('what a sequence holds beside blocks that grow with it', () => {
  const bytesPerBlock = 16 * 2;

  test('a window leaves room for more tokens, once every sequence may have filled its own', () => {
    const { numbers } = loadModel('gemma-3-27b');
    const [full, windowed] = [10, 52].map((layers) => layers * 2 * 16 * 128);
    const plan = planOn('b200', numbers, { maxNumSeqs: 16 });
    if (!plan.fits) throw new Error('27B fits a B200');
    const room = plan.budgetBytes - plan.reservedBytes - plan.weightBytesPerAccelerator - 2 * windowed! * 16 * 1024;

    expect(plan.kvBlocks).toBe(Math.floor(room / (full! * bytesPerBlock)));
    expect(blocksOf('b200', numbers, { maxNumSeqs: 1024 })).toBeLessThan(plan.kvBlocks / 3);
  });

  test('states of linear attention are set aside for every sequence that may run, in 32 bits', () => {
    const plan = planOn('b200', loadModel('qwen3.5-397b-a17b').numbers, { tensorParallel: 8, maxNumSeqs: 100 });

    expect(plan.stateBytes).toBe((100 * 45 * 64 * 128 * 128 * 4) / 8);
  });

  test('a latent vector is on every accelerator of a tensor group, and an eighth of the sequences in each of 8 groups', () => {
    const { numbers } = loadModel('deepseek-v3');
    const tensor = planOn('b200', numbers, { weights: 'fp8', tensorParallel: 8 });
    const groups = planOn('b200', numbers, { weights: 'fp8', dataParallel: 8, expertParallel: 8 });
    if (!tensor.fits || !groups.fits) throw new Error('671 GB fit 8 B200');

    expect(tensor.kvBytesPerTokenPerAccelerator).toBe(61 * 576 * 2);
    expect(groups.kvBytesPerTokenPerAccelerator).toBe(61 * 576 * 2);
    expect(groups.weightBytesPerAccelerator).toBeGreaterThan(tensor.weightBytesPerAccelerator);
    expect(groups.kvBlocks / tensor.kvBlocks).toBeGreaterThan(6);
  });

  test('KV heads are replicated where there are fewer than accelerators', () => {
    const { numbers } = loadModel('qwen3-235b-a22b');
    const perToken = [2, 4, 8].map(
      (tensorParallel) => planOn('h100-sxm', numbers, { tensorParallel }).kvBytesPerTokenPerAccelerator,
    );

    expect(perToken).toEqual([2, 1, 1].map((heads) => 2 * 94 * heads * 128 * 2));
  });
});

describe('published sizes of checkpoints', () => {
  // gpt-oss model card: 60.8 and 12.8 GiB; Mixtral: 46.7 billion parameters in 16 bits.
  test.each([
    ['gpt-oss-120b', 65.2e9],
    ['gpt-oss-20b', 13.8e9],
    ['mixtral-8x7b', 93.4e9],
  ])('%s needs its checkpoint within 2 %', (name, bytes) => {
    const { numbers } = loadModel(name);
    const plan = planOn('b200', numbers, { weights: numbers.weights });

    expect(Math.abs(plan.weightBytesPerAccelerator / bytes - 1)).toBeLessThan(0.02);
  });
});

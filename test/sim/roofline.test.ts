import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadAccelerator, loadEngine } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import { rooflineParameters } from '../../src/sim/roofline-parameters.ts';
import type { StepShape, WorkCounters } from '../../src/sim/roofline.ts';
import { achievedFlops, achievedHbmBytes, stepNs } from '../../src/sim/roofline.ts';
import { layoutProblems } from '../../src/sim/serving-layout.ts';
import { ALONE, costOf, decodeMs, shapeOf } from './roofline-cases.ts';

const costs = [
  costOf('h100-sxm', 'llama-3.1-8b'),
  costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4, weights: 'fp8', kv: 'fp8' }),
  costOf('b200', 'llama-3.1-70b', { tensorParallel: 2, weights: 'fp4' }),
  costOf('l40s', 'llama-3.1-8b', { tensorParallel: 2 }),
  costOf('h100-sxm', 'mixtral-8x7b', { tensorParallel: 2, weights: 'int4' }),
  costOf('b200', 'deepseek-r1', {
    tensorParallel: 8,
    weights: 'fp4',
    kv: 'fp8',
    expertParallel: 8,
    expertLoadSkew: 1.3,
  }),
  costOf('h100-sxm', 'gpt-oss-120b', { weights: 'mxfp4' }),
  costOf('b200', 'qwen3.5-397b-a17b', { tensorParallel: 8, weights: 'fp8' }),
  costOf('b200', 'gemma-3-27b'),
];
const anyCost = fc.constantFrom(...costs);
/** More sequences may fill more groups or stages, and so take less time with the same tokens in the cache. */
const parallelCosts = [
  costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 2, pipelineParallel: 4 }),
  costOf('b200', 'deepseek-r1', { weights: 'fp4', dataParallel: 8, expertParallel: 8 }),
  costOf('h100-sxm', 'deepseek-v3', { weights: 'fp8', tensorParallel: 2, dataParallel: 16, expertParallel: 32 }),
];
const anyParallelCost = fc.constantFrom(...costs, ...parallelCosts);

/** Any batch that an engine could form: every sequence attends to at least itself, every chunk has its pairs. */
const anyShape = fc
  .record({
    decodeSeqs: fc.integer({ min: 0, max: 512 }),
    contextTokens: fc.integer({ min: 1, max: 4000 }),
    prefillTokens: fc.integer({ min: 0, max: 8192 }),
    prefillContextTokens: fc.integer({ min: 0, max: 30_000 }),
    promptsFinished: fc.integer({ min: 0, max: 8 }),
    clock: fc.double({ min: 0.2, max: 1, noNaN: true }),
  })
  .filter(({ decodeSeqs, prefillTokens }) => decodeSeqs + prefillTokens > 0)
  .map(({ contextTokens, ...shape }): StepShape => {
    const { decodeSeqs, prefillTokens } = shape;
    const own = (prefillTokens * (prefillTokens + 1)) / 2;
    return {
      ...shape,
      kvTokens: decodeSeqs * contextTokens,
      prefillPairs: own + (prefillTokens > 0 ? shape.prefillContextTokens * prefillTokens : 0),
      prefillContextTokens: prefillTokens > 0 ? shape.prefillContextTokens : 0,
      promptsFinished: Math.min(shape.promptsFinished, prefillTokens),
    };
  });

describe('a step', () => {
  const more = ['decodeSeqs', 'kvTokens', 'prefillTokens', 'prefillPairs', 'prefillContextTokens'] as const;

  test.each(more)('never takes less time with more %s', (field) => {
    fc.assert(
      fc.property(anyCost, anyShape, fc.integer({ min: 1, max: 5000 }), (cost, shape, extra) => {
        expect(stepNs(cost, { ...shape, [field]: shape[field] + extra })).toBeGreaterThanOrEqual(stepNs(cost, shape));
      }),
    );
  });

  test('never takes less time when a prompt finishes in it', () => {
    fc.assert(
      fc.property(anyCost, anyShape, (cost, shape) => {
        const finished = { ...shape, promptsFinished: shape.promptsFinished + 1 };
        expect(stepNs(cost, finished)).toBeGreaterThanOrEqual(stepNs(cost, shape));
      }),
    );
  });

  test.each(['kvTokens', 'prefillTokens', 'prefillPairs', 'prefillContextTokens'] as const)(
    'in groups and stages never takes less time with more %s',
    (field) => {
      fc.assert(
        fc.property(
          fc.constantFrom(...parallelCosts),
          anyShape,
          fc.integer({ min: 1, max: 5000 }),
          (cost, shape, extra) => {
            const larger = {
              ...shape,
              prefillTokens: Math.max(1, shape.prefillTokens),
              decodeSeqs: Math.max(64, shape.decodeSeqs),
            };

            expect(stepNs(cost, { ...larger, [field]: larger[field] + extra })).toBeGreaterThanOrEqual(
              stepNs(cost, larger),
            );
          },
        ),
      );
    },
  );

  test('at a lower clock takes at most as much longer as the clock is lower', () => {
    fc.assert(
      fc.property(anyParallelCost, anyShape, (cost, shape) => {
        const full = stepNs(cost, { ...shape, clock: 1 });
        const lowered = stepNs(cost, shape);

        expect(lowered).toBeGreaterThanOrEqual(full);
        expect(lowered * shape.clock).toBeLessThanOrEqual(full * (1 + 1e-12));
      }),
    );
  });

  test('does not move more bytes or compute more than the peaks allow in its time', () => {
    fc.assert(
      fc.property(anyParallelCost, anyShape, (cost, shape) => {
        const seconds = stepNs(cost, { ...shape, clock: 1 }) / 1e9;
        const { decodeSeqs, kvTokens } = shape;
        const work = { ...shape, steps: 1, decodeSeqSteps: decodeSeqs, kvTokenSteps: kvTokens };

        expect(achievedHbmBytes(cost, work) / seconds).toBeLessThanOrEqual(cost.peakHbmBytesPerS);
        expect(achievedFlops(cost, work) / seconds).toBeLessThanOrEqual(cost.peakFlopsPerS);
      }),
    );
  });

  test('is compute-bound at half the clock when it is all prefill: nearly twice as long', () => {
    const prompt = shapeOf({ prefillTokens: 8192, prefillPairs: (8192 * 8193) / 2 });
    const slowdown = stepNs(costs[0]!, { ...prompt, clock: 0.5 }) / stepNs(costs[0]!, prompt);

    expect(slowdown).toBeGreaterThan(1.8);
  });

  test('is bound by memory at half the clock when it is a small decode: at most 1 / 0.88 as long', () => {
    const decode = shapeOf({ decodeSeqs: 8, kvTokens: 8000 });
    const slowdown = stepNs(costs[0]!, { ...decode, clock: 0.5 }) / stepNs(costs[0]!, decode);

    expect(slowdown).toBeGreaterThan(1);
    expect(slowdown).toBeLessThanOrEqual(1 / 0.88);
  });
});

test('work is counted by hand for one step of Llama-3.1-8B', () => {
  const cost = costOf('h100-sxm', 'llama-3.1-8b');
  const work: WorkCounters = {
    steps: 1,
    decodeSeqSteps: 2,
    prefillTokens: 10,
    kvTokenSteps: 300,
    prefillPairs: 55,
    prefillContextTokens: 0,
  };
  const layers = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336);
  const head = 128_256 * 4096;

  expect(achievedFlops(cost, work)).toBe(2 * layers * 12 + 2 * head * 2 + 4 * 32 * 128 * 32 * 355);
  expect(achievedHbmBytes(cost, work)).toBeCloseTo(2 * (layers + head) + 131_072 * 310 + 58.224 * 32 * 4096 * 12, 0);
});

describe('coefficients', () => {
  test('measured on Hopper replace the general ones there and nowhere else', () => {
    const { stepCost, stepCostByGeneration } = loadEngine('vllm').numbers;
    const hopper = stepCostByGeneration.hopper?.layerFloorUs;

    expect(hopper).not.toBe(stepCost.layerFloorUs);
    expect(costOf('h100-sxm', 'llama-3.1-8b').floorNs).toBeCloseTo(32 * hopper! * 1e3, 3);
    expect(costOf('l40s', 'llama-3.1-8b').floorNs).toBeCloseTo(32 * stepCost.layerFloorUs * 1e3, 3);
  });

  test('parameters are plain data: they survive JSON to the bit', () => {
    for (const cost of costs) expect(JSON.parse(JSON.stringify(cost))).toEqual(cost);
  });

  test('an 8-bit cache is read 1.45 times as fast on H100, not twice', () => {
    const wide = costOf('h100-sxm', 'llama-3.1-8b');
    const narrow = costOf('h100-sxm', 'llama-3.1-8b', { kv: 'fp8' });

    expect(wide.kvReadNsPerToken / narrow.kvReadNsPerToken).toBeCloseTo(1.45, 10);
    expect(decodeMs(narrow, 64, 4000)).toBeLessThan(decodeMs(wide, 64, 4000));
  });
});

describe('a layout that the profiles cannot time', () => {
  const { numbers: h100 } = loadAccelerator('h100-sxm');
  const l40s = { ...loadAccelerator('l40s').numbers, allToAll: {} };
  const { numbers: dense } = loadModel('llama-3.1-8b');
  const { numbers: experts } = loadModel('qwen3-235b-a22b');

  test.each([
    [h100, dense, { weights: 'fp4' }, 'the accelerator has no fp4 arithmetic — it has bf16, fp8'],
    [h100, dense, { kv: 'fp4' }, 'no figures for a KV cache in fp4 on the accelerator — there are for bf16, fp8'],
    [h100, dense, { tensorParallel: 3 }, '3 accelerators cannot share the 32 query and 8 KV heads of the model'],
    [h100, dense, { tensorParallel: 16 }, '16 accelerators are more than the 8 of a node of the accelerator'],
    [h100, dense, { pipelineParallel: 33 }, '33 stages cannot share the 32 layers of the model — write at most 32'],
    [h100, dense, { dataParallel: 2 }, 'the groups would share nothing, for the model has no experts'],
    [h100, dense, { expertParallel: 2 }, 'the model has no experts — leave it out'],
    [
      h100,
      experts,
      { tensorParallel: 8, expertParallel: 3 },
      '3 parts on 8 accelerators cannot hold the 128 experts of 1536',
    ],
    [l40s, experts, { dataParallel: 2, expertParallel: 2 }, 'no figures for sending tokens among 2 × the accelerator'],
    [h100, experts, { dataParallel: 128, expertParallel: 128 }, 'there are up to 64'],
  ] as const)('%#: $2', (accelerator, model, change, sentence) => {
    const changed = { ...ALONE, ...change };

    expect(layoutProblems(accelerator, model, changed).map((it) => it.sentence)).toEqual([
      expect.stringContaining(sentence),
    ]);
    expect(() => rooflineParameters(accelerator, model, loadEngine('vllm').numbers, changed)).toThrow(sentence);
  });

  test('is none of these', () => {
    expect(layoutProblems(h100, dense, { ...ALONE, tensorParallel: 4, pipelineParallel: 4 })).toEqual([]);
    expect(layoutProblems(h100, experts, { ...ALONE, dataParallel: 64, expertParallel: 64 })).toEqual([]);
  });
});

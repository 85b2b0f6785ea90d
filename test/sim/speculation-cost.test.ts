import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadAccelerator, loadEngine } from '../../src/hardware-profiles/index.ts';
import { loadModel } from '../../src/model-profiles/index.ts';
import { meanTokensPerStep } from '../../src/sim/decode-steps.ts';
import { type DraftModel, eagleDraft, modelDraft, mtpDraft } from '../../src/sim/draft-model.ts';
import { planMemory } from '../../src/sim/memory.ts';
import { layerParameters, totalParameters } from '../../src/sim/model-shape.ts';
import type { ServingLayout } from '../../src/sim/profiles.ts';
import type { RooflineParameters } from '../../src/sim/roofline.ts';
import { achievedFlops, achievedHbmBytes, stepNs } from '../../src/sim/roofline.ts';
import { speculationCost } from '../../src/sim/speculation-cost.ts';
import { ALONE, costOf, shapeOf } from './roofline-cases.ts';

const vllm = loadEngine('vllm').numbers;
const deepseek = loadModel('deepseek-v3').numbers;
const llama70b = loadModel('llama-3.1-70b').numbers;
const llama8b = loadModel('llama-3.1-8b').numbers;
const fp8On8: ServingLayout = { ...ALONE, weights: 'fp8', tensorParallel: 8 };
const fp8On4: ServingLayout = { ...ALONE, weights: 'fp8', tensorParallel: 4 };

function guessing(
  accelerator: string,
  model: string,
  layout: ServingLayout,
  draftTokens: number,
  draft?: DraftModel,
): RooflineParameters {
  const { numbers } = loadAccelerator(accelerator);
  return {
    ...costOf(accelerator, model, layout),
    speculation: speculationCost(numbers, vllm, layout, draftTokens, draft),
  };
}

const decode = (decodeSeqs: number, contextTokens: number) =>
  shapeOf({ decodeSeqs, kvTokens: decodeSeqs * contextTokens });

const pools: [what: string, plain: RooflineParameters, guess: RooflineParameters][] = [
  [
    'layers of DeepSeek-V3',
    costOf('h200', 'deepseek-v3', fp8On8),
    guessing('h200', 'deepseek-v3', fp8On8, 1, mtpDraft(deepseek, 1, 'fp8')),
  ],
  [
    'a head for Llama-3.1-70B',
    costOf('h100-sxm', 'llama-3.1-70b', fp8On4),
    guessing('h100-sxm', 'llama-3.1-70b', fp8On4, 3, eagleDraft(llama70b, 1)),
  ],
  [
    'Llama-3.1-8B for 70B',
    costOf('h100-sxm', 'llama-3.1-70b', fp8On4),
    guessing('h100-sxm', 'llama-3.1-70b', fp8On4, 5, modelDraft(llama8b)),
  ],
  ['n-grams', costOf('h100-sxm', 'llama-3.1-8b'), guessing('h100-sxm', 'llama-3.1-8b', ALONE, 5)],
];

describe('what guesses', () => {
  test('in DeepSeek-V3 has the 11.5 billion numbers of its own that its publisher counts', () => {
    expect(layerParameters(mtpDraft(deepseek, 1, 'fp8').shape) / 11.5e9).toBeCloseTo(1, 2);
  });

  test('as a head for Llama-3.1-8B is one layer and a small output head', () => {
    const { shape, embeddingNumbers } = eagleDraft(llama8b, 1);

    // Attention 2 · 4096² + 2 · 4096 · 1024, feed-forward 3 · 4096 · 14336.
    expect(layerParameters(shape)).toBe(41_943_040 + 176_160_768);
    expect(embeddingNumbers).toBe(32_000 * 4_096);
  });
});

describe('a step that verifies guesses', () => {
  /** As often as its publisher measured: 85 to 90 %. */
  const tokens = meanTokensPerStep({ draftTokens: 1, acceptance: 0.875, random: false });
  const [[, plain, guess]] = pools as [(typeof pools)[0]];

  // SGLang's documentation of DeepSeek V3: H200, tensor parallel 8.
  test.each([
    [1, 1.8],
    [32, 1.5],
  ])('of %i sequences decodes DeepSeek-V3 %f times as fast, within a tenth', (seqs, published) => {
    const speedup = (tokens * stepNs(plain, decode(seqs, 1_000))) / stepNs(guess, decode(seqs, 1_000));

    expect(Math.abs(speedup / published - 1)).toBeLessThan(0.1);
  });

  test.each(pools)('takes longer than one that does not, %s', (_, without, withGuesses) => {
    for (const seqs of [1, 7, 64, 256]) {
      expect(stepNs(withGuesses, decode(seqs, 500))).toBeGreaterThan(stepNs(without, decode(seqs, 500)));
    }
  });

  test('multiplies matrices as many more sequences would, and reads the cache once', () => {
    const noHost = { hostNs: 0, hostSequenceNs: 0, sequenceNs: 0 };
    const one = { ...costOf('h100-sxm', 'llama-3.1-8b'), ...noHost };
    const five = { ...one, speculation: { tokensPerSequence: 5 } };
    const perKvToken = (p: RooflineParameters) =>
      (stepNs(p, decode(100, 3_000)) - stepNs(p, decode(100, 2_000))) / 100_000;

    expect(stepNs(five, shapeOf({ decodeSeqs: 100, kvTokens: 0 }))).toBeCloseTo(
      stepNs(one, shapeOf({ decodeSeqs: 500, kvTokens: 0 })),
      3,
    );
    expect(perKvToken(five)).toBeCloseTo(perKvToken(one), 6);
  });

  test('touches the experts of all its tokens', () => {
    const { experts } = costOf('h200', 'deepseek-v3', fp8On8);
    const bytes = (p: RooflineParameters, decodeSeqs: number) =>
      achievedHbmBytes(
        { ...p, activationBytesPerToken: 0 },
        {
          steps: 1,
          decodeSeqSteps: decodeSeqs,
          kvTokenSteps: 0,
          prefillTokens: 0,
          prefillPairs: 0,
          prefillContextTokens: 0,
        },
      );
    const p = costOf('h200', 'deepseek-v3', fp8On8);

    // The second token reads an expert if it chooses it and the first has not.
    const missed = experts!.missShares;
    const newly = missed.reduce((total, share) => total + share * (1 - share), 0) / missed.length;
    expect(bytes({ ...p, speculation: { tokensPerSequence: 2 } }, 1) - bytes(p, 1)).toBeCloseTo(
      experts!.bytes * newly,
      -3,
    );
  });
});

describe('with guesses', () => {
  const batch = fc.record({
    decodeSeqs: fc.integer({ min: 1, max: 512 }),
    contextTokens: fc.integer({ min: 1, max: 8_000 }),
    prefillTokens: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8_000 })),
  });

  test.each(pools)('neither compute nor memory is used beyond its peak, %s', (_, _without, p) => {
    fc.assert(
      fc.property(batch, ({ decodeSeqs, contextTokens, prefillTokens }) => {
        const kvTokens = decodeSeqs * contextTokens;
        const prefillPairs = (prefillTokens * (prefillTokens + 1)) / 2;
        const promptsFinished = prefillTokens > 0 ? 1 : 0;
        const seconds =
          stepNs(p, shapeOf({ decodeSeqs, kvTokens, prefillTokens, prefillPairs, promptsFinished })) / 1e9;
        const work = {
          steps: 1,
          decodeSeqSteps: decodeSeqs,
          kvTokenSteps: kvTokens,
          prefillTokens,
          prefillPairs,
          prefillContextTokens: 0,
        };

        expect(achievedFlops(p, work) / seconds).toBeLessThanOrEqual(p.peakFlopsPerS);
        expect(achievedHbmBytes(p, work) / seconds).toBeLessThanOrEqual(p.peakHbmBytesPerS);
      }),
    );
  });

  test('the memory of a draft model is its weights, and its part of every token of KV cache', () => {
    const { numbers } = loadAccelerator('h100-sxm');
    const request = { ...fp8On4, blockTokens: 16 };
    const without = planMemory(numbers, llama70b, request);
    const withDraft = planMemory(numbers, llama70b, { ...request, draft: modelDraft(llama8b) });
    // Two kinds of 8 heads of 128, of which each accelerator has two, in 32 layers of bf16.
    const kvBytes = 2 * 2 * 128 * 32 * 2;

    expect(withDraft.kvBytesPerTokenPerAccelerator - without.kvBytesPerTokenPerAccelerator).toBe(kvBytes);
    // Norms are on every accelerator.
    const weights = withDraft.weightBytesPerAccelerator - without.weightBytesPerAccelerator;
    expect(weights / ((2 * totalParameters(llama8b)) / 4)).toBeCloseTo(1, 3);
    expect(without.fits && withDraft.fits && withDraft.kvBlocks < without.kvBlocks).toBe(true);
  });
});

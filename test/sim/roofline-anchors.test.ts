import { describe, expect, test } from 'vitest';
import { loadEngine } from '../../src/hardware-profiles/index.ts';
import { costOf, decodeMs, prefillMs, promptOf, shapeOf } from './roofline-cases.ts';
import { stepNs } from '../../src/sim/roofline.ts';

/** Off by this share of what was measured. */
const error = (predicted: number, measured: number) => Math.abs(predicted / measured - 1);

describe('decode steps of Llama-3.1-70B in bf16 on 4 H100', () => {
  const cost = costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4 });

  // vLLM 0.15.1, prompts of about 590 and answers of about 248 tokens; the running sequences by Little's law. The points
  // at 37 and 110 are of Llama-2-70B, which differs in the vocabulary only: 0.1 ms of head.
  test.each([
    [10.4, 16.83],
    [22.3, 18.05],
    [27.5, 18.5],
    [37, 18.71],
    [49.7, 20.14],
    [110, 22.09],
  ])('with %f sequences running take the measured %f ms, 5 percent either way', (running, measuredMs) => {
    expect(error(decodeMs(cost, running, 710), measuredMs)).toBeLessThan(0.05);
  });

  // 20,000 scheduler steps: 15.6 to 16.6 ms and 25 to 40 µs per sequence.
  test.each([1, 8, 16, 32, 48])('with %i sequences lie in the measured band, 4 percent wider', (seqs) => {
    const stepMs = decodeMs(cost, seqs, 710);

    expect(stepMs).toBeGreaterThan((15.6 + 0.025 * seqs) * 0.96);
    expect(stepMs).toBeLessThan((16.6 + 0.04 * seqs) * 1.04);
  });

  test('take little more for a cached prompt with 8 new tokens: 0.11 to 0.20 ms measured, 0.15 of slack', () => {
    const batch = { decodeSeqs: 24, kvTokens: 24 * 710 };
    const tail = { prefillTokens: 8, prefillPairs: 8 * 580, prefillContextTokens: 576, promptsFinished: 1 };
    const moreMs = (stepNs(cost, shapeOf({ ...batch, ...tail })) - stepNs(cost, shapeOf(batch))) / 1e6;

    expect(moreMs).toBeGreaterThan(0.11);
    expect(moreMs).toBeLessThan(0.35);
  });
});

describe('decode steps of Llama-3.1-70B, 8-bit and 4-bit weights', () => {
  // Fits to InferenceX points with prompts and answers of 1k: TPOT = a × weights / bandwidth + floor + c × concurrency.
  const fits = [
    {
      accelerator: 'h100-sxm',
      weights: 'fp8',
      bytes: 1,
      a: 1.07,
      floorMs: 5.4,
      perSeqMs: 0.167,
      groups: [2, 4, 8],
      off: 0.05,
    },
    {
      accelerator: 'b200',
      weights: 'fp8',
      bytes: 1,
      a: 1.27,
      floorMs: 4.7,
      perSeqMs: 0.091,
      groups: [1, 2, 4, 8],
      off: 0.15,
    },
    {
      accelerator: 'b200',
      weights: 'fp4',
      bytes: 0.5625,
      a: 1.48,
      floorMs: 4.9,
      perSeqMs: 0.12,
      groups: [1, 2, 4, 8],
      off: 0.05,
    },
  ] as const;
  const cases = fits.flatMap(({ groups, ...fit }) => groups.map((tensorParallel) => ({ ...fit, tensorParallel })));

  test.each(cases)('$weights on $tensorParallel $accelerator', (fit) => {
    const { accelerator, weights, tensorParallel } = fit;
    const cost = costOf(accelerator, 'llama-3.1-70b', { weights, tensorParallel });
    const weightMs = ((68.45e9 * fit.bytes) / tensorParallel / cost.peakHbmBytesPerS) * 1e3;
    const measuredMs = fit.a * weightMs + fit.floorMs + fit.perSeqMs * 4;

    expect(error(decodeMs(cost, 4, 1500), measuredMs)).toBeLessThan(fit.off);
  });

  // InferenceX, October 2025, vLLM, 4 users, 1k/1k.
  test.each([
    [1, 13.07],
    [2, 9.67],
    [4, 7.24],
    [8, 6.31],
  ])('fp4 on %i B200 takes the measured %f ms, 6 percent either way', (tensorParallel, measuredMs) => {
    const cost = costOf('b200', 'llama-3.1-70b', { weights: 'fp4', tensorParallel });

    expect(error(decodeMs(cost, 4, 1500), measuredMs)).toBeLessThan(0.06);
  });
});

test('Llama-3.1-8B alone on an H100 takes the measured 7.13 ms a token within 8 %', () => {
  expect(error(decodeMs(costOf('h100-sxm', 'llama-3.1-8b'), 1, 236), 7.13)).toBeLessThan(0.08);
});

describe('a prompt of 8,192 tokens', () => {
  // Whole steps reach 0.45 of the peak on H100 (calibrated BLIS); large matrix products alone 0.78 to 0.82.
  test.each([
    ['llama-3.1-8b', 1],
    ['llama-3.1-70b', 4],
  ])('of %s on %i H100 runs between the share of whole steps and that of matrix products', (model, tensorParallel) => {
    const cost = costOf('h100-sxm', model, { tensorParallel });
    const { prefillPairs } = promptOf(8192);
    const flops = 8192 * cost.layerFlopsPerToken + prefillPairs * cost.attentionFlopsPerPair;
    const mfu = flops / (prefillMs(cost, 8192) / 1e3) / cost.peakFlopsPerS;

    expect(mfu).toBeGreaterThan(0.45);
    expect(mfu).toBeLessThan(0.78);
  });

  test('computes its matrix products at the measured share of the peak', () => {
    const cost = costOf('h100-sxm', 'llama-3.1-8b');
    const kernelsOnly = {
      ...cost,
      activationNsPerToken: 0,
      floorNs: 0,
      promptNs: 0,
      prefillStepNs: 0,
      prefillNsPerPair: 0,
    };
    const productsMs = ((8192 * 2 * 6.979e9) / 0.78 / 989e12) * 1e3;

    // 1.059 is what serving adds to the kernels' own time.
    expect(error(prefillMs(kernelsOnly, 8192), 1.059 * productsMs)).toBeLessThan(0.01);
  });
});

test('a step with a short prompt takes as long as launching its kernels: 0.36 ms a layer with SGLang', () => {
  const { numbers } = loadEngine('sglang');
  const cost = costOf('b200', 'llama-3.1-70b', { weights: 'fp4', tensorParallel: 8 }, numbers);

  expect(prefillMs(cost, 32)).toBeGreaterThan(80 * 0.36);
  expect(prefillMs(cost, 32)).toBeLessThan(80 * 0.36 + 4);
});

import { describe, expect, test } from 'vitest';
import { stepNs } from '../../src/sim/roofline.ts';
import { costOf, decodeMs, prefillMs, shapeOf } from './roofline-cases.ts';

describe('a pipeline', () => {
  const alone = costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4 });
  const staged = costOf('h100-sxm', 'llama-3.1-70b', { tensorParallel: 4, pipelineParallel: 2 });

  test('divides what is read of contexts among its stages', () => {
    const readMs = (p: typeof alone) =>
      decodeMs({ ...p, hostNs: 0, hostSequenceNs: 0 }, 64, 5001) -
      decodeMs({ ...p, hostNs: 0, hostSequenceNs: 0 }, 64, 1);

    expect(readMs(staged) / readMs(alone)).toBeCloseTo(0.5, 6);
  });

  test('with one sequence costs what it costs without, and two hops', () => {
    const hopsMs = (2 * (staged.hopNs + staged.hopNsPerToken)) / 1e6;

    expect(decodeMs(staged, 1, 1000) - decodeMs(alone, 1, 1000)).toBeCloseTo(hopsMs, 4);
  });

  test('of k stages and more sequences than that takes k rounds of its largest stage', () => {
    const { largestStageShare, pipelineParallel } = costOf('h100-sxm', 'llama-3.1-405b', {
      weights: 'fp8',
      tensorParallel: 8,
      pipelineParallel: 4,
    });

    // 126 layers on 4 stages: two have 32 of them.
    expect(largestStageShare * pipelineParallel).toBeCloseTo(128 / 126, 12);
  });

  test('reads the weights of a stage once for each micro-batch, so small batches gain nothing', () => {
    const weightBound = {
      sequenceNs: 0,
      floorNs: 0,
      hostNs: 0,
      hostSequenceNs: 0,
      headReadNs: 0,
      hopNs: 0,
      hopNsPerToken: 0,
    };
    const two = stepNs({ ...staged, ...weightBound }, shapeOf({ decodeSeqs: 2, kvTokens: 2 }));
    const sixteen = stepNs({ ...staged, ...weightBound }, shapeOf({ decodeSeqs: 16, kvTokens: 16 }));

    expect(sixteen / two).toBeLessThan(1.02);
  });

  test('across nodes hops over the network', () => {
    const wide = costOf('h100-sxm', 'llama-3.1-405b', { tensorParallel: 8, pipelineParallel: 2 });

    expect(wide.hopNs).toBeGreaterThan(5 * staged.hopNs);
  });

  test('halves what prompts add to the steps of a full batch', () => {
    const batch = { decodeSeqs: 64, kvTokens: 64_000 };
    const prompts = { prefillTokens: 8192, prefillPairs: 8 * 512 * 1024, promptsFinished: 8 };
    const added = (p: typeof alone) => stepNs(p, shapeOf({ ...batch, ...prompts })) - stepNs(p, shapeOf(batch));

    expect(added(staged) / added(alone)).toBeGreaterThan(0.45);
    expect(added(staged) / added(alone)).toBeLessThan(0.55);
  });
});

describe('groups that share experts', () => {
  const layout = { weights: 'fp8', tensorParallel: 8, expertParallel: 8 } as const;
  const tensor = costOf('b200', 'deepseek-v3', layout);
  const groups = costOf('b200', 'deepseek-v3', { ...layout, tensorParallel: 1, dataParallel: 8 });

  test('hold whole attention weights but an eighth of the sequences: many long contexts are read faster', () => {
    expect(groups.layerReadNs).toBeGreaterThan(3 * tensor.layerReadNs);
    expect(decodeMs(groups, 512, 8000)).toBeLessThan(0.5 * decodeMs(tensor, 512, 8000));
    expect(decodeMs(groups, 1, 1000)).toBeGreaterThan(decodeMs(tensor, 1, 1000));
  });

  test('read the same experts', () => {
    expect(groups.experts!.bytes).toBe(tensor.experts!.bytes);
    expect(groups.experts!.nsPerToken).toBe(tensor.experts!.nsPerToken);
  });

  test('take as long with one sequence as with one in each, but for the experts that more tokens touch', () => {
    const noExperts = { ...groups, experts: null };

    expect(decodeMs(noExperts, 8, 1000)).toBeCloseTo(decodeMs(noExperts, 1, 1000), 9);
    expect(decodeMs(noExperts, 9, 1000)).toBeGreaterThan(decodeMs(noExperts, 8, 1000));
  });

  test('send tokens instead of adding up: two exchanges a layer with experts, none after attention', () => {
    // 58 layers have experts, each with a dispatch and a combine of 20 µs and 8 copies of 7,168 numbers in 1 + 2 bytes.
    expect(groups.collectiveNs).toBeCloseTo(2 * 58 * 20e3, 6);
    expect(groups.collectiveNsPerToken).toBeCloseTo((58 * 8 * 7168 * 3) / 525, 3);
  });
});

test('4-bit weights without arithmetic of their own save reading, not computing', () => {
  const bf16 = costOf('h100-sxm', 'llama-3.1-8b');
  const int4 = costOf('h100-sxm', 'llama-3.1-8b', { weights: 'int4' });

  expect(decodeMs(int4, 1, 500)).toBeLessThan(0.75 * decodeMs(bf16, 1, 500));
  expect(prefillMs(int4, 8192)).toBeCloseTo(prefillMs(bf16, 8192), 6);
});

test('attention that stays in bf16 is read in bf16 and computed in bf16', () => {
  const published = costOf('h100-sxm', 'llama-4-scout', { weights: 'fp8', tensorParallel: 2 });
  const whole = costOf('h100-sxm', 'deepseek-v2-lite', { weights: 'fp8' });
  const attention = (48 * 2 * 5120 * 128 * (40 + 8)) / 2;
  const router = 48 * 5120 * 16;

  expect(published.bf16LayerReadNs).toBeCloseTo((1.0681 * 2 * (attention + router)) / 3350, 0);
  expect(whole.bf16LayerReadNs).toBeCloseTo((1.0681 * 2 * 26 * 2048 * 64) / 3350, 0);
});

test('an accelerator without fp8 arithmetic reads fp8 weights and computes in bf16', () => {
  const bf16 = costOf('a100-80', 'llama-3.1-8b');
  const fp8 = costOf('a100-80', 'llama-3.1-8b', { weights: 'fp8' });

  expect(fp8.layerReadNs / bf16.layerReadNs).toBeLessThan(0.55);
  expect(fp8.layerNsPerPeakToken).toBeCloseTo(bf16.layerNsPerPeakToken, 9);
});

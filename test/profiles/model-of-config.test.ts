import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadModel } from '../../src/model-profiles/index.ts';
import { modelOfConfig } from '../../src/model-profiles/model-of-config.ts';
import { totalParameters } from '../../src/sim/model-shape.ts';
import { publishedConfigs } from './published-configs.ts';

const llama = publishedConfigs['llama-3.1-70b']!;
const deepseek = publishedConfigs['deepseek-r1']!;

function modelOf(config: unknown) {
  const reading = modelOfConfig(config);
  if ('problems' in reading) throw new Error(reading.problems.join('\n'));
  return reading.model;
}

function textConfig(name: string): Readonly<Record<string, unknown>> {
  return z.object({ text_config: z.record(z.string(), z.unknown()) }).parse(publishedConfigs[name]).text_config;
}

function problemsOf(config: unknown): readonly string[] {
  const reading = modelOfConfig(config);
  return 'problems' in reading ? reading.problems : [];
}

describe('the config.json of a published model', () => {
  test.each(Object.entries(publishedConfigs))('%s says what the card says', (name, config) => {
    // Which experts tokens prefer is measured: no config tells it.
    const { feedForward, ...card } = loadModel(name).numbers;
    const counted = feedForward.map((layers) => ({ ...layers, expertZipfExponent: undefined }));

    expect(modelOf(config)).toEqual({ ...card, feedForward: counted });
  });
});

describe('variants of a family', () => {
  test('of Mistral with a window slide in every layer', () => {
    const config = { ...llama, model_type: 'mistral', sliding_window: 4096 };

    expect(modelOf(config).attention).toMatchObject([{ layers: 80, windowTokens: 4096 }]);
  });

  test('of Qwen2 slide only when they say so, from a layer on', () => {
    const config = { ...publishedConfigs['qwen2.5-7b'], max_window_layers: 21 };

    expect(modelOf(config).attention).toMatchObject([{ layers: 28 }]);
    expect(modelOf({ ...config, use_sliding_window: true }).attention).toMatchObject([
      { layers: 21 },
      { layers: 7, windowTokens: 131072 },
    ]);
  });

  test('of Nemotron have feed-forwards without a gate', () => {
    const config = { ...llama, model_type: 'nemotron', hidden_act: 'relu2' };

    expect(totalParameters(modelOf(llama)) - totalParameters(modelOf(config))).toBe(80 * 8192 * 28672);
  });

  test('of Qwen3-Next have a layer for multi-token prediction, which no published config counts', () => {
    const { mtp_num_hidden_layers: _, ...text } = textConfig('qwen3.5-397b-a17b');
    const nextConfig = { ...text, model_type: 'qwen3_next' };

    expect(modelOf(nextConfig).mtpLayers).toBe(1);
    expect(modelOf({ ...nextConfig, num_nextn_predict_layers: 0 })).not.toHaveProperty('mtpLayers');
    expect(modelOf(text)).not.toHaveProperty('mtpLayers');
  });

  test('without any layer that has a KV cache are a problem, not a crash', () => {
    const text = textConfig('qwen3.5-397b-a17b');
    const linear = Array.from({ length: 60 }, () => 'linear_attention');

    expect(problemsOf({ ...text, layer_types: linear })).toEqual([
      'has layers of linear attention alone, and models without a KV cache are not known here',
    ]);
  });

  test('of MiniMax M2 have none, whatever modules for it they count: no published checkpoint holds them', () => {
    expect(publishedConfigs['minimax-m2.5']).toMatchObject({ num_mtp_modules: 3 });
    expect(modelOf(publishedConfigs['minimax-m2.5'])).not.toHaveProperty('mtpLayers');
  });

  test('without KV heads have as many as query heads', () => {
    const { num_key_value_heads: _, ...config } = llama;

    expect(modelOf(config).attention).toMatchObject([{ kvHeads: 64 }]);
  });
});

describe('quantised checkpoints', () => {
  const int4 = {
    quant_method: 'compressed-tensors',
    ignore: ['lm_head', 're:.*self_attn.*'],
    config_groups: { group_0: { weights: { num_bits: 4, type: 'int', group_size: 32 } } },
  };

  test.each([
    [{ quant_method: 'fp8' }, 'fp8', false],
    [{ quant_method: 'awq', bits: 4 }, 'int4', false],
    [int4, 'int4', true],
    [{ quant_method: 'modelopt', quant_algo: 'NVFP4', exclude_modules: ['lm_head'] }, 'fp4', false],
  ])('%j', (quantization_config, weights, bf16Attention) => {
    expect(modelOf({ ...llama, quantization_config })).toMatchObject({ weights, bf16Attention });
  });

  test('in an unknown format are a problem', () => {
    expect(problemsOf({ ...llama, quantization_config: { quant_method: 'gptq', bits: 3 } })).toEqual([
      expect.stringMatching(/^quantization_config: "gptq int 3" is not a format that is known here — known: fp8, /),
    ]);
  });
});

describe('a config that cannot be understood', () => {
  test('names every field that may matter and that nobody knows', () => {
    const config = { ...deepseek, index_topk: 2048, index_n_heads: 64, favourite_colour: 'blue', moe_bonus_layers: 2 };

    expect(problemsOf(config)).toEqual(
      ['index_topk', 'index_n_heads', 'moe_bonus_layers'].map(
        (name) => `${name} is not understood here, and may change what a step costs or what fits`,
      ),
    );
  });

  test('is fine with such a field when it is switched off', () => {
    const off = { index_topk: null, moe_bonus_layers: 0, extra_experts: [], use_hidden_tricks: false };

    expect(modelOf({ ...deepseek, ...off })).toEqual(modelOf(deepseek));
  });

  test('lists the known types when its own is not among them', () => {
    expect(problemsOf({ ...llama, model_type: 'bert' })).toEqual([
      expect.stringMatching(/^has the unknown model_type "bert" — known: llama, mistral, mixtral, .*nemotron_h$/),
    ]);
    expect(problemsOf({})).toEqual([expect.stringMatching(/^has no model_type — known: /)]);
  });

  test('says what is missing and what is no number, all at once', () => {
    const { num_hidden_layers: _, ...config } = llama;

    expect(problemsOf({ ...config, vocab_size: '128k', intermediate_size: 0 })).toEqual([
      'num_hidden_layers is missing',
      'vocab_size is "128k", not a whole number',
      'intermediate_size must be above 0',
    ]);
  });

  test('of layers that are something else is a problem', () => {
    expect(problemsOf({ ...deepseek, moe_layer_freq: 2 })).toEqual(['moe_layer_freq is 2; only 1 is understood here']);
  });

  test('is answered with problems, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...Object.keys(llama)), (value, key) => {
        const reading = modelOfConfig({ ...llama, [key]: value });

        expect('model' in reading || reading.problems.length > 0).toBe(true);
        expect(problemsOf([value])).not.toEqual([]);
      }),
    );
  });
});

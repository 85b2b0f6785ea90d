import type { Attention, FeedForward } from '../../sim/profiles.ts';
import type { ConfigFields } from './config-fields.ts';
import {
  dense,
  experts,
  gatedDelta,
  grouped,
  headsOf,
  latent,
  listed,
  mamba2,
  PLAIN,
  some,
  type ExpertNames,
} from './layers.ts';

/** What the layers of a model hold. */
export interface Layers {
  readonly attention: readonly Attention[];
  readonly feedForward: readonly FeedForward[];
}

type LayersOf = (fields: ConfigFields, layers: number) => Layers;

export interface Family {
  readonly layersOf: LayersOf;
  /** What the published configs leave out because it is the family's default. */
  readonly tiedByDefault?: boolean;
  readonly vocabByDefault?: number;
  readonly contextByDefault?: number;
  readonly mtpLayersByDefault?: number;
  /** Quantised checkpoints leave the attention alone. */
  readonly bf16Attention?: boolean;
}

const ROUTED: ExpertNames = { experts: 'n_routed_experts', intermediate: 'moe_intermediate_size' };
const NUMBERED: ExpertNames = { experts: 'num_experts', intermediate: 'moe_intermediate_size' };
const LOCAL: ExpertNames = { experts: 'num_local_experts', intermediate: 'intermediate_size' };

const llama: LayersOf = (fields, layers) => ({
  attention: grouped(headsOf(fields), layers, layers, fields.optionalCount('sliding_window')),
  feedForward: [dense(layers, fields.count('intermediate_size'))],
});

/** The window is written down even where it is not used. */
function qwenAttention(fields: ConfigFields, layers: number): Attention[] {
  const windowTokens = fields.optionalCount('sliding_window');
  const unwindowed = fields.countOrZero('max_window_layers', layers);
  const sliding = listed(fields, 'layer_types', 'sliding_attention') ?? Math.max(0, layers - unwindowed);
  return grouped(headsOf(fields), layers, fields.flag('use_sliding_window', false) ? sliding : 0, windowTokens);
}

const qwen: LayersOf = (fields, layers) => ({
  attention: qwenAttention(fields, layers),
  feedForward: [dense(layers, fields.count('intermediate_size'))],
});

/** Every `decoder_sparse_step`-th layer has experts, but for those that are listed. */
function qwenExperts(fields: ConfigFields, layers: number): FeedForward[] {
  const step = fields.count('decoder_sparse_step', 1);
  const plain = fields.list('mlp_only_layers') ?? [];
  const sparse = Array.from({ length: layers }, (_, layer) => layer).filter(
    (layer) => (layer + 1) % step === 0 && !plain.includes(layer),
  ).length;
  const shared = fields.countOrZero('shared_expert_intermediate_size', 0);
  // Written down even where no layer is dense.
  const intermediate = fields.countOrZero('intermediate_size', 0);
  return [...some(dense(layers - sparse, intermediate)), ...some(experts(fields, sparse, NUMBERED, shared))];
}

const qwenMoe: LayersOf = (fields, layers) => ({
  attention: qwenAttention(fields, layers),
  feedForward: qwenExperts(fields, layers),
});

function qwenHybridAttention(fields: ConfigFields, layers: number): Attention[] {
  const interval = fields.count('full_attention_interval', 4);
  const full = listed(fields, 'layer_types', 'full_attention') ?? Math.floor(layers / interval);
  const heads = { ...headsOf(fields), outputGate: fields.flag('attn_output_gate', true) };
  return [...grouped(heads, full), ...some(gatedDelta(fields, layers - full))];
}

const qwenHybrid: LayersOf = (fields, layers) => ({
  attention: qwenHybridAttention(fields, layers),
  feedForward: [dense(layers, fields.count('intermediate_size'))],
});

const qwenHybridMoe: LayersOf = (fields, layers) => ({
  attention: qwenHybridAttention(fields, layers),
  feedForward: qwenExperts(fields, layers),
});

/** The first layers are dense; the rest has routed and shared experts of one size. */
function routedExperts(fields: ConfigFields, layers: number): FeedForward[] {
  fields.only('moe_layer_freq', 1);
  const first = Math.min(layers, fields.countOrZero('first_k_dense_replace', 0));
  const shared = fields.countOrZero('n_shared_experts', 0) * fields.count(ROUTED.intermediate);
  const intermediate = fields.count('intermediate_size');
  return [...some(dense(first, intermediate)), ...some(experts(fields, layers - first, ROUTED, shared))];
}

const deepseek: LayersOf = (fields, layers) => ({
  attention: [latent(fields, layers)],
  feedForward: routedExperts(fields, layers),
});

const glmMoe: LayersOf = (fields, layers) => ({
  attention: grouped(headsOf(fields), layers),
  feedForward: routedExperts(fields, layers),
});

const mixtral: LayersOf = (fields, layers) => ({
  attention: grouped(headsOf(fields), layers, layers, fields.optionalCount('sliding_window')),
  feedForward: [experts(fields, layers, LOCAL)],
});

const minimax: LayersOf = (fields, layers) => {
  const kinds = fields.list('attn_type_list') ?? [];
  if (kinds.some((kind) => kind !== 1)) fields.problems.push('attn_type_list has other than full attention');
  const shared = fields.countOrZero('shared_intermediate_size', 0);
  return { attention: grouped(headsOf(fields), layers), feedForward: [experts(fields, layers, LOCAL, shared)] };
};

/** Every other layer slides. */
const gptOss: LayersOf = (fields, layers) => {
  const sliding = listed(fields, 'layer_types', 'sliding_attention') ?? Math.ceil(layers / 2);
  return {
    attention: grouped(headsOf(fields), layers, sliding, fields.optionalCount('sliding_window')),
    feedForward: [experts(fields, layers, LOCAL)],
  };
};

const llama4: LayersOf = (fields, layers) => {
  const chunked = listed(fields, 'layer_types', 'chunked_attention') ?? listed(fields, 'no_rope_layers', 1);
  const sparse = fields.list('moe_layers')?.length ?? Math.floor(layers / fields.count('interleave_moe_layer_step', 1));
  const windowTokens = fields.optionalCount('attention_chunk_size');
  const shared = fields.count('intermediate_size');
  const plain = fields.countOrZero('intermediate_size_mlp', 0);
  return {
    attention: grouped(headsOf(fields), layers, chunked ?? layers - Math.floor(layers / 4), windowTokens),
    feedForward: [...some(dense(layers - sparse, plain)), ...some(experts(fields, sparse, LOCAL, shared))],
  };
};

const gemma: LayersOf = (fields, layers) => {
  // One layer in so many attends to everything.
  const pattern = fields.count(['sliding_window_pattern', '_sliding_window_pattern'], 2);
  const sliding = listed(fields, 'layer_types', 'sliding_attention') ?? layers - Math.floor(layers / pattern);
  return {
    attention: grouped(
      headsOf(fields),
      layers,
      sliding,
      fields.optionalCount(['sliding_window', 'sliding_window_size']),
    ),
    feedForward: [dense(layers, fields.count('intermediate_size'))],
  };
};

/** The published text configs leave out what is as in the smallest model of the family. */
const gemma3: LayersOf = (fields, layers) => {
  const heads = {
    queryHeads: fields.count('num_attention_heads', 8),
    kvHeads: fields.count('num_key_value_heads', 4),
    headDim: fields.count('head_dim', 256),
  };
  const pattern = fields.count(['sliding_window_pattern', '_sliding_window_pattern'], 6);
  const sliding = listed(fields, 'layer_types', 'sliding_attention') ?? layers - Math.floor(layers / pattern);
  return {
    attention: grouped(heads, layers, sliding, fields.count('sliding_window', 4096)),
    feedForward: [dense(layers, fields.count('intermediate_size'))],
  };
};

const nemotron: LayersOf = (fields, layers) => ({
  attention: grouped(headsOf(fields), layers),
  feedForward: [dense(layers, fields.count('intermediate_size'), PLAIN)],
});

/** Each block is one mixer or one feed-forward: `M` Mamba 2, `*` attention, `E` experts, `-` dense. */
const nemotronH: LayersOf = (fields, layers) => {
  const letters = fields.text('hybrid_override_pattern');
  const blocks = letters === undefined ? (fields.list('layers_block_type') ?? []) : letters.split('');
  if (blocks.length !== layers) {
    fields.problems.push(`hybrid_override_pattern has ${blocks.length} blocks, num_hidden_layers is ${layers}`);
  }
  const number = (...kinds: readonly string[]) => blocks.filter((block) => kinds.some((kind) => kind === block)).length;
  const routed = number('E', 'moe');
  const plain = number('-', 'mlp');
  const recurrent = number('M', 'mamba');
  const shared = fields.countOrZero('moe_shared_expert_intermediate_size', 0);
  const intermediate = fields.countOrZero('intermediate_size', 0);
  fields.countOrZero('n_shared_experts', 0);
  return {
    attention: [
      ...grouped(headsOf(fields), number('*', 'attention')),
      ...(recurrent > 0 ? [mamba2(fields, recurrent)] : []),
    ],
    feedForward: [
      ...some(dense(plain, intermediate, PLAIN)),
      ...(routed > 0 ? [experts(fields, routed, ROUTED, shared, PLAIN)] : []),
    ],
  };
};

const gemma3Family: Family = {
  layersOf: gemma3,
  tiedByDefault: true,
  vocabByDefault: 262_208,
  contextByDefault: 131_072,
};

/** By `model_type`. */
export const families: Readonly<Record<string, Family>> = {
  llama: { layersOf: llama },
  mistral: { layersOf: llama },
  mixtral: { layersOf: mixtral },
  llama4_text: { layersOf: llama4, bf16Attention: true },
  qwen2: { layersOf: qwen },
  qwen2_moe: { layersOf: qwenMoe },
  qwen3: { layersOf: qwen },
  qwen3_moe: { layersOf: qwenMoe },
  qwen3_next: { layersOf: qwenHybridMoe, mtpLayersByDefault: 1 },
  qwen3_5: { layersOf: qwenHybrid },
  qwen3_5_text: { layersOf: qwenHybrid },
  qwen3_5_moe: { layersOf: qwenHybridMoe },
  qwen3_5_moe_text: { layersOf: qwenHybridMoe },
  deepseek_v2: { layersOf: deepseek },
  deepseek_v3: { layersOf: deepseek },
  deepseek_v32: { layersOf: deepseek },
  kimi_k2: { layersOf: deepseek },
  glm: { layersOf: llama },
  glm4: { layersOf: llama },
  glm4_moe: { layersOf: glmMoe },
  glm_moe_dsa: { layersOf: deepseek },
  gpt_oss: { layersOf: gptOss, bf16Attention: true },
  minimax_m2: { layersOf: minimax },
  gemma: { layersOf: llama, tiedByDefault: true },
  gemma2: { layersOf: gemma, tiedByDefault: true },
  gemma3: gemma3Family,
  gemma3_text: gemma3Family,
  nemotron: { layersOf: nemotron },
  nemotron_h: { layersOf: nemotronH },
};

import type {
  Attention,
  DenseFeedForward,
  ExpertFeedForward,
  FeedForward,
  GroupedQueryAttention,
  LatentAttention,
  LinearAttention,
} from '../../sim/profiles.ts';
import type { ConfigFields } from './config-fields.ts';

/** Products of a feed-forward with a gate, and of one without. */
export const GATED = 3;
export const PLAIN = 2;

type Heads = Omit<GroupedQueryAttention, 'kind' | 'layers' | 'windowTokens'>;

/** The usual names; older configs leave out what follows from the rest. */
export function headsOf(fields: ConfigFields): Heads {
  const queryHeads = fields.count('num_attention_heads');
  const hidden = fields.count('hidden_size');
  return {
    queryHeads,
    kvHeads: fields.count('num_key_value_heads', queryHeads),
    headDim: fields.count(
      ['head_dim', 'attention_head_dim'],
      hidden % queryHeads === 0 ? hidden / queryHeads : undefined,
    ),
  };
}

/** Layers that attend to everything, and layers that attend to a window. */
export function grouped(heads: Heads, layers: number, sliding = 0, windowTokens?: number): Attention[] {
  const windowed = windowTokens === undefined ? 0 : sliding;
  return [
    ...some<Attention>({ kind: 'grouped-query', layers: layers - windowed, ...heads }),
    ...some<Attention>({ kind: 'grouped-query', layers: windowed, ...heads, ...(windowTokens && { windowTokens }) }),
  ];
}

export function latent(fields: ConfigFields, layers: number): LatentAttention {
  const queryRank = fields.optionalCount('q_lora_rank');
  // Written down for programs that know no latent attention.
  for (const name of ['num_key_value_heads', 'head_dim', 'qk_head_dim']) fields.optionalCount(name);
  return {
    kind: 'latent',
    layers,
    queryHeads: fields.count('num_attention_heads'),
    ...(queryRank !== undefined && { queryRank }),
    kvRank: fields.count('kv_lora_rank'),
    ropeDim: fields.count('qk_rope_head_dim'),
    nopeDim: fields.count('qk_nope_head_dim'),
    valueDim: fields.count('v_head_dim'),
  };
}

export function gatedDelta(fields: ConfigFields, layers: number): LinearAttention {
  return {
    kind: 'linear',
    layers,
    keyHeads: fields.count('linear_num_key_heads'),
    keyDim: fields.count('linear_key_head_dim'),
    valueHeads: fields.count('linear_num_value_heads'),
    valueDim: fields.count('linear_value_head_dim'),
  };
}

/** Groups are the keys of this recurrence, and what they are multiplied with is as wide as its state. */
export function mamba2(fields: ConfigFields, layers: number): LinearAttention {
  return {
    kind: 'linear',
    layers,
    keyHeads: fields.count('n_groups'),
    keyDim: fields.count('ssm_state_size'),
    valueHeads: fields.count('mamba_num_heads'),
    valueDim: fields.count('mamba_head_dim'),
  };
}

export function dense(layers: number, intermediate: number, matrices = GATED): DenseFeedForward {
  return { kind: 'dense', layers, intermediate, matrices };
}

export interface ExpertNames {
  readonly experts: string;
  readonly intermediate: string;
}

/** @param sharedIntermediate of all shared experts together */
export function experts(
  fields: ConfigFields,
  layers: number,
  names: ExpertNames,
  sharedIntermediate = 0,
  matrices = GATED,
): ExpertFeedForward {
  return {
    kind: 'experts',
    layers,
    experts: fields.count(names.experts),
    expertsPerToken: fields.count(['num_experts_per_tok', 'experts_per_token']),
    expertIntermediate: fields.count(names.intermediate),
    sharedIntermediate,
    matrices,
  };
}

/** Kinds of layers that a model does not have are left out. */
export function some<Part extends Attention | FeedForward>(part: Part): Part[] {
  return part.layers > 0 ? [part] : [];
}

/** How many entries of a list of layer types are of this type; undefined without a list. */
export function listed(fields: ConfigFields, name: string, type: unknown): number | undefined {
  const types = fields.list(name) ?? [];
  return types.length === 0 ? undefined : types.filter((each) => each === type).length;
}

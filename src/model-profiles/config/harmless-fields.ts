/**
 * A field that nobody asked for may still change what a step costs or what the memory holds. Its name tells: such fields
 * count or size something, or choose a kind of layer. All others only change the numbers that are computed.
 */
const MAY_MATTER =
  /layer|head|expert|moe|dim|size|rank|window|hidden|state|conv|top_?k|index|vocab|chunk|ssm|mamba|block|latent|attn|attention|sparse|linear|mlp|ffn|share|group|num_|^n_/i;

/** Names of that kind that change neither. */
const HARMLESS = new Set([
  'attention_bias',
  'attention_dropout',
  'attention_factor',
  'attention_out_bias',
  'attn_dropout',
  'attn_logit_softcapping',
  'attn_scale',
  'attn_temperature_tuning',
  'auxiliary_loss_alpha_per_layer',
  'chunk_size',
  'chunk_size_feed_forward',
  'conv_kernel',
  'ep_size',
  'group_norm',
  'hidden_act',
  'hidden_activation',
  'hidden_dropout',
  'hidden_dropout_prob',
  'initial_context_length',
  'layer_norm_eps',
  'layer_norm_epsilon',
  'layernorm_epsilon',
  'linear_conv_kernel_dim',
  'mamba_hidden_act',
  'mamba_proj_bias',
  'mamba_ssm_cache_dtype',
  'mamba_ssm_dtype',
  'mlp_bias',
  'mlp_hidden_act',
  'moe_router_dtype',
  'n_group',
  'norm_topk_prob',
  'num_beam_groups',
  'num_beams',
  'num_labels',
  'num_logits_to_keep',
  'num_return_sequences',
  'output_attentions',
  'output_hidden_states',
  'position_embedding_type',
  'pretraining_tp',
  'query_pre_attn_scalar',
  'residual_in_fp32',
  'router_jitter_noise',
  'shared_moe_mode',
  'top_k',
  'topk_group',
  'topk_method',
  'use_conv_bias',
  'use_mamba_kernels',
]);

/** What layers for multi-token prediction are like follows from the model's own; the rest are numbers of tokens and of devices. */
const HARMLESS_FORMS = [
  /^_/,
  /mtp|nextn/,
  /_token_(id|index)s?$/,
  /_token$/,
  /^rope_|rotary|^partial_/,
  /loss|dropout|norm_type|_norm$|bias$/,
  /vision|image|audio|video|^mm_/,
];

export function mayMatter(name: string): boolean {
  return MAY_MATTER.test(name) && !HARMLESS.has(name) && !HARMLESS_FORMS.some((form) => form.test(name));
}

import type { ModelNumbers } from '../sim/profiles.ts';
import type { ConfigFields } from './config/config-fields.ts';
import { configFieldsOf } from './config/config-fields.ts';
import { families } from './config/families.ts';
import { mayMatter } from './config/harmless-fields.ts';
import { quantisationOf } from './config/quantisation.ts';

/**
 * Where configs count layers for multi-token prediction: DeepSeek, GLM and Nemotron-H, then Qwen 3.5. The modules that
 * configs of MiniMax M2 count (`num_mtp_modules`) are not among them, for its published checkpoints hold none.
 */
const MTP_LAYERS = ['num_nextn_predict_layers', 'mtp_num_hidden_layers'];

const NO_KV = 'has layers of linear attention alone, and models without a KV cache are not known here';

export type ConfigReading = { readonly model: ModelNumbers } | { readonly problems: readonly string[] };

/** The numbers of a Hugging Face config.json, or everything that keeps them from being known. */
export function modelOfConfig(json: unknown): ConfigReading {
  const whole = configFieldsOf(json);
  if (whole === undefined) return { problems: ['is not a JSON object'] };
  // Of a model that also sees or hears, the language model is what is served here.
  const text = whole.object('text_config') ?? whole;
  const type = text.text('model_type') ?? whole.text('model_type');
  const family = type === undefined ? undefined : families[type];
  if (family === undefined) {
    const finding = type === undefined ? 'has no model_type' : `has the unknown model_type "${type}"`;
    return { problems: [`${finding} — known: ${Object.keys(families).join(', ')}`] };
  }
  const quantisation = quantisationOf(isQuantised(text) ? text : whole);
  const layers = text.count('num_hidden_layers');
  const tied = whole.flag('tie_word_embeddings', family.tiedByDefault ?? false);
  const mtpLayers = text.optionalCount(MTP_LAYERS) ?? family.mtpLayersByDefault ?? 0;
  const numbers = {
    layers,
    ...(mtpLayers > 0 && { mtpLayers }),
    hidden: text.count('hidden_size'),
    vocab: text.count('vocab_size', family.vocabByDefault),
    tiedEmbeddings: text.flag('tie_word_embeddings', tied),
    maxContextTokens: text.count('max_position_embeddings', family.contextByDefault),
    ...family.layersOf(text, layers),
  };
  const problems = [
    ...text.problems,
    ...('problem' in quantisation ? [quantisation.problem] : []),
    ...text.unasked().filter(mayMatter).map(notUnderstood),
    ...(layers > 0 && numbers.attention.every(({ kind }) => kind === 'linear') ? [NO_KV] : []),
  ];
  if (problems.length > 0 || 'problem' in quantisation) return { problems: [...new Set(problems)] };
  const { weights, bf16Attention } = quantisation;
  return { model: { ...numbers, weights, bf16Attention: bf16Attention || (family.bf16Attention ?? false) } };
}

function isQuantised(fields: ConfigFields): boolean {
  return fields.object('quantization_config') !== undefined;
}

function notUnderstood(name: string): string {
  return `${name} is not understood here, and may change what a step costs or what fits`;
}

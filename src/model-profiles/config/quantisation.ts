import type { WeightFormat } from '../../sim/profiles.ts';
import type { ConfigFields } from './config-fields.ts';

export interface Quantisation {
  readonly weights: WeightFormat;
  readonly bf16Attention: boolean;
}

/** Formats by how checkpoints name them. */
const METHODS: Readonly<Record<string, WeightFormat>> = {
  fp8: 'fp8',
  fbgemm_fp8: 'fp8',
  mxfp4: 'mxfp4',
  'modelopt fp8': 'fp8',
  'modelopt nvfp4': 'fp4',
  'compressed-tensors float 8': 'fp8',
  'compressed-tensors float 4': 'fp4',
  'compressed-tensors int 4': 'int4',
  'awq int 4': 'int4',
  'gptq int 4': 'int4',
};

/** A checkpoint that says nothing has 16-bit weights; 32-bit ones are served in 16 bits, too. */
export function quantisationOf(fields: ConfigFields | undefined): Quantisation | { readonly problem: string } {
  const config = fields?.object('quantization_config');
  if (config === undefined) return { weights: 'bf16', bf16Attention: false };
  const method = methodOf(config);
  const weights = METHODS[method];
  if (weights === undefined) {
    const known = Object.keys(METHODS).join(', ');
    return { problem: `quantization_config: "${method}" is not a format that is known here — known: ${known}` };
  }
  return { weights, bf16Attention: leavesAttention(config) };
}

function methodOf(config: ConfigFields): string {
  const method = config.text('quant_method') ?? 'nameless';
  switch (method) {
    case 'modelopt':
      return `modelopt ${(config.text('quant_algo') ?? '').toLowerCase()}`;
    case 'awq':
    case 'gptq':
      return `${method} int ${config.countOrZero(['bits', 'w_bit'], 4)}`;
    case 'compressed-tensors': {
      const weights = config.object('config_groups')?.object('group_0')?.object('weights');
      return `${method} ${weights?.text('type') ?? ''} ${weights?.countOrZero('num_bits', 0) ?? ''}`;
    }
    default:
      return method;
  }
}

/** Whether the list of what stays as it is names an attention. */
function leavesAttention(config: ConfigFields): boolean {
  const kept = ['modules_to_not_convert', 'ignore', 'exclude_modules'].flatMap((name) => config.list(name) ?? []);
  return kept.some((name) => typeof name === 'string' && /self_attn|attention/.test(name));
}

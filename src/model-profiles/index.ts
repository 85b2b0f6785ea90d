import type { Profile } from '../profile-file.ts';
import { profileOf, readProfile } from '../profile-file.ts';
import type { ModelNumbers } from '../sim/profiles.ts';
import { modelFile } from './model.ts';

/** Every language model a scenario can name: one YAML file in models/ and one line here. */
export const models: readonly string[] = [
  'codellama-34b',
  'deepseek-r1',
  'deepseek-v2',
  'deepseek-v2-lite',
  'deepseek-v3',
  'gemma-2-9b',
  'gemma-3-12b',
  'gemma-3-27b',
  'glm-4.5',
  'glm-4.5-air',
  'gpt-oss-120b',
  'gpt-oss-20b',
  'kimi-k2',
  'llama-2-70b',
  'llama-2-7b',
  'llama-3.1-405b',
  'llama-3.1-70b',
  'llama-3.1-8b',
  'llama-3.3-70b',
  'llama-4-maverick',
  'llama-4-scout',
  'minimax-m2.5',
  'mistral-7b',
  'mistral-nemo',
  'mixtral-8x22b',
  'mixtral-8x7b',
  'nemotron-3-nano-30b-a3b',
  'qwen2.5-72b',
  'qwen2.5-7b',
  'qwen3-14b',
  'qwen3-235b-a22b',
  'qwen3-30b-a3b',
  'qwen3-32b',
  'qwen3-8b',
  'qwen3-coder-480b-a35b',
  'qwen3.5-122b-a10b',
  'qwen3.5-27b',
  'qwen3.5-35b-a3b',
  'qwen3.5-397b-a17b',
  'yi-34b',
];

const modelsFolder = new URL('./models/', import.meta.url);

export interface ModelProfile extends Profile<ModelNumbers> {
  /** What the publisher says; the simulator counts for itself. */
  readonly publishedParameters: number;
  /** Absent where every token uses all of them. */
  readonly publishedActiveParameters?: number;
}

export function loadModel(name: string): ModelProfile {
  const file = readProfile('model', modelsFolder, models, name, modelFile);
  const { title, publishedParameters, publishedActiveParameters, ...card } = file;
  return {
    ...profileOf(name, title, card),
    publishedParameters: publishedParameters.value,
    ...(publishedActiveParameters !== undefined && { publishedActiveParameters: publishedActiveParameters.value }),
  };
}

import type { ModelNumbers } from '../sim/profiles.ts';
import { modelFile } from './model.ts';
import type { Profile } from '../profile-file.ts';
import { profileOf, readProfile } from '../profile-file.ts';

/** Every language model a scenario can name: one YAML file in models/ and one line here. */
export const models: readonly string[] = [
  'llama-3.1-70b', //
  'llama-3.1-8b',
];

const modelsFolder = new URL('./models/', import.meta.url);

export interface ModelProfile extends Profile<ModelNumbers> {
  /** What the publisher says; the simulator counts for itself. */
  readonly publishedParameters: number;
}

export function loadModel(name: string): ModelProfile {
  const { title, publishedParameters, ...card } = readProfile('model', modelsFolder, models, name, modelFile);
  return { ...profileOf(name, title, card), publishedParameters: publishedParameters.value };
}

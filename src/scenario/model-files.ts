import { z } from 'zod';
import type { Grade } from '../sim/plan.ts';
import type { ModelNumbers } from '../sim/profiles.ts';
import type { Catalogue, Profile } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import type { Files } from './files.ts';
import { pathFrom, textOf, unreadable } from './text-files.ts';

/** A model of the catalogue or of a file, or what is wrong, in sentences. */
export type ModelReading = { readonly profile: Profile<ModelNumbers> } | { readonly sentences: readonly string[] };

export type ModelOf = (name: string) => ModelReading;

const CONFIG_FILE = /\.json$/i;
/** Numbers that a publisher states of a model of its own. */
const CONFIG_GRADE: Grade = 'datasheet';

/** A model is named as in the catalogue, or by the path of its config.json, relative to the scenario. */
export function modelName({ models }: Catalogue, description: string) {
  return z
    .string()
    .refine((written) => models.includes(written) || CONFIG_FILE.test(written), {
      error: ({ input }) => `${unknownName('model', input, models)}; or write the path of a config.json`,
    })
    .meta({ anyOf: [{ enum: [...models] }, { pattern: '[.]json$' }] })
    .describe(`${description}: one of the catalogue, or the path of a Hugging Face config.json`);
}

/** Each file is read once, however many pools name it. */
export function modelReader(catalogue: Catalogue, files: Files, scenarioFile: string): ModelOf {
  const read = new Map<string, ModelReading>();
  return (name) => {
    if (!CONFIG_FILE.test(name)) return { profile: catalogue.model(name) };
    const reading = read.get(name) ?? readConfig(catalogue, files, pathFrom(scenarioFile, name));
    read.set(name, reading);
    return reading;
  };
}

function readConfig(catalogue: Catalogue, files: Files, path: string): ModelReading {
  let json: unknown;
  try {
    json = JSON.parse(textOf(files, path, 'a config.json'));
  } catch (error) {
    if (error instanceof SyntaxError) return { sentences: [`${path} is not JSON: ${error.message}`] };
    return { sentences: [unreadable(path, error, 'model', 'config.json')] };
  }
  const reading = catalogue.modelOfConfig(json);
  if ('problems' in reading) return { sentences: reading.problems.map((problem) => `${path}: ${problem}`) };
  return { profile: { numbers: reading.model, worstGrade: CONFIG_GRADE } };
}

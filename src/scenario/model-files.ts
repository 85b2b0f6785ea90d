import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Grade } from '../sim/plan.ts';
import type { ModelNumbers } from '../sim/profiles.ts';
import type { Catalogue, Profile } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import type { Files } from './files.ts';

/** A model of the catalogue or of a file, or what is wrong, in sentences. */
export type ModelReading = { readonly profile: Profile<ModelNumbers> } | { readonly sentences: readonly string[] };

export type ModelOf = (name: string) => ModelReading;

const CONFIG_FILE = /\.json$/i;
/** Numbers that a publisher states of a model of its own. */
const CONFIG_GRADE: Grade = 'datasheet';
const CHUNK_BYTES = 1 << 16;
/** No config.json is longer; a file of weights is. */
const MOST_BYTES = 1 << 24;

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
    const reading = read.get(name) ?? readConfig(catalogue, files, pathOf(scenarioFile, name));
    read.set(name, reading);
    return reading;
  };
}

function pathOf(scenarioFile: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(scenarioFile), path);
}

function readConfig(catalogue: Catalogue, files: Files, path: string): ModelReading {
  let json: unknown;
  try {
    json = JSON.parse(textOf(files, path));
  } catch (error) {
    return { sentences: [unreadable(path, error)] };
  }
  const reading = catalogue.modelOfConfig(json);
  if ('problems' in reading) return { sentences: reading.problems.map((problem) => `${path}: ${problem}`) };
  return { profile: { numbers: reading.model, worstGrade: CONFIG_GRADE } };
}

function textOf(files: Files, path: string): string {
  const file = files.open(path);
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(CHUNK_BYTES);
  try {
    let text = '';
    for (let bytes = file.read(chunk); bytes > 0; bytes = file.read(chunk)) {
      text += decoder.decode(chunk.subarray(0, bytes), { stream: true });
      if (text.length > MOST_BYTES) throw new Error('it is too long for a config.json');
    }
    return text + decoder.decode();
  } finally {
    file.close();
  }
}

function unreadable(path: string, error: unknown): string {
  if (error instanceof SyntaxError) return `${path} is not JSON: ${error.message}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return `there is no model file at ${path} — a path in a scenario is relative to it`;
    case 'EISDIR':
      return `${path} is a folder — name the config.json in it`;
    case 'EACCES':
      return `${path} may not be read — change its permissions`;
    default:
      return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

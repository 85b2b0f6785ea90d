import { z } from 'zod';
import type { AcceleratorEntry, Catalogue } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import type { Files } from './files.ts';
import { pathFrom, textOf, unreadable } from './text-files.ts';

/** An accelerator of the catalogue or of a file, or what is wrong, in sentences. */
export type AcceleratorReading = { readonly profile: AcceleratorEntry } | { readonly sentences: readonly string[] };

export type AcceleratorOf = (name: string) => AcceleratorReading;

const PROFILE_FILE = /\.ya?ml$/i;

/** An accelerator is named as in the catalogue, or by the path of a profile of the user's own, relative to the scenario. */
export function acceleratorName({ accelerators }: Catalogue) {
  return z
    .string()
    .refine((written) => accelerators.includes(written) || PROFILE_FILE.test(written), {
      error: ({ input }) => `${unknownName('accelerator', input, accelerators)}; or write the path of a .yaml file`,
    })
    .meta({ anyOf: [{ enum: [...accelerators] }, { pattern: '[.]ya?ml$' }] })
    .describe('accelerator profile: one of the catalogue, or the path of a YAML file with the numbers of a spec sheet');
}

/** Each file is read once, however many pools name it. */
export function acceleratorReader(catalogue: Catalogue, files: Files, scenarioFile: string): AcceleratorOf {
  const read = new Map<string, AcceleratorReading>();
  return (name) => {
    if (!PROFILE_FILE.test(name)) return { profile: catalogue.accelerator(name) };
    const reading = read.get(name) ?? readProfile(catalogue, files, pathFrom(scenarioFile, name));
    read.set(name, reading);
    return reading;
  };
}

function readProfile(catalogue: Catalogue, files: Files, path: string): AcceleratorReading {
  let text: string;
  try {
    text = textOf(files, path, 'an accelerator profile');
  } catch (error) {
    return { sentences: [unreadable(path, error, 'accelerator', 'YAML file')] };
  }
  const reading = catalogue.acceleratorOfText(text, path);
  return 'problems' in reading ? { sentences: reading.problems } : reading;
}

import { readFileSync } from 'node:fs';
import type { PowerNumbers } from '../sim/power-model.ts';
import type { Grade } from '../sim/plan.ts';
import type { AcceleratorNumbers, EngineNumbers, Generation, SourcedEntry } from '../sim/profiles.ts';
import { plain, sourcesOf, worstGrade } from '../sim/profiles.ts';
import type { AcceleratorFile } from './accelerator.ts';
import { acceleratorFile, withSharedSource } from './accelerator.ts';
import type { AcceleratorTree, CostNumbers, ReferenceNumbers } from './accelerator-tree.ts';
import { engineFile } from './engine.ts';
import { filled } from './fill.ts';
import type { Nearest } from './filler.ts';
import type { ValidatedErrors } from './validated-errors.ts';
import { validatedErrorsFile } from './validated-errors.ts';
import type { Profile } from '../profile-file.ts';
import { parseProfile, ProfileError, profileOf, readProfile } from '../profile-file.ts';

/** Every accelerator a scenario can name: one YAML file in accelerators/ and one line here. */
export const accelerators: readonly string[] = [
  'a100-80',
  'b200',
  'b300',
  'gb200',
  'gb300',
  'gh200',
  'h100-pcie',
  'h100-sxm',
  'h200',
  'l4',
  'l40s',
  'mi300x',
  'mi355x',
  'r100',
  'rtx-4090',
  'rtx-pro-6000',
  'rubin-ultra',
  'tpu-v5e',
  'tpu-v5p',
  'tpu-v6e',
  'tpu-v7',
  'trainium2',
  'trainium3',
];

/** Every engine a scenario can name: one YAML file in engines/ and one line here. */
export const engines: readonly string[] = [
  'vllm', // the default
  'orca',
  'sglang',
  'static',
  'tensorrt-llm',
];

/** Of each generation the one that most is known of. */
const MEASURED: Readonly<Record<Generation, string>> = {
  ampere: 'a100-80',
  ada: 'l40s',
  hopper: 'h100-sxm',
  blackwell: 'b200',
  rubin: 'r100',
  cdna3: 'mi300x',
  cdna4: 'mi355x',
  tpu: 'tpu-v7',
  trainium: 'trainium2',
};

const acceleratorsFolder = new URL('./accelerators/', import.meta.url);
const enginesFolder = new URL('./engines/', import.meta.url);

/** `sources` and `worstGrade` are of the numbers that step times and memory rest on; the rest is in `siteSources`. */
export interface AcceleratorProfile extends Profile<AcceleratorNumbers> {
  readonly generation: Generation;
  /** What gaps in its file are filled from; `undefined` where there are none. */
  readonly nearest: string | undefined;
  readonly reference: ReferenceNumbers;
  readonly power: PowerNumbers;
  readonly cost: CostNumbers;
  readonly siteSources: readonly SourcedEntry[];
  /** The worst of each group of numbers. */
  readonly grades: Readonly<Record<GradedGroup, Grade>>;
}

/** Peaks of compute, memory and links; measured shares of them, collectives and network, watts, dollars. */
export type GradedGroup = 'peaks' | 'kernels' | 'links' | 'power' | 'cost';

export interface EngineProfile extends Profile<EngineNumbers> {
  readonly versionClass: string;
  readonly versionClasses: readonly string[];
  /** The versions and hardware that the class stands for. */
  readonly covers: string;
}

export function loadAccelerator(name: string): AcceleratorProfile {
  const file = readProfile('accelerator', acceleratorsFolder, accelerators, name, acceleratorFile);
  return acceleratorProfile(name, file, nearestOf(name, file));
}

/**
 * An accelerator of a user's own: the same schema, in which a number may stand bare if the file has a `source` of its own.
 *
 * @param file its path, as `name` of the profile and in problems
 */
export function acceleratorOfText(
  text: string,
  file: string,
): { readonly profile: AcceleratorProfile } | { readonly problems: readonly string[] } {
  try {
    const content = parseProfile(text, file, ownAcceleratorFile, withSharedSource);
    return { profile: acceleratorProfile(file, content, nearestOf(file, content)) };
  } catch (error) {
    if (error instanceof ProfileError) return { problems: error.problems };
    throw error;
  }
}

const ownAcceleratorFile = acceleratorFile.refine(
  ({ nearest }) => nearest === undefined || accelerators.includes(nearest),
  { message: `is not an accelerator of the catalogue; known: ${accelerators.join(', ')}`, path: ['nearest'] },
);

function acceleratorProfile(name: string, file: AcceleratorFile, nearest: Nearest | undefined): AcceleratorProfile {
  const { title, generation } = file;
  const tree = filled(file, nearest);
  const { performance, reference, power, cost } = tree;
  const profile = profileOf(name, title, performance);
  const node = performance.acceleratorsPerNode.value;
  const scaleUpAccelerators = Math.max(node, reference.scaleUpDomainAccelerators.value);
  return {
    ...profile,
    generation,
    nearest: nearest?.name,
    numbers: { ...profile.numbers, generation, scaleUpAccelerators },
    reference: plain(reference),
    power: plain(power),
    cost: plain(cost),
    siteSources: sourcesOf({ reference, power, cost }),
    grades: gradesOf(tree),
  };
}

function gradesOf({ performance, reference, power, cost }: AcceleratorTree): AcceleratorProfile['grades'] {
  const { denseTflops, hbmGBPerS, gemmMfu, kvReadSpeedup, prefillAttention, expertTflops } = performance;
  const { allReduce, allToAll, network, layerFloorRatio, weightReadRatio } = performance;
  const worst = (...trees: readonly unknown[]) => worstGrade(trees.flatMap((tree) => sourcesOf(tree)));
  return {
    peaks: worst(denseTflops, hbmGBPerS, reference.hbmGB, reference.scaleUpGBPerS),
    kernels: worst(gemmMfu, kvReadSpeedup, prefillAttention, expertTflops, layerFloorRatio, weightReadRatio),
    links: worst(allReduce, allToAll, network),
    power: worst(power),
    cost: worst(cost),
  };
}

/** Only the accelerator that everything is compared with has none. */
function nearestOf(name: string, file: AcceleratorFile): Nearest | undefined {
  const nearest = file.nearest ?? MEASURED[file.generation];
  return nearest === name ? undefined : { name: nearest, ...catalogueTree(nearest) };
}

const trees = new Map<string, AcceleratorTree>();

function catalogueTree(name: string): AcceleratorTree {
  const known = trees.get(name);
  if (known !== undefined) return known;
  const file = readProfile('accelerator', acceleratorsFolder, accelerators, name, acceleratorFile);
  const tree = filled(file, nearestOf(name, file));
  trees.set(name, tree);
  return tree;
}

/** The file of an accelerator of the catalogue, as it is. */
export function acceleratorText(name: string): string {
  return readFileSync(new URL(`${name}.yaml`, acceleratorsFolder), 'utf8');
}

/** How far off the model is in which conditions, and how many of the points its error bands hold. */
export function loadValidatedErrors(): ValidatedErrors {
  const folder = new URL('./', import.meta.url);
  return readProfile('errors', folder, ['validated-errors'], 'validated-errors', validatedErrorsFile);
}

/** @param versionClass the file's default unless given */
export function loadEngine(name: string, versionClass?: string): EngineProfile {
  const file = readProfile('engine', enginesFolder, engines, name, engineFile);
  const versionClasses = Object.keys(file.versionClasses);
  const chosen = versionClass ?? file.defaultVersionClass;
  const found = file.versionClasses[chosen];
  if (found === undefined) {
    throw new Error(`unknown version class "${chosen}" of ${name}; known: ${versionClasses.join(', ')}`);
  }
  const { covers, ...rest } = found;
  const profile = profileOf(name, file.title, rest);
  const numbers = { ...profile.numbers, blockTokens: profile.numbers.defaults.blockTokens };
  return { ...profile, numbers, versionClass: chosen, versionClasses, covers };
}

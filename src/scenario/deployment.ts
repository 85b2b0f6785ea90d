import type { ModelNumbers, ServingLayout } from '../sim/profiles.ts';
import type { AcceleratorOf } from './accelerator-files.ts';
import type { AcceleratorEntry, Catalogue, EngineEntry, Profile } from './catalogue-types.ts';
import { unknownName } from './did-you-mean.ts';
import type { Draft, PoolEntry } from './draft.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { ModelOf } from './model-files.ts';
import type { Path } from './problem.ts';
import type { DeploymentInput, PoolInput } from './schema.ts';

/** What a pool and its template say together. */
export interface Choices extends DeploymentInput {
  readonly accelerator: string;
  readonly model: string;
  readonly engineName: string;
  readonly entry: PoolEntry;
  readonly profiles: {
    readonly accelerator: AcceleratorEntry;
    readonly model: Profile<ModelNumbers>;
    readonly engine: EngineEntry;
  };
  readonly serving: ServingLayout;
  /** Where a key is written: in the pool or in its template. */
  at(...keys: string[]): Path;
}

/** Profiles by name or by path. */
export interface ProfilesOf {
  readonly acceleratorOf: AcceleratorOf;
  readonly modelOf: ModelOf;
}

/** A pool with its template and the profiles it names; or what is wrong with the names. */
export function choicesOf(
  entry: PoolEntry,
  templates: Draft['templates'],
  catalogue: Catalogue,
  { acceleratorOf, modelOf }: ProfilesOf,
): Choices | { readonly findings: Finding[] } {
  const { path, value } = entry;
  const { template } = value;
  if (template !== undefined && !templates.has(template)) {
    return { findings: [finding([...path, 'template'], unknownName('template', template, [...templates.keys()]))] };
  }
  const base = template === undefined ? {} : templates.get(template);
  // What is wrong with the template is said where it is written.
  if (base === undefined) return { findings: [] };
  const { accelerator, model, ...rest } = merged(base, value);
  if (accelerator === undefined || model === undefined) {
    const missing = accelerator === undefined ? 'accelerator' : 'model';
    return { findings: [finding(path, `\`${missing}\` is missing — write it here or in a template`)] };
  }
  const at = (...keys: string[]): Path =>
    template === undefined || isWritten(value, keys) || !isWritten(base, keys)
      ? [...path, ...keys]
      : ['templates', template, ...keys];
  const engineName = rest.engine?.kind ?? catalogue.defaults.engine;
  const { versionClass } = rest.engine ?? {};
  const { versionClasses } = catalogue.engine(engineName);
  if (versionClass !== undefined && !versionClasses.includes(versionClass)) {
    return {
      findings: [finding(at('engine', 'versionClass'), unknownName('version class', versionClass, versionClasses))],
    };
  }
  const chip = acceleratorOf(accelerator);
  if ('sentences' in chip) {
    return { findings: chip.sentences.map((sentence) => finding(at('accelerator'), sentence)) };
  }
  const reading = modelOf(model);
  if ('sentences' in reading) {
    return { findings: reading.sentences.map((sentence) => finding(at('model'), sentence)) };
  }
  return {
    ...rest,
    accelerator,
    model,
    engineName,
    entry,
    profiles: {
      accelerator: chip.profile,
      model: reading.profile,
      engine: catalogue.engine(engineName, versionClass),
    },
    serving: servingOf(rest, reading.profile.numbers),
    at,
  };
}

/** Where a scenario says nothing: the published weights on one accelerator. */
function servingOf({ weights, kv = 'bf16', layout = {} }: DeploymentInput, model: ModelNumbers): ServingLayout {
  const { tensorParallel = 1, pipelineParallel = 1, dataParallel = 1, expertLoadSkew = 1 } = layout;
  return {
    weights: weights ?? model.weights,
    kv,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    expertParallel: layout.expertParallel ?? (dataParallel === 1 ? 1 : tensorParallel * dataParallel),
    expertLoadSkew,
  };
}

function isWritten(deployment: DeploymentInput, keys: readonly string[]): boolean {
  let value: unknown = deployment;
  for (const key of keys) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value !== undefined;
}

/** Keys of the pool win over those of its template, one by one. */
function merged(template: DeploymentInput, pool: PoolInput): DeploymentInput {
  return {
    ...template,
    ...defined(pool),
    layout: { ...template.layout, ...defined(pool.layout ?? {}) },
    engine: { ...template.engine, ...defined(pool.engine ?? {}) },
  };
}

function defined<Keys extends object>(keys: Keys): Keys {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as Keys;
}

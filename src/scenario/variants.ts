import type { Catalogue } from './catalogue-types.ts';
import { shown } from './explain.ts';
import type { Files } from './files.ts';
import type { Path, Problem } from './problem.ts';
import { pathText } from './problem.ts';
import type { Scenario } from './read-scenario.ts';
import { readSource } from './read-scenario.ts';
import { resolvePath, withValue } from './scenario-path.ts';
import { scenarioSchemas } from './schema.ts';
import type { Source } from './source.ts';
import { parseSource } from './source.ts';
import { sweepPoints } from './sweep-design.ts';

/** A scenario with some of it changed. */
export interface Variant {
  /** Of a policy its name, of a point of a sweep its number from 1. */
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly scenario: Scenario;
}

export interface Setting {
  /** The path, as written. */
  readonly path: string;
  readonly value: unknown;
}

export type VariantsReading =
  | {
      readonly ok: true;
      /** Without any change. */
      readonly base: Scenario;
      readonly variants: readonly Variant[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A setting with the places where its key and its value are written. */
interface WrittenSetting extends Setting {
  readonly keyPlace: Path;
  readonly place: Path;
}

interface WrittenVariant {
  readonly name: string;
  readonly settings: readonly WrittenSetting[];
}

/** More would say the same again. */
const MOST_PROBLEMS = 20;

/** A scenario and the variants under its `policies:`, none if there are no policies. */
export function readPolicies(text: string, file: string, catalogue: Catalogue, files: Files): VariantsReading {
  return readVariants(text, file, catalogue, files, ({ policies }) =>
    Object.entries(policies ?? {}).map(([name, changes]) => ({
      name,
      settings: Object.entries(changes).map(([path, value]) => {
        const place = ['policies', name, path];
        return { path, value, keyPlace: place, place };
      }),
    })),
  );
}

/** A scenario and the points of its `sweep:`. */
export function readSweep(text: string, file: string, catalogue: Catalogue, files: Files): VariantsReading {
  return readVariants(text, file, catalogue, files, ({ sweep }) => {
    if (sweep === undefined) return undefined;
    return sweepPoints(sweep).map((point, index) => ({
      name: String(index + 1),
      settings: point.map(({ value, item }, axis) => {
        const [path] = sweep.axes[axis]!;
        const keyPlace = ['sweep', path];
        return { path, value, keyPlace, place: item === undefined ? keyPlace : [...keyPlace, item] };
      }),
    }));
  });
}

function readVariants(
  text: string,
  file: string,
  catalogue: Catalogue,
  files: Files,
  writtenIn: (base: Scenario) => readonly WrittenVariant[] | undefined,
): VariantsReading {
  const parsed = parseSource(text, file);
  if ('problems' in parsed) return { ok: false, problems: parsed.problems };
  const { source } = parsed;
  const schemas = scenarioSchemas(catalogue);
  const base = readSource(source, file, catalogue, files, schemas);
  if (!base.ok) return base;
  const written = writtenIn(base.scenario);
  if (written === undefined) {
    const hint = 'add sweep: with paths and their values, such as routing.kind: [random, round-robin]';
    return { ok: false, problems: [{ file, path: 'sweep', message: 'the scenario sweeps nothing', hint }] };
  }
  const problems = new Map<string, Problem>();
  const variants: Variant[] = [];
  for (const variant of written) {
    const changed = changedSource(source, variant.settings);
    const reading = 'problems' in changed ? changed : readSource(changed, file, catalogue, files, schemas);
    if ('scenario' in reading) variants.push({ ...variant, scenario: reading.scenario });
    else for (const problem of reading.problems) problems.set(JSON.stringify(problem), problem);
    if (problems.size >= MOST_PROBLEMS) break;
  }
  if (problems.size > 0) return { ok: false, problems: [...problems.values()] };
  return { ok: true, base: base.scenario, variants, warnings: base.warnings };
}

interface Change extends WrittenSetting {
  readonly target: Path;
}

/** The scenario with the settings made; what is wrong with it is placed where the settings are written. */
function changedSource(source: Source, settings: readonly WrittenSetting[]): Source | { problems: Problem[] } {
  if (settings.length === 0) return source;
  let value = source.value;
  for (const block of ['policies', 'sweep']) value = without(value, block);
  const changes: Change[] = [];
  const problems: Problem[] = [];
  for (const setting of settings) {
    const resolved = resolvePath(setting.path, value);
    if ('path' in resolved) {
      changes.push({ ...setting, target: resolved.path });
      value = withValue(value, resolved.path, setting.value);
    } else {
      problems.push(source.problemAtKey(setting.keyPlace, resolved.sentence));
    }
  }
  if (problems.length > 0) return { problems };
  const placed = (path: Path, sentence: string, atKey: boolean): Problem => {
    const change = nearest(changes, path);
    const inside = path.slice(change.target.length);
    const at = atKey ? source.problemAtKey : source.problem;
    if (sharedParts(change, path) < Math.min(change.target.length, path.length)) {
      // Beside the change, which still is why it is wrong.
      const problem = at(path, sentence);
      return { ...problem, message: `${problem.message} (with ${change.path}: ${shown(change.value)})` };
    }
    const problem = at(inside.length === 0 && atKey ? change.keyPlace : [...change.place, ...inside], sentence);
    return { ...problem, path: `${pathText(change.keyPlace.slice(0, -1))}: ${pathText(path)}` };
  };
  return {
    value,
    problem: (path, sentence) => placed(path, sentence, false),
    problemAtKey: (path, sentence) => placed(path, sentence, true),
  };
}

/** The scenario alone is fine, so what is wrong now comes of the change that shares most of its path. */
function nearest(changes: readonly Change[], path: Path): Change {
  return changes.reduce((best, change) => (sharedParts(change, path) >= sharedParts(best, path) ? change : best));
}

function sharedParts({ target }: Change, path: Path): number {
  const end = target.findIndex((part, index) => part !== path[index]);
  return end < 0 ? target.length : end;
}

function without(value: unknown, key: string): unknown {
  const { [key]: _left, ...rest } = value as Record<string, unknown>;
  return rest;
}

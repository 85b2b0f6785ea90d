import { closest } from './did-you-mean.ts';
import type { Path, PathPart } from './problem.ts';
import { pathText } from './problem.ts';

/** Keys whose entries have names of the user's own: one that is not there yet is a mistake, not a default. */
const NAMED_BY_USER: readonly string[] = ['templates'];
/** What says which run it is, or is the same for all of them. */
const FIXED: Readonly<Record<string, string>> = {
  name: 'the scenario keeps its name',
  seeds: 'all variants have the same seeds',
  policies: 'a variant has no variants',
  sweep: 'a sweep does not change itself',
};

export type ResolvedPath = { readonly path: Path } | { readonly sentence: string };

/**
 * Where in a scenario `regions[virginia].pools[0].instances` is. An entry of a list is named by its number or by its
 * `name` (of objectives: `class`); brackets also hold keys with dots in them. The last keys need not be written yet: the
 * schema knows which there can be.
 */
export function resolvePath(text: string, scenario: unknown): ResolvedPath {
  const words = wordsOf(text);
  if (words === undefined) {
    return {
      sentence: `\`${text}\` is not a path — write it such as routing.kind or regions[0].pools[desk].instances`,
    };
  }
  const reason = Object.hasOwn(FIXED, words[0]!) ? FIXED[words[0]!] : undefined;
  if (reason !== undefined) return { sentence: `\`${words[0]}\` cannot be changed here — ${reason}` };
  const path: PathPart[] = [];
  let value = scenario;
  for (const word of words) {
    const step = stepInto(value, word, path);
    if ('sentence' in step) return step;
    path.push(step.part);
    value = step.value;
  }
  return { path };
}

/** `a.b[c].d` in its words; undefined if it is malformed. */
function wordsOf(text: string): string[] | undefined {
  if (!/^[^.[\]]+(\.[^.[\]]+|\[[^[\]]+\])*$/.test(text)) return undefined;
  return [...text.matchAll(/(?:^|\.)([^.[\]]+)|\[([^[\]]+)\]/g)].map(([, key, entry]) => (key ?? entry)!);
}

type Step = { readonly part: PathPart; readonly value: unknown } | { readonly sentence: string };

function stepInto(container: unknown, word: string, at: Path): Step {
  // Not written yet, so the schema has the last word on what may be there.
  if (container === undefined || container === null) return { part: word, value: undefined };
  if (Array.isArray(container)) return entryOf(container, word, at);
  if (typeof container !== 'object') return { sentence: `\`${pathText(at)}\` has no parts — end the path there` };
  const known = Object.keys(container);
  if (known.includes(word)) return { part: word, value: (container as Record<string, unknown>)[word] };
  if (NAMED_BY_USER.includes(pathText(at))) return { sentence: missing(word, known, at) };
  return { part: word, value: undefined };
}

function entryOf(list: readonly unknown[], word: string, at: Path): Step {
  const names = list.map(nameOf);
  const index = /^\d+$/.test(word) ? Number(word) : names.indexOf(word);
  if (index >= 0 && index < list.length) return { part: index, value: list[index] };
  return {
    sentence: missing(
      word,
      names.filter((name) => name !== undefined),
      at,
    ),
  };
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { name, class: className } = entry as { name?: unknown; class?: unknown };
  const found = name ?? className;
  return typeof found === 'string' ? found : undefined;
}

function missing(word: string, known: readonly string[], at: Path): string {
  const guess = closest(word, known);
  const hint =
    guess === undefined ? `there are: ${known.join(', ')}` : `did you mean [${guess}]? there are: ${known.join(', ')}`;
  return `\`${pathText(at)}\` has no "${word}" — ${hint}`;
}

/** A copy of a value with something else at one path; what leads there is made where it is not. */
export function withValue(value: unknown, path: Path, replacement: unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => (index === part ? withValue(entry, rest, replacement) : entry));
  }
  const record = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const inner = Object.hasOwn(record, part) ? record[part] : undefined;
  return { ...record, [part]: withValue(inner, rest, replacement) };
}

import { z } from 'zod';
import { closest, unknownKey } from './did-you-mean.ts';
import type { Path } from './problem.ts';
import { pathText } from './problem.ts';

/** One finding about a value, before it has a place in a file. */
export interface Finding {
  readonly path: Path;
  readonly sentence: string;
  /** The path ends with a key that should not be there: point at the key. */
  readonly atKey: boolean;
}

export type Checked<Value> = { readonly value: Value } | { readonly findings: Finding[] };

/**
 * What a schema finds wrong with a value, in words that say what to write. Messages of the schema itself win; the ones
 * here replace the library's own.
 */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(value, { error: sentenceOf });
  return parsed.success ? { value: parsed.data } : { findings: findingsOf(parsed.error.issues) };
}

function findingsOf(issues: readonly z.core.$ZodIssue[]): Finding[] {
  const misspelt = new Set<string>();
  const findings = issues.flatMap((issue): Finding[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'invalid_union') return inLikeliestBranch(issue, path);
    if (issue.code !== 'unrecognized_keys')
      return [{ path, sentence: issue.message, atKey: issue.code === 'invalid_key' }];
    const known = issue.message.split(KEY_SEPARATOR);
    return issue.keys.map((key) => {
      misspelt.add(pathText([...path, closest(key, known) ?? key]));
      return { path: [...path, key], sentence: unknownKey(key, known), atKey: true };
    });
  });
  // A key that is missing because it was misspelt is one mistake, not two.
  return findings.filter(
    ({ path, sentence, atKey }) => atKey || !sentence.endsWith(MISSING) || !misspelt.has(pathText(path)),
  );
}

/** Of several forms a value may have, the one that was meant has its faults inside, or at least the right type. */
function inLikeliestBranch(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding[] {
  const inside = issue.errors.filter((branch) =>
    branch.every(({ code, path: at }) => code === 'unrecognized_keys' || at.length > 0),
  );
  const rightType = issue.errors.filter(
    (branch) => !branch.some(({ code, path: at }) => code === 'invalid_type' && at.length === 0),
  );
  const meant = inside.length === 1 ? inside : rightType;
  if (meant.length !== 1) return [{ path, sentence: issue.message, atKey: false }];
  return findingsOf(meant[0]!).map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
}

const MISSING = 'is missing';
const KEY_SEPARATOR = ' ';

function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      // The only place that can name the keys there are: they travel in the message.
      return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(KEY_SEPARATOR) : '';
    case 'invalid_union':
      return `${shown(issue.input)} has none of the forms that are possible here`;
    case 'invalid_type':
      if (issue.input === undefined) return `\`${String(issue.path?.at(-1) ?? 'scenario')}\` ${MISSING}`;
      return `expected ${EXPECTED[issue.expected] ?? `a ${issue.expected}`}, found ${shown(issue.input)}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      if (issue.origin === 'array') return 'needs at least one entry';
      return `must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}, found ${shown(issue.input)}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}, found ${shown(issue.input)}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value: unknown) => JSON.stringify(value)).join(' or ')}, found ${shown(issue.input)}`;
    case 'invalid_key':
      return `unknown key ${shown(issue.path?.at(-1))}`;
    default:
      return undefined;
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

/** A value as the user would recognise it, cut when long. */
export function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys and values';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

import { z } from 'zod';
import { closest, unknownKey, unknownName } from './did-you-mean.ts';
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
  const holders = new Set<string>();
  for (const { path, known, key } of issues.flatMap(unknownKeys)) {
    const meant = closest(key, known);
    misspelt.add(pathText([...path, meant ?? key]));
    if (meant !== undefined) holders.add(pathText(path));
  }
  return issues.flatMap((issue): Finding[] => {
    const path = partsOf(issue);
    if (issue.code === 'invalid_union') return inLikeliestBranch(issue, path);
    if (issue.code === 'unrecognized_keys') {
      return unknownKeys(issue).map(({ known, key }) => ({
        path: [...path, key],
        sentence: unknownKey(key, known),
        atKey: true,
      }));
    }
    // A key that is missing because it was misspelt is one mistake, not two; so is what does not go together without it.
    if (issue.message.includes(MISSING) && misspelt.has(pathText(path))) return [];
    if (issue.code === 'custom' && holders.has(pathText(path))) return [];
    return [{ path, sentence: issue.message, atKey: issue.code === 'invalid_key' }];
  });
}

function unknownKeys(issue: z.core.$ZodIssue) {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = issue.message.split(KEY_SEPARATOR);
  return issue.keys.map((key) => ({ path: partsOf(issue), known, key }));
}

function partsOf({ path }: z.core.$ZodIssue): Path {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

/** Of several forms a value may have, the one that was meant has its faults inside, or at least the right type. */
function inLikeliestBranch(issue: z.core.$ZodIssueInvalidUnion, path: Path): Finding[] {
  const inside = issue.errors.filter((branch) =>
    branch.every(({ code, path: at }) => code === 'unrecognized_keys' || at.length > 0),
  );
  const rightType = issue.errors.filter((branch) => !branch.some((one) => typeOf(one) !== undefined));
  const meant = inside.length === 1 ? inside : rightType;
  if (meant.length !== 1) return [{ path, sentence: issue.message, atKey: false }];
  return findingsOf(meant[0]!).map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
}

/** The type, or the only value, that one form of several wanted of the whole. */
function typeOf(issue: z.core.$ZodIssue): string | undefined {
  if (issue.path.length > 0) return undefined;
  if (issue.code === 'invalid_type') return expected(issue.expected);
  return issue.code === 'invalid_value' && issue.values.length === 1 ? JSON.stringify(issue.values[0]) : undefined;
}

const MISSING = '` is missing';
const KEY_SEPARATOR = ' ';

function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      // The only place that can name the keys there are: they travel in the message.
      return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(KEY_SEPARATOR) : '';
    case 'invalid_union':
      return noForm(issue);
    case 'invalid_type':
      if (issue.input === undefined) return missing(issue.path);
      return `expected ${expected(issue.expected)}, found ${shown(issue.input)}${remedy(issue)}`;
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int')
        return outside(issue, 'above', 'at least', issue.minimum);
      return wrongSize(issue, 'at least', issue.minimum);
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int') return outside(issue, 'below', 'at most', issue.maximum);
      return wrongSize(issue, 'at most', issue.maximum);
    case 'invalid_value':
      return otherValue(issue.input, issue.values, issue.path);
    case 'invalid_key':
      return `unknown key ${shown(issue.path?.at(-1))}`;
    default:
      return undefined;
  }
}

type Raw<Code extends z.core.$ZodIssue['code']> = z.core.$ZodRawIssue<Extract<z.core.$ZodIssue, { code: Code }>>;
type RawPath = z.core.$ZodRawIssue['path'];

function missing(path: RawPath, values: readonly unknown[] = []): string {
  const choice = values.length === 0 ? '' : ` — write ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`;
  return `\`${String(path?.at(-1) ?? 'scenario')}${MISSING}${choice}`;
}

interface Bounded {
  readonly input: unknown;
  readonly inclusive?: boolean | undefined;
  readonly exact?: boolean | undefined;
}

function outside({ input, inclusive }: Bounded, strict: string, weak: string, bound: number | bigint): string {
  const isPercent = bound === 1 && typeof input === 'number' && Number.isInteger(input) && input > 1 && input <= 100;
  const remedy = isPercent ? ` — a share: write ${input / 100} for ${input} %` : '';
  return `must be ${inclusive === false ? strict : weak} ${bound}, found ${shown(input)}${remedy}`;
}

function wrongSize({ input, exact }: Bounded, words: string, bound: number | bigint): string {
  if (typeof input === 'string') {
    return input === '' ? 'must not be empty' : `must have ${words} ${bound} characters, found ${input.length}`;
  }
  const size = typeof input === 'object' && input !== null ? Object.keys(input).length : 0;
  if (size === 0 && bound === 1) return 'needs at least one entry';
  return `must have ${exact === true ? '' : `${words} `}${bound} ${bound === 1 ? 'entry' : 'entries'}, found ${size}`;
}

/** What to write where keys and values belong and something else stands. */
function remedy({ inst, input, path }: Raw<'invalid_type'>): string {
  if (path === undefined || path.length === 0) return '';
  if (inst instanceof z.ZodDiscriminatedUnion) {
    const key = inst.def.discriminator;
    const names = inst.options.flatMap((option) => namesOf(option, key));
    const name = typeof input === 'string' ? closest(input, names) : undefined;
    return name === undefined
      ? ` — write { ${key}: … } with one of ${names.join(', ')}`
      : ` — write { ${key}: ${name} }`;
  }
  if (!(inst instanceof z.ZodObject)) return '';
  const fields = Object.entries<z.core.$ZodType>(inst.shape);
  const required = fields.filter(([, field]) => !z.safeParse(field, undefined).success);
  const keys = (required.length > 0 ? required : fields).map(([key]) => key);
  return required.length > 0
    ? ` — write { ${keys.map((key) => `${key}: …`).join(', ')} }`
    : ` — write { … } with any of the keys ${keys.join(', ')}`;
}

/** What the key may be in one of the forms. */
function namesOf(option: z.core.$ZodType, key: string): string[] {
  const field: unknown = option instanceof z.ZodObject ? option.shape[key] : undefined;
  return field instanceof z.ZodLiteral ? [...field.values].filter((name) => typeof name === 'string') : [];
}

/** A value that is none of a few. */
function otherValue(input: unknown, values: readonly unknown[], path: RawPath): string {
  if (input === undefined) return missing(path, values);
  const key = path?.at(-1);
  const names = values.filter((value) => typeof value === 'string');
  if (names.length > 1 && typeof input === 'string') {
    return unknownName(typeof key === 'string' ? key : 'value', input, names);
  }
  return `expected ${values.map((value) => JSON.stringify(value)).join(' or ')}, found ${shown(input)}`;
}

function noForm({ input, discriminator, options, errors, path }: Raw<'invalid_union'>): string {
  if (typeof discriminator === 'string' && Array.isArray(options)) {
    const value: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, discriminator) : undefined;
    return otherValue(value, options, path);
  }
  if (input === undefined) return missing(path);
  const types = (errors ?? []).map((branch) => branch.flatMap((one) => typeOf(one) ?? []));
  if (types.length === 0 || types.some((ofBranch) => ofBranch.length === 0)) {
    return `${shown(input)} has none of the forms that are possible here`;
  }
  return `expected ${[...new Set(types.flat())].join(' or ')}, found ${shown(input)}`;
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

function expected(type: string): string {
  return EXPECTED[type] ?? `a ${type}`;
}

/** A value as the user would recognise it, cut when long. */
export function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys and values';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

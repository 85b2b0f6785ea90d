import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { ZodType } from 'zod';
import { z } from 'zod';
import { GRADES, type Grade } from './sim/plan.ts';
import type { Plain, SourcedEntry } from './sim/profiles.ts';
import { plain, sourcesOf, worstGrade } from './sim/profiles.ts';

/** Everything that is wrong with one profile file. A profile is part of the program: this is a bug, not a user's error. */
export class ProfileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ProfileError';
    this.problems = problems;
  }
}

/** The numbers of a profile, and where each comes from. */
export interface Profile<Numbers> {
  readonly name: string;
  readonly title: string;
  readonly numbers: Numbers;
  readonly sources: readonly SourcedEntry[];
  readonly worstGrade: Grade;
}

/** A value that may stand in a profile only with its source and grade. */
export function sourced<Value>(value: ZodType<Value>) {
  return z.strictObject({ value, source: z.string().min(8), grade: z.enum(GRADES) });
}

export function profileOf<Tree>(name: string, title: string, tree: Tree): Profile<Plain<Tree>> {
  const sources = sourcesOf(tree);
  return { name, title, numbers: plain(tree), sources, worstGrade: worstGrade(sources) };
}

/** `name`.yaml in `folder`, which must be in `known`. */
export function readProfile<Content>(
  noun: string,
  folder: URL,
  known: readonly string[],
  name: string,
  schema: ZodType<Content>,
): Content {
  if (!known.includes(name)) throw new Error(`unknown ${noun} "${name}"; known: ${known.join(', ')}`);
  const file = new URL(`${name}.yaml`, folder);
  return parseProfile(readFileSync(file, 'utf8'), `${name}.yaml`, schema);
}

/**
 * @param prepare what is done to the content before it is checked; it must keep every path
 * @throws ProfileError with `file:line:column` of every problem
 */
export function parseProfile<Content>(
  text: string,
  file: string,
  schema: ZodType<Content>,
  prepare: (content: unknown) => unknown = (content) => content,
): Content {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, problem: string) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col} ${problem}`;
  };
  if (document.errors.length > 0) {
    throw new ProfileError(document.errors.map(({ pos, message }) => at(pos[0], message)));
  }
  const read = schema.safeParse(prepare(document.toJS()), { error: sentenceOf });
  if (read.success) return read.data;
  throw new ProfileError(
    read.error.issues.flatMap((issue) => {
      const { path, message } = issue;
      if (issue.code !== 'unrecognized_keys') return at(offsetOf(document, path), `${path.join('.')}: ${message}`);
      return issue.keys.map((key) => at(keyOffset(document, path, key), `${[...path, key].join('.')}: ${message}`));
    }),
  );
}

/** In the place of the schema library's own words. */
function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  const { input, inst } = issue;
  switch (issue.code) {
    case 'unrecognized_keys':
      return inst instanceof z.ZodObject
        ? `unknown key — known keys: ${Object.keys(inst.shape).join(', ')}`
        : undefined;
    case 'invalid_type': {
      if (input === undefined) return 'is missing';
      const isSourced = inst instanceof z.ZodObject && 'value' in inst.shape && 'source' in inst.shape;
      if (isSourced && typeof input === 'number') {
        return `${input} has no source — write \`source:\` at the top, or { value, source, grade }`;
      }
      const wanted = isSourced ? 'a number, or { value, source, grade }' : EXPECTED[issue.expected];
      return `expected ${wanted ?? `a ${issue.expected}`}, found ${foundText(input)}`;
    }
    case 'too_small':
      if (typeof input !== 'number') return undefined;
      return `must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}, found ${input}`;
    case 'too_big':
      if (typeof input !== 'number') return undefined;
      return `must be ${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}, found ${input}`;
    case 'invalid_value': {
      const choice = issue.values.map((value: unknown) => JSON.stringify(value)).join(' or ');
      return input === undefined ? `is missing — write ${choice}` : `expected ${choice}, found ${foundText(input)}`;
    }
    default:
      return undefined;
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

function foundText(value: unknown): string {
  if (value === null) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'keys and values';
  return JSON.stringify(value) ?? 'nothing';
}

/** Where a key stands in what is at `path`. */
function keyOffset(document: Document.Parsed, path: readonly PropertyKey[], key: string): number {
  const holder = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(holder) ? holder.items.find(({ key: node }) => isScalar(node) && node.value === key) : undefined;
  return isNode(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(document, path);
}

/** Where the value of `path` stands, or what is around it when it is missing. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

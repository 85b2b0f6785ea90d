import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import { isNode, LineCounter, parseDocument } from 'yaml';
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

/** @throws ProfileError with `file:line:column` of every problem */
export function parseProfile<Content>(text: string, file: string, schema: ZodType<Content>): Content {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, problem: string) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col} ${problem}`;
  };
  if (document.errors.length > 0) {
    throw new ProfileError(document.errors.map(({ pos, message }) => at(pos[0], message)));
  }
  const read = schema.safeParse(document.toJS());
  if (read.success) return read.data;
  throw new ProfileError(
    read.error.issues.map(({ path, message }) => at(offsetOf(document, path), `${path.join('.')}: ${message}`)),
  );
}

/** Where the value of `path` stands, or what is around it when it is missing. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

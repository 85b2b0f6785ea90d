import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseSync, Visitor, type Program } from 'oxc-parser';

/** One parsed file. Paths are relative to the repository, with forward slashes. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly program: Program;
}

export function sourceOf(file: string, text: string): Source {
  const { program, errors } = parseSync(file, text, { preserveParens: false });
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  return { file, text, program };
}

/** Every file under a folder whose name ends so; none when there is no such folder. */
export function filesUnder(folder: string, ...endings: readonly string[]): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .toSorted();
}

export function sourcesUnder(...folders: readonly string[]): Source[] {
  return folders
    .flatMap((folder) => filesUnder(folder, '.ts', '.mjs', '.js'))
    .map((file) => sourceOf(file, readFileSync(file, 'utf8')));
}

/** Line of a character offset, counted from 1. */
export function lineAt({ text }: Source, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** What a file loads by any form: import, re-export, `import()`, a type, and a worker's `new URL('./…', import.meta.url)`. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: unknown) => {
    if (isStringLiteral(node)) found.push({ specifier: node.value, line: lineAt(source, node.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    NewExpression: (node) => {
      const [path, base] = node.arguments;
      const isUrl = node.callee.type === 'Identifier' && node.callee.name === 'URL';
      if (isUrl && base?.type === 'MemberExpression' && base.object.type === 'MetaProperty') add(path);
    },
  }).visit(source.program);
  return found;
}

/** The repository path a relative specifier leads to; undefined for a package. */
export function targetOf({ file }: Source, { specifier }: Import): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined;
}

interface StringNode {
  readonly value: string;
  readonly start: number;
}

function isStringLiteral(node: unknown): node is StringNode {
  return (
    typeof node === 'object' &&
    node !== null &&
    'type' in node &&
    node.type === 'Literal' &&
    'value' in node &&
    typeof node.value === 'string'
  );
}

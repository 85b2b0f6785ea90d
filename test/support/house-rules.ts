import { posix } from 'node:path';
import { Visitor, type Expression, type Node, type VisitorObject } from 'oxc-parser';
import { importsOf, lineAt, targetOf, type Source } from './source.ts';

/** A rule looks at one file and answers its violations: where, what, and what to do instead. */
export type Rule = (source: Source) => string[];

// ------------------------------------------------------------------------------------------ who imports whom

/** Part of src/ that a path belongs to, a folder or a file of src/ itself; any other path stands for itself. */
function partOf(file: string): string {
  const [, part] = /^src\/([^/]+)/.exec(file) ?? [];
  return part?.replace(/\.ts$/, '') ?? file;
}

/** Relative imports of a file of src/ that its part is not allowed. */
export function importsOnly(allowed: Readonly<Record<string, readonly string[]>>): Rule {
  return (source) => {
    const part = partOf(source.file);
    const may = allowed[part];
    if (may === undefined) return [`${source.file}: src/${part} is not in the table of who may import whom`];
    return importsOf(source).flatMap((imported) => {
      const target = targetOf(source, imported);
      if (target === undefined || partOf(target) === part || may.includes(partOf(target))) return [];
      const list = may.length === 0 ? 'nothing of ours' : may.join(', ');
      return [`${source.file}:${imported.line} imports ${target}; ${part} may import ${list}`];
    });
  };
}

/** A circle in a table of who imports whom, as the path that closes it. */
export function circleIn(edges: Readonly<Record<string, readonly string[]>>): string[] | undefined {
  const cleared = new Set<string>();
  const search = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (cleared.has(node)) return undefined;
    for (const next of edges[node] ?? []) {
      const circle = search(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    cleared.add(node);
    return undefined;
  };
  for (const node of Object.keys(edges)) {
    const circle = search(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------ names and members

/** Global names and members that a file must not use, and what to use instead. */
export interface Ban {
  readonly uses: readonly string[];
  readonly instead: string;
}

/**
 * Uses of banned globals (`Date`) and of their members (`Math.random`). A member listed in `allowed` is fine although
 * its object is banned (`Date.UTC` is arithmetic).
 */
export function uses(source: Source, bans: readonly Ban[], allowed: readonly string[] = []): string[] {
  const found: string[] = [];
  const notReferences = new Set<unknown>();
  const report = (name: string, node: Node) => {
    const ban = bans.find((one) => one.uses.includes(name));
    if (ban !== undefined) found.push(`${source.file}:${lineAt(source, node.start)} uses ${name}; ${ban.instead}`);
  };
  const key = (node: { readonly key: unknown; readonly computed: boolean }) => {
    if (!node.computed) notReferences.add(node.key);
  };
  visit(source, {
    MemberExpression(node) {
      const property = node.computed ? literalText(node.property) : node.property.name;
      if (!node.computed) notReferences.add(node.property);
      if (node.object.type !== 'Identifier' || property === undefined) return;
      const name = `${node.object.name}.${property}`;
      if (allowed.includes(name)) notReferences.add(node.object);
      report(name, node);
    },
    Property: key,
    MethodDefinition: key,
    PropertyDefinition: key,
    TSPropertySignature: key,
    TSMethodSignature: key,
    Identifier(node) {
      if (!notReferences.has(node)) report(node.name, node);
    },
  });
  return found;
}

function literalText(node: Expression): string | undefined {
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

function visit({ program }: Source, visitor: VisitorObject): void {
  new Visitor(visitor).visit(program);
}

// ------------------------------------------------------------------------------------------ hidden inputs

const HIDDEN_INPUTS: readonly Ban[] = [
  { uses: ['Math.random', 'crypto'], instead: 'draw from the Rng the file is given' },
  { uses: ['Date', 'performance', 'Intl', 'toLocaleString'], instead: 'take the time from nowNs or from the plan' },
  {
    uses: ['Promise', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'FinalizationRegistry', 'WeakRef'],
    instead: 'put an event on the queue: a run is one synchronous call',
  },
  { uses: ['process', 'globalThis', 'navigator', 'fetch'], instead: 'take it from the plan' },
  { uses: ['Math.pow'], instead: 'multiply, or use Math.sqrt: V8 has changed its powers between versions' },
];
const PURE_MEMBERS = ['Date.UTC'];

/** Packages that the model may load; a package can hide an input as well as a line of ours can. */
const MODEL_PACKAGES = ['seedrandom', 'zod'];

/** Anything that could make two runs of one plan and seed differ. */
export const noHiddenInputs: Rule = (source) => {
  const found = uses(source, HIDDEN_INPUTS, PURE_MEMBERS);
  const add = (node: Node, what: string) => found.push(`${source.file}:${lineAt(source, node.start)} ${what}`);
  const synchronous = (node: Node & { readonly async: boolean }) => {
    if (node.async) add(node, 'is async; put an event on the queue: a run is one synchronous call');
  };
  const power = 'uses **; multiply, or use Math.sqrt: V8 has changed its powers between versions';
  visit(source, {
    FunctionDeclaration: synchronous,
    FunctionExpression: synchronous,
    ArrowFunctionExpression: synchronous,
    AwaitExpression: (node) => add(node, 'awaits; a run is one synchronous call'),
    ImportExpression: (node) => add(node, 'loads code while it runs; import it at the top'),
    MetaProperty: (node) => add(node, 'uses import.meta; take it from the plan'),
    AssignmentExpression(node) {
      if (node.operator === '**=') add(node, power);
    },
    BinaryExpression(node) {
      // 2 ** 52 is one constant, the same everywhere.
      const constant = node.left.type === 'Literal' && node.right.type === 'Literal';
      if (node.operator === '**' && !constant) add(node, power);
    },
  });
  for (const { specifier, line } of importsOf(source)) {
    if (specifier.startsWith('.') || MODEL_PACKAGES.includes(specifier)) continue;
    found.push(`${source.file}:${line} imports ${specifier}; the model loads only ${MODEL_PACKAGES.join(', ')}`);
  }
  return found;
};

// ------------------------------------------------------------------------------------------ printing

const PRINTING: readonly Ban[] = [
  { uses: ['console', 'process.stdout', 'process.stderr'], instead: 'answer the text and let src/cli print it' },
  {
    uses: ['process.exit', 'process.exitCode', 'process.abort'],
    instead: 'throw, and let src/cli choose the exit code',
  },
];

export const onlyCliPrints: Rule = (source) => (source.file.startsWith('src/cli/') ? [] : uses(source, PRINTING));

// ------------------------------------------------------------------------------------------ sizes

export const MAX_FILE_LINES = 300;
export const MAX_FUNCTION_LINES = 60;

export const fitsInTheHead: Rule = (source) => {
  const found: string[] = [];
  const fileLines = source.text.replace(/\n$/, '').split('\n').length;
  if (fileLines > MAX_FILE_LINES) found.push(`${source.file} has ${fileLines} lines; ${MAX_FILE_LINES} are allowed`);
  const suites = new Set<unknown>();
  const measure = (node: Node) => {
    const first = lineAt(source, node.start);
    const lines = lineAt(source, node.end) - first + 1;
    if (lines <= MAX_FUNCTION_LINES || suites.has(node)) return;
    found.push(`${source.file}:${first} is a function of ${lines} lines; ${MAX_FUNCTION_LINES} are allowed`);
  };
  visit(source, {
    // The body of a `describe` is a list of tests, not a function that anyone reads as one.
    CallExpression(node) {
      if (rootName(node.callee) === 'describe') for (const argument of node.arguments) suites.add(argument);
    },
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  });
  return found;
};

function rootName(callee: Expression): string | undefined {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return rootName(callee.object);
  if (callee.type === 'CallExpression') return rootName(callee.callee);
  return undefined;
}

// ------------------------------------------------------------------------------------------ casts

/** A cast by way of `unknown` tells the compiler to look away. */
export const noDoubleCasts: Rule = (source) => {
  const found: string[] = [];
  visit(source, {
    TSAsExpression(node) {
      const inner = node.expression.type === 'TSAsExpression' ? node.expression.typeAnnotation.type : undefined;
      if (inner !== 'TSUnknownKeyword' && inner !== 'TSAnyKeyword') return;
      found.push(`${source.file}:${lineAt(source, node.start)} casts twice; narrow the value with a check`);
    },
  });
  return found;
};

// ------------------------------------------------------------------------------------------ lists

/**
 * Modules that a folder defines and its list does not hold. A module is an exported object with a name and a `create`,
 * as src/sim/module.ts says; helpers beside it are none.
 */
export function unlistedModules(
  index: string,
  listExports: Readonly<Record<string, unknown>>,
  fileExports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string[] {
  const lists = Object.values(listExports).filter((value): value is unknown[] => Array.isArray(value));
  const listed = new Set(lists.flat().flatMap((entry) => (isModule(entry) ? [entry.name] : [])));
  return Object.entries(fileExports).flatMap(([file, exports]) =>
    Object.entries(exports).flatMap(([exported, value]) =>
      isModule(value) && !listed.has(value.name)
        ? [`${index} does not list ${value.name}: import ${exported} from './${posix.basename(file)}' and add it`]
        : [],
    ),
  );
}

function isModule(value: unknown): value is { readonly name: string } {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('create' in value)) return false;
  return typeof value.name === 'string' && typeof value.create === 'function';
}

/** Data files that the list of their folder does not name by a string: `'h100-sxm'` or `'accelerators/h100-sxm.yaml'`. */
export function unlistedData(index: Source, files: readonly string[]): string[] {
  const named = new Set<string>();
  visit(index, {
    Literal(node) {
      if (typeof node.value === 'string') named.add(posix.basename(node.value, '.yaml'));
    },
  });
  return files
    .map((file) => posix.basename(file, '.yaml'))
    .filter((name) => !named.has(name))
    .map((name) => `${index.file} does not list ${name}: add the line '${name}',`);
}

// ------------------------------------------------------------------------------------------ text

const UNWANTED_TEXT: readonly (readonly [pattern: RegExp, problem: string])[] = [
  [/(?<![\w.~-])\/(?:work|home|root|Users)\//, 'names a folder of one machine'],
  [/\.\.\/shared\b/, 'names a folder that a clone does not have'],
  [/\b(?:TO[D]O|FIX[M]E|X[X]X)\b/, 'leaves work behind: do it, or write it down outside the code'],
  [/\b(?:issue|fixes|closes) #?\d+\b/i, 'cites an issue: say the reason itself'],
];

/** Text that only makes sense to the one who wrote it. */
export function unwantedText(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    UNWANTED_TEXT.flatMap(([pattern, problem]) => {
      const match = pattern.exec(line);
      return match === null ? [] : [`${file}:${index + 1} ${problem}: ${match[0]}`];
    }),
  );
}

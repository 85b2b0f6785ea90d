// Imported numbers of the built model become literals. An imported name may change or not be there yet, so the engine looks
// it up and checks it at every use, although these are constants. What is replaced: names that are exported as a number, and
// members of an exported object of numbers. docs/speed.md says what it is worth.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** The folders of dist where a run takes place. */
const FOLDERS = ['sim', 'workloads', 'schedulers'];

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join('dist', folder), { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join('dist', folder, name)),
);
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const programs = new Map(files.map((file) => [file, parsed(file)]));
/** By file, and in it by exported name: a number, or numbers by member. */
const constants = new Map(files.map((file) => [file, exportedConstants(programs.get(file))]));

for (const file of files) rewrite(file);

function parsed(file) {
  const { program, errors } = parseSync(file, sources.get(file));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return program;
}

function exportedConstants(program) {
  const found = new Map();
  for (const { type, declaration } of program.body) {
    if (type !== 'ExportNamedDeclaration' || declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.kind === 'const' ? declaration.declarations : []) {
      const value = init.type === 'ObjectExpression' ? membersOf(init) : numberOf(init);
      if (value !== undefined) found.set(id.name, value);
    }
  }
  return found;
}

function membersOf({ properties }) {
  const members = new Map(properties.map(({ key, value }) => [key?.name, value && numberOf(value)]));
  return members.size > 0 && [...members.values()].every((value) => value !== undefined) ? members : undefined;
}

function numberOf(node) {
  if (node.type === 'Literal' && typeof node.value === 'number') return node.value;
  if (node.type === 'UnaryExpression' && node.operator === '-' && node.argument.type === 'Literal') {
    return -node.argument.value;
  }
  if (node.type !== 'BinaryExpression' || node.operator !== '**') return undefined;
  const [base, exponent] = [numberOf(node.left), numberOf(node.right)];
  return base === undefined || exponent === undefined ? undefined : base ** exponent;
}

function rewrite(file) {
  const imported = importedConstants(file);
  if (imported.size === 0) return;
  const uses = [];
  /** Where a name stands for itself, not for its value. */
  const names = new Set();
  const key = ({ key: { start }, computed }) => computed || names.add(start);
  new Visitor({
    MemberExpression: ({ object, property, computed, start, end }) => {
      if (!computed) names.add(property.start);
      const value = object.type === 'Identifier' && !computed ? imported.get(object.name) : undefined;
      if (value instanceof Map) uses.push({ start, end, value: value.get(property.name) });
    },
    Identifier: ({ name, start, end }) => {
      const value = imported.get(name);
      if (typeof value === 'number') uses.push({ start, end, value });
    },
    Property: key,
    MethodDefinition: key,
    PropertyDefinition: key,
    ImportSpecifier: ({ imported: { start }, local }) => names.add(start).add(local.start),
    ExportSpecifier: ({ local, exported }) => names.add(local.start).add(exported.start),
    VariableDeclarator: ({ id }) => refuse(file, imported, id),
    FunctionDeclaration: ({ params }) => params.forEach((param) => refuse(file, imported, param)),
    FunctionExpression: ({ params }) => params.forEach((param) => refuse(file, imported, param)),
    ArrowFunctionExpression: ({ params }) => params.forEach((param) => refuse(file, imported, param)),
  }).visit(programs.get(file));
  write(
    file,
    uses.filter(({ start }) => !names.has(start)),
  );
}

/** By local name. */
function importedConstants(file) {
  const imported = new Map();
  for (const { type, source, specifiers } of programs.get(file).body) {
    if (type !== 'ImportDeclaration' || !source.value.startsWith('.')) continue;
    const exported = constants.get(join(dirname(file), source.value));
    for (const { imported: name, local } of exported === undefined ? [] : specifiers) {
      const value = name && exported.get(name.name);
      if (value !== undefined) imported.set(local.name, value);
    }
  }
  return imported;
}

/** A local name that hides an imported one would be replaced, too. */
function refuse(file, imported, id) {
  if (id.type === 'Identifier' && imported.has(id.name)) throw new Error(`${file}: ${id.name} is declared twice`);
}

/** Everything keeps its length, so lines and columns stay where the source map says; a literal that is longer is left out. */
function write(file, uses) {
  let text = sources.get(file);
  for (const { start, end, value } of uses) {
    const literal = value < 0 ? `(${value})` : `${value}`.replace(/0{3,}$/, (zeros) => `e${zeros.length}`);
    if (literal.length <= end - start) text = text.slice(0, start) + literal.padEnd(end - start) + text.slice(end);
  }
  if (text !== sources.get(file)) writeFileSync(file, text);
}

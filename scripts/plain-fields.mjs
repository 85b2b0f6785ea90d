// Private names of the built model become ordinary ones, and fields without a first value are not defined beforehand. In
// JavaScript a private field must be declared, and a declared one holds `undefined` until the constructor assigns it; so the
// engine never knows what kind of value is in it, and looks again at every use. Nothing else changes: the compiler has seen
// to it that nobody outside uses a private name. docs/speed.md says what it is worth.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** The folders of dist where a run takes place. */
const FOLDERS = ['sim', 'workloads', 'schedulers'];

/** By name, the private names of a class and the class it extends. */
const classes = new Map();

for (const folder of FOLDERS) {
  for (const name of readdirSync(join('dist', folder), { recursive: true })) {
    if (name.endsWith('.js')) rewrite(join('dist', folder, name));
  }
}
for (const [name, { parent }] of classes) refuseSharedNames(name, parent);

function rewrite(file) {
  const source = readFileSync(file, 'utf8');
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const names = [];
  const emptyFields = [];
  new Visitor({
    PrivateIdentifier: (name) => names.push(name),
    PropertyDefinition: (field) => {
      if (field.value === null && !field.static) emptyFields.push(field);
    },
    ClassDeclaration: ({ id, superClass, body }) => {
      const own = body.body.filter(({ key }) => key?.type === 'PrivateIdentifier').map(({ key }) => key.name);
      classes.set(id.name, { parent: superClass?.name, names: new Set(own) });
    },
  }).visit(program);
  let text = source;
  const put = ({ start, end }, other) => (text = text.slice(0, start) + other + text.slice(end));
  // Everything keeps its length, so lines and columns stay where the source map says.
  for (const name of names) {
    if (new RegExp(`\\._${name.name}\\b`).test(source)) throw new Error(`${file}: _${name.name} is taken`);
    put(name, `_${name.name}`);
  }
  for (const field of emptyFields) put(field, ' '.repeat(field.end - field.start));
  if (text !== source) writeFileSync(file, text);
}

/** Two private names that look alike are different fields; two ordinary ones of a class and its parent are one. */
function refuseSharedNames(name, parent) {
  for (let of = parent; of !== undefined; of = classes.get(of)?.parent) {
    for (const own of classes.get(name).names) {
      if (classes.get(of)?.names.has(own)) throw new Error(`${name} and ${of} both have a private ${own}`);
    }
  }
}

import { parseArgs } from 'node:util';
import { agentic } from './agentic.ts';
import type { Bench, Figure } from './bench.ts';
import { chat } from './chat.ts';

// Speed, measured: `npm run bench`, `npm run bench -- --json`, `npm run bench -- --only chat`. Each bench pins the number
// of events it causes, so that a figure is only ever compared with figures of the same model.
const benches: readonly Bench[] = [chat, agentic];

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } });
// A figure's name chooses its bench, and of that bench itself.
const [chosenName] = (values.only ?? '').split('.');
const chosen = benches.filter(({ name }) => values.only === undefined || name === chosenName);
if (chosen.length === 0) {
  console.error(`no bench is called "${values.only}"; there are: ${benches.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const figures: Figure[] = [];
for (const bench of chosen) {
  if (!values.json) console.log(`${bench.name}: ${bench.about}`);
  for (const figure of bench.run()) {
    if (values.only?.includes('.') && figure.name !== values.only) continue;
    figures.push(figure);
    if (!values.json) console.log(`  ${figure.name.padEnd(36)} ${show(figure.value)} ${figure.unit}`);
  }
}
if (values.json) console.log(JSON.stringify(figures, null, 2));

function show(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 }).padStart(14);
}

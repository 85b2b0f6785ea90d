import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agentic } from './agentic.ts';
import type { Bench, Figure } from './bench.ts';
import { chat } from './chat.ts';
import { chatFull } from './chat-full.ts';
import { floor } from './floor.ts';
import { generation } from './generation.ts';
import { LONG_REQUESTS, memory } from './memory.ts';
import { off } from './off.ts';
import { reasoning } from './reasoning.ts';
import { routing } from './routing.ts';
import { rows } from './rows.ts';
import { sweep } from './sweep.ts';

// Speed, measured: `npm run bench`, `npm run bench -- --json`, `npm run bench -- --only chat`. Each bench pins the number
// of events it causes, so that a figure is only ever compared with figures of the same model. Each runs in a process of
// its own, so that none meets what another left to the compiler and the collector.
const benches: readonly Bench[] = [
  chat,
  floor,
  chatFull,
  reasoning,
  agentic,
  generation,
  rows,
  routing,
  off,
  sweep,
  memory,
];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    'long-requests': { type: 'string', default: String(LONG_REQUESTS) },
    here: { type: 'string' },
  },
});
const longRequests = Number(values['long-requests']);
if (!Number.isSafeInteger(longRequests) || longRequests < 1) fail('--long-requests is a whole number of requests');

if (values.here === undefined) runChosen();
else console.log(JSON.stringify(await benches.find(({ name }) => name === values.here)!.run({ longRequests })));

function runChosen(): void {
  // A figure's name chooses its bench, and of that bench itself.
  const [chosenName] = (values.only ?? '').split('.');
  const chosen = benches.filter(({ name }) => values.only === undefined || name === chosenName);
  if (chosen.length === 0) {
    fail(`no bench is called "${values.only}"; there are: ${benches.map(({ name }) => name).join(', ')}`);
  }
  const figures: Figure[] = [];
  for (const bench of chosen) {
    if (!values.json) console.log(`${bench.name}: ${bench.about}`);
    for (const figure of runAlone(bench)) {
      if (values.only?.includes('.') && figure.name !== values.only) continue;
      figures.push(figure);
      if (!values.json) console.log(`  ${figure.name.padEnd(36)} ${show(figure.value)} ${figure.unit}`);
    }
  }
  if (values.json) console.log(JSON.stringify(figures, null, 2));
}

function runAlone({ name }: Bench): Figure[] {
  const args = [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    '--here',
    name,
    '--long-requests',
    `${longRequests}`,
  ];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout) as Figure[];
}

function show(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 }).padStart(14);
}

function fail(problem: string): never {
  console.error(problem);
  process.exit(2);
}

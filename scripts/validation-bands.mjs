// Write src/hardware-profiles/validated-errors.yaml, from which every run gets its error bands: simulate the validation
// cases, and note how far off they are in which conditions. `npm run validate-bands`; needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { format } from 'prettier';
import { catalogue } from '../dist/catalogue.js';
import { readSuites } from '../dist/cli/validate.js';
import { coverage, errorPoints, validatedConditions } from '../dist/validation/bands.js';
import { prepare } from '../dist/validation/validate.js';
import { FileSource } from '../dist/workers/file-source.js';
import { startMeasurements } from '../dist/workers/measure-pool.js';

const FILE = 'src/hardware-profiles/validated-errors.yaml';
const PAGE = 'docs/error-bands.md';
/** Fewer points say little of a share. */
const FEWEST_SHOWN = 10;
const HEADER = `# Errors of the cases in validation/, by the conditions they were measured in. Written by \`npm run validate-bands\`:
# run it again when step costs change. \`within\`: |ln(simulated / measured)| that 80 % of the points are within.
`;

const options = { files: { open: (path) => new FileSource(path) } };
const prepared = prepare(readSuites('validation'), catalogue, options);
const measurements = startMeasurements(prepared.plans, Number(process.argv[2] ?? 0) || undefined);
const runs = await Promise.all(measurements.runs);
await measurements.end();
const points = errorPoints(prepared.compare(runs), catalogue, options);
const text = stringify({ conditions: validatedConditions(points), coverage: coverage(points) });
const rows = coverage(points).filter((each) => each.points >= FEWEST_SHOWN);
const table = [
  '| suite | figure | points | inside % | without its model % | without its accelerator % |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows.map((each) => `| ${each.suite} | ${each.figure} | ${each.points} | ${shares(each).join(' | ')} |`),
].join('\n');
const page = readFileSync(PAGE, 'utf8').replace(
  /(<!-- generated:coverage -->)[^]*?(<!-- \/generated -->)/,
  (_, open, close) => `${open}\n\n${table}\n\n${close}`,
);
writeFileSync(PAGE, await format(page, { parser: 'markdown', singleQuote: true, printWidth: 120 }));
writeFileSync(FILE, HEADER + (await format(text, { parser: 'yaml', singleQuote: true, printWidth: 120 })));

function shares({ inside, insideWithoutModel, insideWithoutAccelerator }) {
  return [inside, insideWithoutModel, insideWithoutAccelerator].map((share) =>
    share === undefined ? 'no band' : (100 * share).toFixed(0),
  );
}

// Write schema/scenario.schema.json, which editors use to complete and check scenarios. Run with `npm run schema`.
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { catalogue } from '../dist/catalogue.js';
import { scenarioJsonSchema } from '../dist/scenario/json-schema.js';

const text = JSON.stringify(scenarioJsonSchema(catalogue), null, 2);
writeFileSync(
  'schema/scenario.schema.json',
  await format(text, { parser: 'json', singleQuote: true, printWidth: 120 }),
);

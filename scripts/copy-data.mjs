// The compiler copies code; profiles are data. Put every YAML and CSV file of src/ beside the code that reads it.
import { cpSync, readdirSync } from 'node:fs';

for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
  if (name.endsWith('.yaml') || name.endsWith('.csv')) cpSync(`src/${name}`, `dist/${name}`);
}

// The README shows what the program really prints: run its commands and put their output between the markers.
// node scripts/readme-output.mjs AzureLLMInferenceTrace_conv.csv
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const trace = process.argv[2];
if (trace === undefined) throw new Error('name the trace file that the README replays');
const out = mkdtempSync(join(tmpdir(), 'tokenfleet-readme-'));
const outputs = {
  quickstart: ['scenarios/quickstart.yaml'],
  'azure-conversation': ['scenarios/azure-conversation.yaml', '--trace', trace],
};

let readme = readFileSync('README.md', 'utf8');
for (const [name, args] of Object.entries(outputs)) {
  const printed = execFileSync('node', ['bin/tokenfleet.js', 'run', ...args, '--out', out], { encoding: 'utf8' });
  const shown = printed
    .replaceAll(out, 'results')
    .replaceAll(/\/[0-9a-f]{12}\//g, '/<run-id>/')
    .trimEnd();
  const block = new RegExp(`(<!-- output:${name} -->)[^]*?(<!-- /output -->)`);
  readme = readme.replace(block, (_, open, close) => `${open}\n\n\`\`\`text\n${shown}\n\`\`\`\n\n${close}`);
}
writeFileSync('README.md', readme);
rmSync(out, { recursive: true });

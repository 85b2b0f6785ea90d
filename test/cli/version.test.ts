import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from './program.ts';

/** The build version of a copy of the program in which one line was added to one file. */
function buildVersionAfterChanging(file?: string): string {
  const copy = newFolder();
  for (const part of ['dist', 'package.json']) cpSync(part, join(copy, part), { recursive: true });
  if (file !== undefined) appendFileSync(join(copy, 'dist', file), '\n');
  const script = `import { buildVersion } from './dist/cli/version.js'; console.log(buildVersion());`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: copy,
    encoding: 'utf8',
  });
  return stdout.trim();
}

test('a run belongs to the code and the profiles that made it, not to what shows it', () => {
  const build = buildVersionAfterChanging();

  expect(build).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
  for (const file of ['sim/simulate.js', 'workers/assemble.js', 'hardware-profiles/accelerators/l40s.yaml']) {
    expect(buildVersionAfterChanging(file)).not.toBe(build);
  }
  for (const file of ['report/terminal.js', 'cli/main.js', 'sim/simulate.js.map']) {
    expect(buildVersionAfterChanging(file)).toBe(build);
  }
});

import { spawnSync } from 'node:child_process';

/**
 * Once before all tests: put the program as users run it into dist/, for the tests that start it. Type errors are
 * shown and do not stop the tests, because the compiler writes its output all the same; `npm run check` refuses them.
 */
export default function build(): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`npm run build failed (status ${status}):\n${stdout}${stderr}\n`);
}

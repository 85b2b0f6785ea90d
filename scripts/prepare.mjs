// `npm ci` alone makes the program runnable: build when the compiler is there, be quiet when a packaged dist already is.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (existsSync('node_modules/typescript')) {
  execSync('npm run --silent build', { stdio: 'inherit' });
} else if (!existsSync('dist/cli/main.js')) {
  console.error('tokenfleet: cannot build without the development packages; run `npm ci` without --omit=dev.');
  process.exit(1);
}

import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FOLDER = 'reference/validation/traces';

/** Recorded runs, which the repository does not carry: they are looked for in the folders beside it. */
export function validatedFolder() {
  const path = readdirSync('..')
    .map((neighbour) => join('..', neighbour, FOLDER))
    .find((candidate) => existsSync(candidate));
  const missing = path === undefined ? ` (NOT RUN: no folder beside the repository has ${FOLDER})` : '';
  return {
    path,
    /** The title of a test that needs them says so if it cannot run. */
    title: (statement: string) => statement + missing,
    unpacked(name: string): string {
      const unpacked = join(mkdtempSync(join(tmpdir(), 'tokenfleet-recorded-')), name);
      writeFileSync(unpacked, gunzipSync(readFileSync(join(path ?? '', `${name}.gz`))));
      return unpacked;
    },
  };
}

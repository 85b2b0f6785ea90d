import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of this program, as its package says. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** What reads scenarios (the plan it makes is hashed itself), talks to users and shows results. */
const WITHOUT_EFFECT = /^(cli|report|scenario|validation)\//;
/** Code and profiles. */
const WITH_EFFECT = /\.(js|ts|yaml)$/;
const DIGITS = 12;

/**
 * The version, and after a `+` a hash of all code and profiles that a result depends on besides its plan. So a result
 * is taken for another's only when this very program would compute it again.
 */
export function buildVersion(): string {
  const root = dirname(import.meta.dirname);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => WITH_EFFECT.test(name) && !WITHOUT_EFFECT.test(name))
    .sort();
  const hash = createHash('sha256');
  for (const name of names) {
    const content = createHash('sha256').update(readFileSync(join(root, name)));
    hash.update(`${content.digest('hex')}  ${name}\n`);
  }
  return `${version()}+${hash.digest('hex').slice(0, DIGITS)}`;
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { folderWith, tokenfleet } from './program.ts';

/** docs/cli.md describes the JSON document in tables; what they say and what is printed are the same. */
type Json = Readonly<Record<string, unknown>>;
const SCOPES = ['fleet', 'regions', 'pools', 'workloads', 'classes'] as const;

const docs = readFileSync('docs/cli.md', 'utf8');
const folder = folderWith();
const printed = JSON.parse(tokenfleet(folder, 'run', 'tiny.yaml', '--json').stdout) as Json;

/** Rows of the tables between two headings, split into cells. */
function tableRows(from: string, to: string): string[][] {
  const section = docs.slice(docs.indexOf(from), docs.indexOf(to));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const keysOf = (cell: string | undefined) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

function scopesNamed(name: (typeof SCOPES)[number]): Json[] {
  return [printed[name]].flat() as Json[];
}

describe('the JSON document and docs/cli.md', () => {
  test('have the same keys around the figures', () => {
    const documented = tableRows('## The JSON document', '### Figures').flatMap(([keys]) => keysOf(keys));
    const runs = (printed['runs'] as Json[]).flatMap(Object.keys).map((key) => `runs[].${key}`);
    const scopes = SCOPES.flatMap(scopesNamed).flatMap(Object.keys);

    expect([...new Set(documented)].sort()).toEqual([...new Set([...Object.keys(printed), ...runs, ...scopes])].sort());
  });

  test('have the same figures, for the same scopes', () => {
    const documented = tableRows('### Figures', '## check').flatMap(([keys, scopes]) =>
      keysOf(keys).map((key) => [key, scopes === 'all' ? SCOPES.join(', ') : scopes] as const),
    );
    const inScopes = new Map<string, Set<string>>();
    for (const scope of SCOPES) {
      for (const key of scopesNamed(scope).flatMap((each) => Object.keys(each['figures'] as Json))) {
        const anyPercentile = key.replace(/_p[\d_]+_objective_/, '_pQ_objective_');
        inScopes.set(anyPercentile, (inScopes.get(anyPercentile) ?? new Set()).add(scope));
      }
    }
    const found = [...inScopes].map(([key, scopes]) => [key, [...scopes].join(', ')]);

    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(found));
  });

  test('have a half-width for every figure when there are several seeds', () => {
    for (const scope of SCOPES.flatMap(scopesNamed)) {
      expect(Object.keys(scope['half_width_95'] as Json)).toEqual(Object.keys(scope['figures'] as Json));
    }
  });
});

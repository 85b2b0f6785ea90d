import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow, folderWith, newFolder, tokenfleet } from './program.ts';

interface Figure {
  readonly figure: string;
  readonly scope: string;
  readonly baseline: number;
  readonly baseline_half_width_95: number;
  readonly variant_half_width_95: number;
  readonly difference: number;
  readonly difference_half_width_95: number;
  readonly verdict: string;
}

interface Document {
  readonly baseline: string;
  readonly seeds: readonly number[];
  readonly precision_reached: number | null;
  readonly arms: readonly { readonly name: string; readonly runs: readonly { readonly run_id: string }[] }[];
  readonly variants: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly figures: readonly Figure[];
  }[];
}

const POLICIES = `policies:
  round-robin: { routing.kind: round-robin }
  shortest: { routing: { kind: least-outstanding } }
  small: { routing.kind: round-robin, 'regions[here].pools[small].instances': 1 }
`;

function comparison(folder: string, ...words: readonly string[]): Document & { readonly stderr: string } {
  const { exitCode, stdout, stderr } = tokenfleet(folder, 'compare', ...words, '--json');
  expect(exitCode, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as Document), stderr };
}

function figureOf(document: Document, variant: string, figure: string): Figure {
  const { figures } = document.variants.find(({ name }) => name === variant)!;
  return figures.find((each) => each.scope === 'fleet' && each.figure === figure)!;
}

describe('compare', () => {
  const folder = folderWith({ more: POLICIES });
  const document = comparison(folder, 'tiny.yaml', '--seed', '1,2,3,4');

  test('holds the policies of a scenario against the first of them', () => {
    expect(document.baseline).toBe('round-robin');
    expect(document.variants.map(({ name }) => name)).toEqual(['shortest', 'small']);
    expect(document.seeds).toEqual([1, 2, 3, 4]);
  });

  test('sends all of them the same requests', () => {
    for (const { name } of document.variants) {
      expect(figureOf(document, name, 'arrived_requests_total')).toMatchObject({ difference: 0, verdict: 'equal' });
    }
  });

  test('finds that half the instances cost half, and says so', () => {
    expect(figureOf(document, 'small', 'rent_total_usd')).toMatchObject({
      difference: -figureOf(document, 'small', 'rent_total_usd').baseline / 2,
      difference_half_width_95: 0,
      verdict: 'lower',
    });
    expect(document.variants[1]!.verdict).toMatch(/^small lowers .*cost per token by \d/);
  });

  test('simulates nothing twice, and takes what `run` has left', () => {
    const before = filesBelow(join(folder, 'results'));
    const again = comparison(folder, 'tiny.yaml', '--seed', '1,2,3,4');
    expect(again.stderr).toContain('12 of the 12 runs were there already\n');
    expect(filesBelow(join(folder, 'results'))).toEqual(before);

    const byHand = readFileSync(join(folder, 'tiny.yaml'), 'utf8').replace(
      POLICIES,
      'routing: { kind: round-robin }\n',
    );
    writeFileSync(join(folder, 'tiny.yaml'), byHand);
    const { stdout } = tokenfleet(folder, 'run', 'tiny.yaml', '--seed', '1', '--json');
    const { runs } = JSON.parse(stdout) as { runs: { run_id: string; reused: boolean }[] };
    expect(runs).toMatchObject([{ run_id: document.arms[0]!.runs[0]!.run_id, reused: true }]);
  });

  test('fits on a terminal of 100 columns, and ends every verdict with a full stop', () => {
    const { stdout } = tokenfleet(folderWith({ more: POLICIES }), 'compare', 'tiny.yaml', '--seed', '1,2,3');

    expect(Math.max(...stdout.split('\n').map((line) => Array.from(line).length))).toBeLessThanOrEqual(100);
    expect(stdout).toContain('shortest, small against round-robin, over 3 seeds\n');
    expect(stdout).toMatch(/\nsmall lowers [^]*?\.\n/);
  });

  test('has the keys that docs/cli.md describes', () => {
    const docs = readFileSync(resolve('docs/cli.md'), 'utf8');
    const section = docs.slice(docs.indexOf('### The JSON document of a comparison'), docs.indexOf('## sweep'));
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const documented = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, key]) => key!));
    const { stderr: _told, ...printed } = document;
    const keys = (prefix: string, value: object) => Object.keys(value).map((key) => `${prefix}[].${key}`);
    const found = [
      ...Object.keys(printed),
      ...keys('arms', printed.arms[0]!),
      ...keys('variants', printed.variants[0]!),
      ...keys('figures', printed.variants[0]!.figures[0]!),
    ];

    expect(documented.sort()).toEqual(found.sort());
  });

  test('of one seed says that it says nothing', () => {
    const { variants } = comparison(folderWith({ more: POLICIES }), 'tiny.yaml', '--seed', '1');

    expect(variants[0]!.verdict).toContain('one seed says nothing of chance: add seeds');
  });
});

describe('compare of several files', () => {
  test('holds each against the first, and tells what they are not alike in', () => {
    const folder = folderWith();
    const tiny = readFileSync(join(folder, 'tiny.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'busy.yaml'),
      tiny.replace('name: tiny', 'name: busy').replace('requestsPerS: 4', 'requestsPerS: 6'),
    );
    const { baseline, variants, stderr } = comparison(folder, 'tiny.yaml', 'busy.yaml');

    expect([baseline, variants[0]!.name]).toEqual(['tiny', 'busy']);
    expect(stderr).toBe(
      'warning: "busy" and "tiny" differ in workloads: so do the requests they meet or what is measured\n',
    );
  });

  test('of one file without policies is refused', () => {
    const { exitCode, stderr } = tokenfleet(folderWith(), 'compare', 'tiny.yaml');

    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'tiny.yaml has no variants to compare: name another scenario, too, or write two under `policies:`',
    );
  });

  test('of one file with one policy is refused', () => {
    const more = 'policies:\n  one: { routing.kind: round-robin }\n';
    const { exitCode, stderr } = tokenfleet(folderWith({ more }), 'compare', 'tiny.yaml');

    expect(exitCode).toBe(2);
    expect(stderr).toContain('has one variant under `policies:`, and two are needed: write `base: {}` above it');
  });
});

describe('--precision', () => {
  test('adds seeds until the intervals are narrow enough', () => {
    const more = POLICIES.replace(/ {2}small:.*\n/, '');
    const document = comparison(folderWith({ more, horizon: '400s' }), 'tiny.yaml', '--precision', '30%');

    expect(document.seeds.length).toBeGreaterThanOrEqual(5);
    expect(document.precision_reached).toBeLessThanOrEqual(0.3);
  });

  test('stops at the most seeds it may have, and says what it has not reached', () => {
    const folder = folderWith({ more: POLICIES });
    const { stdout, stderr } = tokenfleet(folder, 'compare', 'tiny.yaml', '--precision', '0.1%', '--max-seeds', '6');

    expect(stderr).toContain('with 2 seeds the intervals are not narrow enough yet: going on to 5\n');
    expect(stdout).toContain('over 6 seeds');
    expect(stdout).toMatch(/Precision: 0\.1 % of the baseline NOT reached with the most seeds allowed: [\d.]+ %\./);
  });

  test.each(['2', '0%', 'fine'])('%s is refused', (precision) => {
    const { exitCode, stderr } = tokenfleet(
      folderWith({ more: POLICIES }),
      'compare',
      'tiny.yaml',
      '--precision',
      precision,
    );

    expect(exitCode).toBe(2);
    expect(stderr).toContain('--precision');
  });
});

test('common random numbers shrink the interval of a difference of mean E2E at least threefold on the quickstart', () => {
  const folder = newFolder();
  const quickstart = readFileSync(resolve('scenarios/quickstart.yaml'), 'utf8');
  const policies = 'policies:\n  spread: { routing.kind: round-robin }\n  two: { routing.kind: power-of-two }\n';
  writeFileSync(join(folder, 'quickstart.yaml'), quickstart + policies);
  const document = comparison(folder, 'quickstart.yaml', '--seed', '1,2,3,4,5');
  const e2e = figureOf(document, 'two', 'e2e_mean_ms');
  // Of independent seeds the variances add up.
  const independent = Math.hypot(e2e.baseline_half_width_95, e2e.variant_half_width_95);

  expect(independent / e2e.difference_half_width_95).toBeGreaterThan(3);
});

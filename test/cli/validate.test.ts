import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changed, SMALL } from '../validation/cases.ts';
import { newFolder, tokenfleet } from './program.ts';

function folderWithCases(text: string): string {
  const folder = newFolder();
  writeFileSync(join(folder, 'small.yaml'), text);
  return folder;
}

interface Printed {
  readonly aggregate: readonly Readonly<Record<string, unknown>>[];
  readonly cases: readonly Readonly<Record<string, unknown>>[];
}

describe('validate', () => {
  test('prints aggregate and cases as one document, the same with one thread or two', () => {
    const folder = folderWithCases(SMALL);
    const one = tokenfleet(folder, 'validate', '--cases', '.', '--json', '--workers', '1');
    const two = tokenfleet(folder, 'validate', '--cases', '.', '--json', '--workers', '2');

    expect(one.exitCode).toBe(0);
    expect(two.stdout).toBe(one.stdout);
    const printed = JSON.parse(one.stdout) as Printed;
    expect(Object.keys(printed)).toEqual(['aggregate', 'cases']);
    expect(printed.aggregate.map((row) => Object.keys(row).join(' '))).toEqual(
      Array(3).fill('suite metric cases mean_ape_pct median_ape_pct p90_ape_pct'),
    );
    expect(printed.cases.map((row) => [row['case'], row['status']])).toEqual([
      ['a', 'compared'],
      ['b', 'compared'],
      ['c', 'excluded'],
    ]);
  });

  test('says for people how far each case is off, what is furthest off, and what was left out', () => {
    const { stdout } = tokenfleet(folderWithCases(SMALL), 'validate', '--cases', '.');

    expect(stdout).toContain('Absolute percentage error, by suite');
    expect(stdout).toContain('small, 1: measured twice (c)');
    expect(stdout).toContain('2 cases compared, 1 excluded, 0 skipped, 0 failed.');
  });

  test.each([
    [['--cases', 'nowhere'], 'there is no folder nowhere'],
    [['--cases', '.', '--suite', 'large'], 'there is no suite "large"; known: small'],
    [['--cases', '.', '--traces', 'nowhere'], 'there is no folder nowhere'],
  ])('%j is bad input', (words, message) => {
    const { exitCode, stderr } = tokenfleet(folderWithCases(SMALL), 'validate', ...words);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a mistake in a case file is told with its place, and nothing is simulated', () => {
    const folder = folderWithCases(changed(['tpotMeanMs: 7', 'tpotMs: 7']));
    const { exitCode, stdout, stderr } = tokenfleet(folder, 'validate', '--cases', '.');

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('small.yaml:11:30  groups[0].points[0].measured.tpotMs');
    expect(stderr).toContain('1 problem; nothing was simulated.');
  });
});

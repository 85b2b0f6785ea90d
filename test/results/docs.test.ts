import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RESULT_TABLES } from '../../src/results/columns.ts';
import type { ColumnList } from '../../src/results/columns.ts';
import { METRICS, STATISTICS } from '../../src/results/summary.ts';

const page = readFileSync('docs/results.md', 'utf8');

/** Table rows as GitHub reads them, without the padding that a formatter adds. */
const rows = page.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|').trim());

function columnRows(list: ColumnList): string[] {
  return Object.entries(list).map(([name, { kind, unit, nullable, meaning }]) => {
    return `|\`${name}\`|${kind}|${unit}|${nullable ? 'yes' : ''}|${meaning}|`;
  });
}

describe('docs/results.md lists, in order, every column of', () => {
  test.each(Object.entries(RESULT_TABLES))('%s.arrow', (table, list) => {
    const heading = page.split('\n').findIndex((line) => line === `## ${table}.arrow`);
    const next = page.split('\n').findIndex((line, index) => index > heading && line.startsWith('## '));
    const listed = rows.slice(heading, next).filter((row) => row.startsWith('|`') && row.split('|').length === 7);

    expect(heading).toBeGreaterThan(0);
    expect(listed).toEqual(columnRows(list));
  });
});

test('docs/results.md says what every metric and statistic is', () => {
  for (const [name, { unit, meaning }] of Object.entries(METRICS))
    expect(rows).toContain(`|\`${name}\`|${unit}|${meaning}|`);
  for (const [name, meaning] of Object.entries(STATISTICS)) expect(rows).toContain(`|\`${name}\`|${meaning}|`);
});

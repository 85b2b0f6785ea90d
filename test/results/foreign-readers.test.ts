import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC as flechetteFromIPC } from '@uwdata/flechette';
import { tableFromIPC } from 'apache-arrow';
import pl from 'nodejs-polars';
import { describe, expect, test } from 'vitest';
import { RESULT_TABLES, fileNameOf } from '../../src/results/columns.ts';
import type { ResultTable } from '../../src/results/columns.ts';
import { writeSummary } from '../../src/results/summary-file.ts';
import { identity, temporaryFolder } from './fixtures.ts';
import { resultFolder, summary } from './result-folder.ts';

describe.each(Object.keys(RESULT_TABLES) as ResultTable[])('%s.arrow', (table) => {
  test.each([0, 1, 3])('written in %i batches is read alike by apache-arrow, flechette and Polars', (times) => {
    const bytes = readFileSync(join(resultFolder(times), fileNameOf(table)));
    const arrow = tableFromIPC(bytes);
    const flechette = flechetteFromIPC(bytes, { useBigInt: true });
    const polars = pl.readIPC(bytes);
    const names = Object.keys(RESULT_TABLES[table]);
    const rowsPerBatch = { requests: 5, timeline: 2, summary: 3, cost: 3 }[table];

    const isWrittenOnce = table === 'summary' || table === 'cost';

    expect(arrow.numRows).toBe(isWrittenOnce ? Math.min(times, 1) * rowsPerBatch : times * rowsPerBatch);
    expect([flechette.numRows, polars.height]).toEqual([arrow.numRows, arrow.numRows]);
    expect(arrow.schema.fields.map((field) => field.name)).toEqual(names);
    expect(flechette.schema.fields.map((field) => field.name)).toEqual(names);
    expect(polars.columns).toEqual(names);
    for (const name of names) {
      const values = [...arrow.getChild(name)!].map(comparable);

      expect([...flechette.getChild(name)].map(comparable), name).toEqual(values);
      expect(polars.getColumn(name).toArray().map(comparable), name).toEqual(values);
    }
  });
});

describe('what the files say about themselves', () => {
  const metadata = [
    ['schema_version', '1'],
    ['tokenfleet_version', '0.1.0'],
    ['scenario', 'two-regions'],
    ['run_id', 'abc123'],
    ['seed', '7'],
    ['grade', 'estimated'],
  ];

  test.each(Object.entries(RESULT_TABLES))(
    '%s.arrow: version, seed, run, grade; unit and meaning of every column',
    (table, list) => {
      const bytes = readFileSync(join(resultFolder(), `${table}.arrow`));
      const { schema } = tableFromIPC(bytes);
      const foreign = flechetteFromIPC(bytes).schema;
      const wanted = Object.values(list).map(({ unit, meaning }) => [
        ['unit', unit],
        ['meaning', meaning],
      ]);

      expect([...schema.metadata]).toEqual(metadata);
      expect([...foreign.metadata!]).toEqual(metadata);
      expect(schema.fields.map((field) => [...field.metadata])).toEqual(wanted);
      expect(foreign.fields.map((field) => [...field.metadata])).toEqual(wanted);
    },
  );

  test('several seeds are listed', () => {
    const dir = temporaryFolder();
    writeSummary(dir, summary, { ...identity, seeds: [1, 2, 3] });

    expect(tableFromIPC(readFileSync(join(dir, 'summary.arrow'))).schema.metadata.get('seed')).toBe('1,2,3');
  });
});

/** What the three readers call differently: BigInt, Date (apache-arrow and flechette give milliseconds), −0. */
function comparable(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'bigint' ? Number(value) : value;
}

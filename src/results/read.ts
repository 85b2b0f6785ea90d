import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { RecordBatchReader, tableFromIPC } from 'apache-arrow';
import type { RecordBatch, Table } from 'apache-arrow';
import { fileNameOf } from './columns.ts';
import type { ResultTable } from './columns.ts';

/** A result file as a whole, in memory. Node reads at most 2 GiB so; `readBatches` has no limit. */
export function readTable(dir: string, table: ResultTable): Table {
  return tableFromIPC(readFileSync(join(dir, fileNameOf(table))));
}

export const readRequests = (dir: string) => readTable(dir, 'requests');
export const readTimeline = (dir: string) => readTable(dir, 'timeline');

/** The values of one column, null where there is none. */
export function columnValues(table: Table, name: string): readonly unknown[] {
  const column: Iterable<unknown> | null = table.getChild(name);
  if (column === null) throw new Error(`the file has no column ${name}`);
  return [...column];
}

/** A result file batch by batch, in the order of its rows. */
export async function* readBatches(dir: string, table: ResultTable): AsyncGenerator<RecordBatch> {
  const handle = await open(join(dir, fileNameOf(table)));
  try {
    const reader = await RecordBatchReader.from(handle);
    for await (const batch of reader) yield batch;
  } finally {
    await handle.close();
  }
}

import { closeSync, openSync, writeSync } from 'node:fs';
import { AsyncByteQueue, Field, RecordBatch, RecordBatchFileWriter, Schema, Struct, makeData } from 'apache-arrow';
import type { Data } from 'apache-arrow';
import type { Grade } from '../sim/plan.ts';
import { createBuffer } from './column-buffers.ts';
import type { BuffersOf, ColumnBuffer } from './column-buffers.ts';
import { SCHEMA_VERSION } from './columns.ts';
import type { ColumnList, NamesOf } from './columns.ts';

/** What every result file says about itself, in its metadata. */
export interface FileIdentity {
  readonly tokenfleetVersion: string;
  readonly scenario: string;
  readonly runId: string;
  readonly seeds: readonly number[];
  /** The worst grade of the profile numbers the file rests on. */
  readonly grade: Grade;
}

/**
 * One Arrow IPC file (uncompressed, so that it can be memory-mapped and every reader takes it), written batch by batch:
 * memory does not grow with the rows. The same rows give the same bytes.
 */
export class TableFile<List extends ColumnList> {
  readonly buffers: BuffersOf<List>;
  readonly #columns: readonly ColumnBuffer[];
  /** One object for all batches: the writer ends the file silently at a batch whose schema differs. */
  readonly #schema: Schema;
  readonly #writer = new RecordBatchFileWriter();
  #rows = 0;
  #batches = 0;

  /** @param path must not exist yet */
  constructor(path: string, list: List, names: NamesOf<List>, capacity: number, identity: FileIdentity) {
    const namesOf: Readonly<Record<string, readonly string[]>> = names;
    const made = Object.entries(list).map(([name, column], id) => {
      return [name, createBuffer(column.kind, capacity, column.nullable ?? false, namesOf[name] ?? [], id)] as const;
    });
    this.buffers = Object.fromEntries(made) as BuffersOf<List>;
    this.#columns = made.map(([, buffer]) => buffer);
    this.#schema = schemaOf(list, this.#columns, identity);
    this.#writer.reset(new FileSink(openSync(path, 'wx')), this.#schema);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Write the first rows of the buffers, which can be filled anew afterwards. */
  writeBatch(rows: number): void {
    const children: Data[] = this.#columns.map((column) => column.data(rows));
    const data = makeData({ type: new Struct(this.#schema.fields), length: rows, nullCount: 0, children });
    this.#writer.write(new RecordBatch(this.#schema, data));
    this.#rows += rows;
    this.#batches++;
  }

  close(): void {
    // A file without a batch would be empty: readers need one for the schema and the dictionaries.
    if (this.#batches === 0) this.writeBatch(0);
    this.#writer.close();
  }
}

/** Bytes go to the file at once and nothing is kept, so buffers can be reused and memory stays flat. */
class FileSink extends AsyncByteQueue {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override write(chunk: ArrayBufferView): void {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let written = 0;
    while (written < bytes.byteLength) written += writeSync(this.#fd, bytes, written, bytes.byteLength - written);
  }

  override close(): void {
    closeSync(this.#fd);
    super.close();
  }
}

function schemaOf(list: ColumnList, columns: readonly ColumnBuffer[], identity: FileIdentity): Schema {
  const fields = Object.entries(list).map(([name, column], index) => {
    const metadata = new Map([
      ['unit', column.unit],
      ['meaning', column.meaning],
    ]);
    return new Field(name, columns[index]!.type, column.nullable ?? false, metadata);
  });
  const metadata = new Map([
    ['schema_version', String(SCHEMA_VERSION)],
    ['tokenfleet_version', identity.tokenfleetVersion],
    ['scenario', identity.scenario],
    ['run_id', identity.runId],
    ['seed', identity.seeds.join(',')],
    ['grade', identity.grade],
  ]);
  return new Schema(fields, metadata);
}

import { basename } from 'node:path';
import { Body, batchMessage, dictionaryMessage, footer, padding } from './arrow-metadata.ts';
import type { Block } from './arrow-metadata.ts';
import { ByteFile } from './byte-file.ts';
import { createBuffer } from './column-buffers.ts';
import type { BuffersOf, ColumnBuffer } from './column-buffers.ts';
import { SCHEMA_VERSION } from './columns.ts';
import type { ColumnList, NamesOf } from './columns.ts';
import type { FileDigest } from './fingerprint.ts';
import { NameBuffer } from './name-buffer.ts';
import type { Grade } from '../sim/plan.ts';

/** What every result file says about itself, in its metadata. */
export interface FileIdentity {
  readonly tokenfleetVersion: string;
  readonly scenario: string;
  readonly runId: string;
  readonly seeds: readonly number[];
  /** The worst grade of the profile numbers the file rests on. */
  readonly grade: Grade;
}

/** Around a file, filled up to eight bytes at its start. */
const MAGIC = Buffer.from('ARROW1');
const MAGIC_AT_START = Buffer.from('ARROW1\0\0');
/** In front of every message, before the length of its metadata. */
const CONTINUATION = 0xffff_ffff;
const PREFIX_BYTES = 8;
const ZEROS = new Uint8Array(8);

/** A finished file. */
export interface WrittenTable extends FileDigest {
  readonly rows: number;
}

/**
 * One Arrow IPC file (uncompressed, so that it can be memory-mapped and every reader takes it), written batch by batch:
 * memory does not grow with the rows. The same rows give the same bytes.
 */
export class TableFile<List extends ColumnList> {
  readonly buffers: BuffersOf<List>;
  readonly #list: List;
  readonly #columns: readonly ColumnBuffer[];
  readonly #identity: FileIdentity;
  readonly #name: string;
  readonly #file: ByteFile;
  readonly #batches: Block[] = [];
  readonly #dictionaries: Block[] = [];
  #rows = 0;

  /**
   * @param path must not exist yet
   * @param capacity rows that the buffers hold to begin with
   */
  constructor(path: string, list: List, names: NamesOf<List>, capacity: number, identity: FileIdentity) {
    const namesOf: Readonly<Record<string, readonly string[]>> = names;
    const made = Object.entries(list).map(([name, column]) => {
      return [name, createBuffer(column.kind, capacity, column.nullable ?? false, namesOf[name] ?? [])] as const;
    });
    this.buffers = Object.fromEntries(made) as BuffersOf<List>;
    this.#list = list;
    this.#columns = made.map(([, buffer]) => buffer);
    this.#identity = identity;
    this.#name = basename(path);
    this.#file = new ByteFile(path);
    this.#file.write(MAGIC_AT_START);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Make room for a batch of so many rows, before the first of them is set. */
  reserve(rows: number): void {
    for (const column of this.#columns) column.reserve(rows);
  }

  /** Write the first rows of the buffers, which can be filled anew afterwards. */
  writeBatch(rows: number): void {
    // Readers refuse dictionaries that come late, change or grow.
    if (this.#batches.length === 0) this.#writeDictionaries();
    const body = new Body();
    for (const column of this.#columns) column.appendTo(body, rows);
    this.#batches.push(this.#writeMessage(batchMessage(rows, body), body));
    this.#rows += rows;
  }

  close(): WrittenTable {
    // A file without a batch would be empty: readers need one for the schema and the dictionaries.
    if (this.#batches.length === 0) this.writeBatch(0);
    this.#file.writeUint32(CONTINUATION);
    this.#file.writeUint32(0);
    const end = footer(this.#list, metadataOf(this.#identity), this.#batches, this.#dictionaries);
    this.#file.write(end);
    this.#file.writeUint32(end.length);
    this.#file.write(MAGIC);
    return { name: this.#name, ...this.#file.close(), rows: this.#rows };
  }

  #writeDictionaries(): void {
    for (const [id, column] of this.#columns.entries()) {
      if (!(column instanceof NameBuffer)) continue;
      const body = column.dictionary();
      const message = dictionaryMessage(id, column.names.length, body);
      this.#dictionaries.push(this.#writeMessage(message, body));
    }
  }

  #writeMessage(metadata: Uint8Array, body: Body): Block {
    const offset = this.#file.bytes;
    const filled = metadata.length + padding(metadata.length);
    this.#file.writeUint32(CONTINUATION);
    this.#file.writeUint32(filled);
    this.#file.write(metadata);
    this.#file.write(ZEROS.subarray(0, filled - metadata.length));
    for (const buffer of body.buffers) {
      this.#file.write(buffer);
      this.#file.write(ZEROS.subarray(0, padding(buffer.length)));
    }
    return { offset, metadataBytes: PREFIX_BYTES + filled, bodyBytes: body.bytes };
  }
}

function metadataOf(identity: FileIdentity): readonly (readonly [string, string])[] {
  return [
    ['schema_version', String(SCHEMA_VERSION)],
    ['tokenfleet_version', identity.tokenfleetVersion],
    ['scenario', identity.scenario],
    ['run_id', identity.runId],
    ['seed', identity.seeds.join(',')],
    ['grade', identity.grade],
  ];
}

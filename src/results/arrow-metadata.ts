import type { Column, ColumnKind, ColumnList } from './columns.ts';
import { FlatWriter } from './flat-writer.ts';
import type { FlatImage, Place } from './flat-writer.ts';

/**
 * The metadata of Arrow files for the kinds of columns that there are here, as the tables of the format's `File.fbs`,
 * `Message.fbs` and `Schema.fbs` (Apache Arrow, columnar format 1.5). Fields go by their numbers there.
 */

/** Rows of one column in a batch, and how many of them are null. */
interface Node {
  readonly rows: number;
  readonly nulls: number;
}

/** Where a buffer lies in the body of its message. */
interface Region {
  readonly offset: number;
  readonly bytes: number;
}

/** What follows the metadata of a message: buffers, each filled up to eight bytes. */
export class Body {
  readonly nodes: Node[] = [];
  readonly regions: Region[] = [];
  readonly buffers: Uint8Array[] = [];
  bytes = 0;

  addColumn(rows: number, nulls: number, ...buffers: readonly ArrayBufferView[]): void {
    this.nodes.push({ rows, nulls });
    for (const { buffer, byteOffset, byteLength } of buffers) {
      const bytes = byteLength + padding(byteLength);
      this.regions.push({ offset: this.bytes, bytes });
      this.buffers.push(new Uint8Array(buffer, byteOffset, byteLength));
      this.bytes += bytes;
    }
  }
}

/** Where a message lies in its file. */
export interface Block {
  readonly offset: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
}

/** Up to the next multiple of eight. */
export function padding(bytes: number): number {
  return (8 - (bytes % 8)) % 8;
}

const VERSION_5 = 4;
const DICTIONARY_BATCH = 2;
const RECORD_BATCH = 3;
const TYPES = { int: 2, floatingPoint: 3, utf8: 5, bool: 6, timestamp: 10 } as const;
const DOUBLE_PRECISION = 2;
const NANOSECOND = 3;

/** All messages are written here, one after the other. */
const writer = new FlatWriter();

/** The metadata of a batch of rows; valid until the next call of a function of this file. */
export function batchMessage(rows: number, body: Body): Uint8Array {
  writer.begin();
  return finishMessage(RECORD_BATCH, writeBatch(rows, body), body.bytes);
}

/** The metadata of the texts of a dictionary; valid likewise. */
export function dictionaryMessage(id: number, rows: number, body: Body): Uint8Array {
  writer.begin();
  const batch = writeBatch(rows, body);
  writer.startTable(3);
  writer.int64Field(0, id);
  writer.placeField(1, batch);
  return finishMessage(DICTIONARY_BATCH, writer.endTable(), body.bytes);
}

/** The end of a file; valid likewise. */
export function footer(
  list: ColumnList,
  metadata: readonly (readonly [string, string])[],
  batches: readonly Block[],
  dictionaries: readonly Block[],
): Uint8Array {
  const { image, fields } = fieldsOf(list);
  writer.begin(image);
  const pairs = writePairs(metadata);
  writer.startTable(4);
  writer.placeField(1, fields);
  writer.placeField(2, pairs);
  const schema = writer.endTable();
  const batchBlocks = writeBlocks(batches);
  const dictionaryBlocks = writeBlocks(dictionaries);
  writer.startTable(5);
  writer.placeField(1, schema);
  writer.int16Field(0, VERSION_5);
  writer.placeField(3, batchBlocks);
  writer.placeField(2, dictionaryBlocks);
  return writer.finish(writer.endTable());
}

/** A schema begins with its fields, which take long to write and are the same in every file of one kind. */
const written = new WeakMap<ColumnList, { readonly image: FlatImage; readonly fields: Place }>();

function fieldsOf(list: ColumnList): { readonly image: FlatImage; readonly fields: Place } {
  const known = written.get(list);
  if (known !== undefined) return known;
  writer.begin();
  const fields = writer.places(Object.entries(list).map(([name, column], id) => writeField(name, column, id)));
  const made = { image: writer.image(), fields };
  written.set(list, made);
  return made;
}

function writeField(name: string, column: Column, id: number): Place {
  const encoding = column.kind === 'name' ? writeEncoding(id) : undefined;
  const { type, number } = writeType(column.kind);
  const children = writer.places([]);
  const metadata = writePairs([
    ['unit', column.unit],
    ['meaning', column.meaning],
  ]);
  const text = writer.text(name);
  writer.startTable(7);
  writer.placeField(3, type);
  writer.int8Field(2, number);
  writer.placeField(5, children);
  writer.int8Field(1, column.nullable === true ? 1 : 0);
  writer.placeField(0, text);
  if (encoding !== undefined) writer.placeField(4, encoding);
  writer.placeField(6, metadata);
  return writer.endTable();
}

/** Codes of 16 bits into the dictionary of the column. */
function writeEncoding(id: number): Place {
  const codes = writeInt(16, false);
  writer.startTable(4);
  writer.int64Field(0, id);
  writer.placeField(1, codes);
  return writer.endTable();
}

function writeInt(bits: number, isSigned: boolean): Place {
  writer.startTable(2);
  writer.int32Field(0, bits);
  writer.int8Field(1, isSigned ? 1 : 0);
  return writer.endTable();
}

function writeType(kind: ColumnKind): { readonly type: Place; readonly number: number } {
  switch (kind) {
    case 'int32':
      return { type: writeInt(32, true), number: TYPES.int };
    case 'int64':
      return { type: writeInt(64, true), number: TYPES.int };
    case 'float64':
      writer.startTable(1);
      writer.int16Field(0, DOUBLE_PRECISION);
      return { type: writer.endTable(), number: TYPES.floatingPoint };
    case 'timestamp': {
      const zone = writer.text('UTC');
      writer.startTable(2);
      writer.int16Field(0, NANOSECOND);
      writer.placeField(1, zone);
      return { type: writer.endTable(), number: TYPES.timestamp };
    }
    case 'boolean':
      writer.startTable(0);
      return { type: writer.endTable(), number: TYPES.bool };
    case 'name':
      writer.startTable(0);
      return { type: writer.endTable(), number: TYPES.utf8 };
  }
}

function writePairs(pairs: readonly (readonly [string, string])[]): Place {
  const places = pairs.map(([key, value]) => {
    const keyPlace = writer.text(key);
    const valuePlace = writer.text(value);
    writer.startTable(2);
    writer.placeField(0, keyPlace);
    writer.placeField(1, valuePlace);
    return writer.endTable();
  });
  return writer.places(places);
}

function writeBatch(rows: number, { nodes, regions }: Body): Place {
  writer.startVector(16 * nodes.length, 8);
  for (const node of nodes.toReversed()) {
    writer.int64(node.nulls);
    writer.int64(node.rows);
  }
  const nodePlace = writer.endVector(nodes.length);
  writer.startVector(16 * regions.length, 8);
  for (const region of regions.toReversed()) {
    writer.int64(region.bytes);
    writer.int64(region.offset);
  }
  const regionPlace = writer.endVector(regions.length);
  writer.startTable(5);
  writer.int64Field(0, rows);
  writer.placeField(1, nodePlace);
  writer.placeField(2, regionPlace);
  return writer.endTable();
}

function writeBlocks(blocks: readonly Block[]): Place {
  writer.startVector(24 * blocks.length, 8);
  for (const { offset, metadataBytes, bodyBytes } of blocks.toReversed()) {
    writer.int64(bodyBytes);
    writer.paddedInt32(metadataBytes);
    writer.int64(offset);
  }
  return writer.endVector(blocks.length);
}

function finishMessage(headerType: number, header: Place, bodyBytes: number): Uint8Array {
  writer.startTable(5);
  writer.int16Field(0, VERSION_5);
  writer.placeField(2, header);
  writer.int8Field(1, headerType);
  writer.int64Field(3, bodyBytes);
  return writer.finish(writer.endTable());
}

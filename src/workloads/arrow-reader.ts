import type { ByteSource } from '../sim/ports.ts';
import { FlatTable } from './flat-table.ts';
import { filled } from './unpacked.ts';

// Arrow columnar format, IPC: a file is its magic, messages, and a footer with the schema, its length and the magic again.
// Some writers have the schema in the first message, too, and some have not.
const MAGIC_BYTES = 8;
const LAST_BYTES = 10;
const MAGIC_AT_END = 'ARROW1';
/** A footer has 24 bytes for each batch, and the schema. */
const LONGEST_FOOTER = 1 << 22;
const CONTINUATION = 0xffffffff;
const RECORD_BATCH = 3;
const FooterField = { schema: 1 } as const;
const MessageField = { headerType: 1, header: 2, bodyLength: 3 } as const;
const SchemaField = { fields: 1 } as const;
const FieldField = { name: 0, typeType: 2, type: 3, dictionary: 4 } as const;
const BatchField = { length: 0, buffers: 2, compression: 3 } as const;
const TypeName = { int: 2, floatingPoint: 3, binary: 4, utf8: 5, bool: 6, timestamp: 10 } as const;
const DATA_BUFFER = 1;

/** A column of whole numbers. */
interface Column {
  /** Its first buffer, among those of a batch. */
  readonly firstBuffer: number;
  readonly bytes: 4 | 8;
  /** Of a timestamp: seconds are 0, ms 1, µs 2, ns 3. */
  readonly timeUnit: number | undefined;
}

/** The batches of an Arrow file one after the other: memory follows the largest of them. */
export class ArrowReader {
  rows = 0;
  readonly #source: ByteSource;
  readonly #columns = new Map<string, Column>();
  #metadata = new Uint8Array(1 << 12);
  #body = new Uint8Array(1 << 16);
  #view = new DataView(this.#body.buffer);
  #buffers: readonly (readonly [offset: number, length: number])[] = [];

  /**
   * Reads the file to its end, for the footer, and begins again. Throws where it is no Arrow file of flat columns.
   *
   * @param source at its start, and can be rewound
   */
  constructor(source: ByteSource) {
    this.#source = source;
    if (source.rewind === undefined) throw new Error('it would have to be read twice');
    const schema = footerOf(source).table(FooterField.schema);
    if (schema === undefined) throw new Error('its footer has no schema');
    source.rewind();
    this.#exactly(new Uint8Array(MAGIC_BYTES));
    let firstBuffer = 0;
    for (const field of schema.tables(SchemaField.fields)) {
      const column = columnOf(field, firstBuffer);
      if (column !== undefined) this.#columns.set(field.text(FieldField.name), column);
      firstBuffer += buffersOf(field);
    }
  }

  has(column: string): boolean {
    return this.#columns.has(column);
  }

  timeUnit(column: string): number | undefined {
    return this.#columns.get(column)?.timeUnit;
  }

  /** The next batch with rows; false when there is none. */
  next(): boolean {
    for (let message = this.#nextMessage(); message !== undefined; message = this.#nextMessage()) {
      if (message.byte(MessageField.headerType) !== RECORD_BATCH) continue;
      const batch = message.table(MessageField.header)!;
      if (batch.table(BatchField.compression) !== undefined) {
        throw new Error('its columns are compressed — write it uncompressed');
      }
      this.#buffers = batch.pairs(BatchField.buffers);
      this.rows = batch.long(BatchField.length);
      if (this.rows > 0) return true;
    }
    return false;
  }

  /** Of a row of the batch; numbers of 64 bits in two halves, the upper one signed. */
  low(column: string, row: number): number {
    const at = this.#at(column, row);
    return this.#columns.get(column)!.bytes === 8 ? this.#view.getUint32(at, true) : this.#view.getInt32(at, true);
  }

  high(column: string, row: number): number {
    return this.#view.getInt32(this.#at(column, row) + 4, true);
  }

  /** A number of either size below 2⁵³. */
  value(column: string, row: number): number {
    const { bytes } = this.#columns.get(column)!;
    return bytes === 4 ? this.low(column, row) : this.high(column, row) * 4_294_967_296 + this.low(column, row);
  }

  #at(column: string, row: number): number {
    const { firstBuffer, bytes } = this.#columns.get(column)!;
    return this.#buffers[firstBuffer + DATA_BUFFER]![0] + row * bytes;
  }

  #nextMessage(): FlatTable | undefined {
    const head = new Uint8Array(8);
    if (filled(this.#source, head) < head.length) return undefined;
    const view = new DataView(head.buffer);
    if (view.getUint32(0, true) !== CONTINUATION)
      throw new Error('it is damaged: a message does not begin where it should');
    const metadataBytes = view.getUint32(4, true);
    if (metadataBytes === 0) return undefined;
    if (this.#metadata.length < metadataBytes) this.#metadata = new Uint8Array(2 * metadataBytes);
    this.#exactly(this.#metadata.subarray(0, metadataBytes));
    const message = FlatTable.root(this.#metadata);
    const bodyBytes = message.long(MessageField.bodyLength);
    if (this.#body.length < bodyBytes) {
      this.#body = new Uint8Array(2 * bodyBytes);
      this.#view = new DataView(this.#body.buffer);
    }
    this.#exactly(this.#body.subarray(0, bodyBytes));
    return message;
  }

  #exactly(into: Uint8Array): void {
    if (filled(this.#source, into) < into.length) throw new Error('it ends in the middle');
  }
}

function footerOf(source: ByteSource): FlatTable {
  let before: Uint8Array = new Uint8Array(0);
  let last = new Uint8Array(LONGEST_FOOTER);
  let length = filled(source, last);
  for (let spare = new Uint8Array(LONGEST_FOOTER); length === LONGEST_FOOTER;) {
    const more = filled(source, spare);
    if (more === 0) break;
    before = last;
    [last, spare, length] = [spare, last, more];
  }
  const tail = new Uint8Array(before.length + length);
  tail.set(before);
  tail.set(last.subarray(0, length), before.length);
  const isWhole = new TextDecoder().decode(tail.subarray(-MAGIC_AT_END.length)) === MAGIC_AT_END;
  const footerBytes = isWhole ? new DataView(tail.buffer).getUint32(tail.length - LAST_BYTES, true) : 0;
  const start = tail.length - LAST_BYTES - footerBytes;
  if (!isWhole || start < 0) throw new Error('it ends in the middle');
  return FlatTable.root(tail.subarray(start));
}

function columnOf(field: FlatTable, firstBuffer: number): Column | undefined {
  if (field.table(FieldField.dictionary) !== undefined) return undefined;
  const type = field.table(FieldField.type)!;
  switch (field.byte(FieldField.typeType)) {
    case TypeName.timestamp:
      return { firstBuffer, bytes: 8, timeUnit: type.short(0) };
    case TypeName.int: {
      const bits = type.int(0);
      return bits === 32 || bits === 64 ? { firstBuffer, bytes: bits === 64 ? 8 : 4, timeUnit: undefined } : undefined;
    }
    default:
      return undefined;
  }
}

/** Presence and values; texts have offsets, too. */
function buffersOf(field: FlatTable): number {
  const type = field.byte(FieldField.typeType);
  if (field.table(FieldField.dictionary) !== undefined) return 2;
  if (type === TypeName.utf8 || type === TypeName.binary) return 3;
  const isFlat = [TypeName.int, TypeName.floatingPoint, TypeName.bool, TypeName.timestamp].some(
    (flat) => flat === type,
  );
  if (!isFlat) throw new Error(`its column ${field.text(FieldField.name)} is of a kind that is not read`);
  return 2;
}

/** A table of a FlatBuffer: fields by number, absent ones with their default (the format of FlatBuffers, version 2). */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #fieldOffsets: number;
  readonly #fieldBytes: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#fieldOffsets = at - view.getInt32(at, true);
    this.#fieldBytes = view.getUint16(this.#fieldOffsets, true);
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  byte(field: number, byDefault = 0): number {
    const at = this.#place(field);
    return at === undefined ? byDefault : this.#view.getUint8(at);
  }

  short(field: number, byDefault = 0): number {
    const at = this.#place(field);
    return at === undefined ? byDefault : this.#view.getInt16(at, true);
  }

  int(field: number, byDefault = 0): number {
    const at = this.#place(field);
    return at === undefined ? byDefault : this.#view.getInt32(at, true);
  }

  /** Whole numbers below 2⁵³. */
  long(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : longAt(this.#view, at);
  }

  text(field: number): string {
    const at = this.#place(field);
    if (at === undefined) return '';
    const start = at + this.#view.getUint32(at, true);
    const length = this.#view.getUint32(start, true);
    const { buffer, byteOffset } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + start + 4, length));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field);
    return at === undefined ? undefined : new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  tables(field: number): FlatTable[] {
    return this.#vector(field, 4, (at) => new FlatTable(this.#view, at + this.#view.getUint32(at, true)));
  }

  /** A vector of structs of two longs. */
  pairs(field: number): (readonly [number, number])[] {
    return this.#vector(field, 16, (at) => [longAt(this.#view, at), longAt(this.#view, at + 8)] as const);
  }

  #vector<Item>(field: number, itemBytes: number, itemAt: (at: number) => Item): Item[] {
    const at = this.#place(field);
    if (at === undefined) return [];
    const start = at + this.#view.getUint32(at, true);
    return Array.from({ length: this.#view.getUint32(start, true) }, (_, k) => itemAt(start + 4 + k * itemBytes));
  }

  #place(field: number): number | undefined {
    const entry = 4 + 2 * field;
    if (entry >= this.#fieldBytes) return undefined;
    const offset = this.#view.getUint16(this.#fieldOffsets + entry, true);
    return offset === 0 ? undefined : this.#at + offset;
  }
}

function longAt(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);
}

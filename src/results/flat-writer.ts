/** A table or vector that has been written: its distance from the end of the buffer. */
export type Place = number;

/** What a writer has written so far, to go on from there later. */
export interface FlatImage {
  readonly bytes: Uint8Array;
  readonly alignment: number;
  readonly vtables: readonly Place[];
}

const NOTHING: FlatImage = { bytes: new Uint8Array(0), alignment: 1, vtables: [] };
const TWO_32 = 4_294_967_296;
/** A vtable begins with its own length and that of its table. */
const VTABLE_HEAD_BYTES = 4;

/**
 * Writes FlatBuffers, the encoding of Arrow's metadata, from the end of a buffer to its front, because offsets point forward:
 * what a table points to is written before it. Fields with the value 0 are left out, equal vtables are written once.
 * One writer serves any number of messages, each with `begin` and `finish`; the buffer stays.
 */
export class FlatWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #alignment = 1;
  #vtables: Place[] = [];
  /** Of the table in progress: where each field is, 0 for none. */
  readonly #fields: Place[] = [];
  #tableStart = 0;

  /** Start anew, or after what an image holds. */
  begin(image: FlatImage = NOTHING): void {
    this.#reserve(image.bytes.length - this.#used);
    this.#used = image.bytes.length;
    this.#bytes.set(image.bytes, this.#front);
    this.#alignment = image.alignment;
    this.#vtables = [...image.vtables];
  }

  image(): FlatImage {
    return { bytes: this.#bytes.slice(this.#front), alignment: this.#alignment, vtables: [...this.#vtables] };
  }

  /** The whole message, which is valid until the next `begin`. */
  finish(root: Place): Uint8Array {
    this.align(this.#alignment, 4);
    this.offset(root);
    return this.#bytes.subarray(this.#front);
  }

  text(text: string): Place {
    const utf8 = Buffer.from(text);
    this.align(1, 0);
    this.#writeZeros(1);
    this.startVector(utf8.length, 1);
    this.#reserve(utf8.length);
    this.#used += utf8.length;
    this.#bytes.set(utf8, this.#front);
    return this.endVector(utf8.length);
  }

  /** Tables or texts written before, as a vector. */
  places(places: readonly Place[]): Place {
    this.startVector(4 * places.length, 4);
    for (let k = places.length - 1; k >= 0; k--) this.offset(places[k]!);
    return this.endVector(places.length);
  }

  /** Its elements follow, the last one first. */
  startVector(bytes: number, alignment: number): void {
    this.align(4, bytes);
    this.align(alignment, bytes);
  }

  endVector(elements: number): Place {
    this.#writeInt32(elements);
    return this.#used;
  }

  startTable(fields: number): void {
    this.#fields.length = fields;
    this.#fields.fill(0);
    this.#tableStart = this.#used;
  }

  int8Field(field: number, value: number): void {
    if (value === 0) return;
    this.align(1, 0);
    this.#reserve(1);
    this.#used += 1;
    this.#view.setInt8(this.#front, value);
    this.#fields[field] = this.#used;
  }

  int16Field(field: number, value: number): void {
    if (value === 0) return;
    this.align(2, 0);
    this.#writeInt16(value);
    this.#fields[field] = this.#used;
  }

  int32Field(field: number, value: number): void {
    if (value === 0) return;
    this.align(4, 0);
    this.#writeInt32(value);
    this.#fields[field] = this.#used;
  }

  int64Field(field: number, value: number): void {
    if (value === 0) return;
    this.align(8, 0);
    this.int64(value);
    this.#fields[field] = this.#used;
  }

  placeField(field: number, place: Place): void {
    this.offset(place);
    this.#fields[field] = this.#used;
  }

  endTable(): Place {
    this.align(4, 0);
    this.#writeInt32(0);
    const table = this.#used;
    const vtable = this.#writeVtable(table);
    const known = this.#vtables.find((other) => this.#areEqual(other, vtable));
    if (known === undefined) this.#vtables.push(vtable);
    else this.#used = table;
    this.#view.setInt32(this.#bytes.length - table, (known ?? vtable) - table, true);
    return table;
  }

  /** Aligned by the caller, as elements of a vector of structs are. @param value a whole number from 0 to 2⁵³ */
  int64(value: number): void {
    this.#reserve(8);
    this.#used += 8;
    this.#view.setUint32(this.#front, value % TWO_32, true);
    this.#view.setUint32(this.#front + 4, Math.floor(value / TWO_32), true);
  }

  /** The same; four empty bytes follow it. */
  paddedInt32(value: number): void {
    this.#writeZeros(4);
    this.#writeInt32(value);
  }

  offset(place: Place): void {
    this.align(4, 0);
    this.#writeInt32(this.#used - place + 4);
  }

  /** Fill up so that `size` is aligned after so many bytes more. */
  align(size: number, more: number): void {
    this.#alignment = Math.max(this.#alignment, size);
    const used = this.#used + more;
    this.#writeZeros((size - (used % size)) % size);
  }

  get #front(): number {
    return this.#bytes.length - this.#used;
  }

  /** Of the table that ends here; fields at the end that it has not are left out. */
  #writeVtable(table: Place): Place {
    const fields = this.#fields.findLastIndex((place) => place !== 0) + 1;
    for (let field = fields - 1; field >= 0; field--) {
      const place = this.#fields[field]!;
      this.#writeInt16(place === 0 ? 0 : table - place);
    }
    this.#writeInt16(table - this.#tableStart);
    this.#writeInt16(2 * fields + VTABLE_HEAD_BYTES);
    return this.#used;
  }

  #areEqual(one: Place, other: Place): boolean {
    const first = this.#bytes.length - one;
    const second = this.#bytes.length - other;
    const length = this.#view.getInt16(first, true);
    for (let at = 0; at < length; at += 2) {
      if (this.#view.getInt16(first + at, true) !== this.#view.getInt16(second + at, true)) return false;
    }
    return true;
  }

  #writeZeros(bytes: number): void {
    this.#reserve(bytes);
    this.#used += bytes;
    this.#bytes.fill(0, this.#front, this.#front + bytes);
  }

  #writeInt16(value: number): void {
    this.#reserve(2);
    this.#used += 2;
    this.#view.setInt16(this.#front, value, true);
  }

  #writeInt32(value: number): void {
    this.#reserve(4);
    this.#used += 4;
    this.#view.setInt32(this.#front, value, true);
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, needed));
    grown.set(this.#bytes.subarray(this.#front), grown.length - this.#used);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

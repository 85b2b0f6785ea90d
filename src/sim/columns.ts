/** The same column with more rows. */
export function grownFloats(column: Float64Array, rows: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(rows);
  grown.set(column);
  return grown;
}

export function grownIntegers(column: Int32Array, rows: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(rows);
  grown.set(column);
  return grown;
}

/** How much room rows have to begin with, as a share of what is passed on at once. */
const FIRST_SHARE = 1 / 64;
const GROWTH = 4;

/** Rows as columns: typed arrays of one length, which are all that a derived class has. */
export abstract class Rows {
  /** Length of every column. */
  protected readonly room: number;

  constructor(room: number) {
    this.room = room;
  }
}

/** Where up to `capacity` rows are passed on at once. Most runs of a sweep have few, and memory for many takes time to get and to free. */
export function firstRoom(capacity: number): number {
  return capacity * FIRST_SHARE;
}

/** Of columns that are full: a few times as much, up to the capacity and never beyond. */
export function nextRoom(room: number): number {
  return room * GROWTH;
}

/** Copy rows to the beginning of columns of the same kind, which are the answer. */
export function movedTo<Kind extends Rows>(roomier: Kind, rows: Kind): Kind {
  const columns: unknown[] = Object.values(roomier);
  Object.values(rows).forEach((column: unknown, index) => copy(column, columns[index]));
  return roomier;
}

function copy(from: unknown, into: unknown): void {
  if (from instanceof Float64Array && into instanceof Float64Array) into.set(from);
  if (from instanceof Int32Array && into instanceof Int32Array) into.set(from);
  if (from instanceof Uint8Array && into instanceof Uint8Array) into.set(from);
}

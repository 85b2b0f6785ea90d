import { Dictionary, Uint16, Utf8, makeData, makeVector } from 'apache-arrow';
import type { Data, Vector } from 'apache-arrow';

/** Codes of names by their index. */
export interface NameCodes {
  readonly codes: Uint16Array;
  /** The index of the first of them: 0, or below it for what has no place in the plan. */
  readonly first: number;
  /** The code of every index from 0 on, if they have one in common. */
  readonly common: number | undefined;
}

/** Codes into a dictionary that is complete before the first row: readers refuse dictionaries that change or grow. */
export class NameBuffer {
  readonly type: Dictionary<Utf8, Uint16>;
  readonly #codes: Uint16Array;
  readonly #dictionary: Vector<Utf8>;
  readonly #codeOf: ReadonlyMap<string, number>;

  /** @param id explicit, because implicit ids come from a global counter and would change the bytes */
  constructor(capacity: number, names: readonly string[], id: number) {
    const distinct = [...new Set(names)];
    if (distinct.length > 65_536) throw new Error(`${distinct.length} names do not fit a dictionary of 65,536`);
    this.type = new Dictionary(new Utf8(), new Uint16(), id);
    this.#codes = new Uint16Array(capacity);
    this.#dictionary = vectorOf(distinct);
    this.#codeOf = new Map(distinct.map((name, code) => [name, code]));
  }

  codeOf(name: string): number {
    const code = this.#codeOf.get(name);
    if (code === undefined) throw new Error(`"${name}" is not in the dictionary of its column`);
    return code;
  }

  /** The codes of names by index, for `setAll`; `names` begins with that of index `first`. */
  codesOf(names: readonly string[], first = 0): NameCodes {
    const codes = Uint16Array.from(names, (name) => this.codeOf(name));
    const common = codes[-first];
    return { codes, first, common: codes.subarray(-first).every((code) => code === common) ? common : undefined };
  }

  /** Every row gets the code of its index. @param areAll whether no index is below 0 */
  setAll({ codes, first, common }: NameCodes, indices: Int32Array | Uint8Array, rows: number, areAll = true): void {
    const own = this.#codes;
    if (areAll && common !== undefined) own.fill(common, 0, rows);
    else for (let row = 0; row < rows; row++) own[row] = codes[indices[row]! - first]!;
  }

  set(row: number, name: string): void {
    this.#codes[row] = this.codeOf(name);
  }

  data(rows: number): Data<Dictionary<Utf8, Uint16>> {
    return makeData({
      type: this.type,
      length: rows,
      nullCount: 0,
      data: this.#codes.subarray(0, rows),
      dictionary: this.#dictionary,
    });
  }
}

/** The builder of the library compiles a function for every vector, which takes longer than a short run. */
function vectorOf(names: readonly string[]): Vector<Utf8> {
  const valueOffsets = new Int32Array(names.length + 1);
  names.forEach((name, index) => {
    valueOffsets[index + 1] = valueOffsets[index]! + Buffer.byteLength(name);
  });
  const data = Buffer.from(names.join(''));
  return makeVector(makeData({ type: new Utf8(), length: names.length, nullCount: 0, valueOffsets, data }));
}

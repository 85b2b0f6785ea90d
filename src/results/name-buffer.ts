import { Body } from './arrow-metadata.ts';
import { NO_NULLS } from './column-bits.ts';

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
  /** In the order of their codes. */
  readonly names: readonly string[];
  #codes: Uint16Array;
  readonly #codeOf: ReadonlyMap<string, number>;

  constructor(capacity: number, names: readonly string[]) {
    const distinct = [...new Set(names)];
    if (distinct.length > 65_536) throw new Error(`${distinct.length} names do not fit a dictionary of 65,536`);
    this.names = distinct;
    this.#codes = new Uint16Array(capacity);
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

  reserve(rows: number): void {
    if (this.#codes.length < rows) this.#codes = new Uint16Array(rows);
  }

  appendTo(body: Body, rows: number): void {
    body.addColumn(rows, 0, NO_NULLS, this.#codes.subarray(0, rows));
  }

  /** The texts that the codes stand for, as a body of their own. */
  dictionary(): Body {
    const ends = new Int32Array(this.names.length + 1);
    this.names.forEach((name, index) => {
      ends[index + 1] = ends[index]! + Buffer.byteLength(name);
    });
    const body = new Body();
    body.addColumn(this.names.length, 0, NO_NULLS, ends, Buffer.from(this.names.join('')));
    return body;
  }
}

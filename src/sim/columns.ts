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

/** Something wrong in a trace, where an editor would find it (both counted from 1). */
export interface TraceProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export function quote(text: string): string {
  return JSON.stringify(text);
}

/** The text between two positions (a byte order mark is no text), cut after so many bytes. */
export function textOf(bytes: Uint8Array, start: number, end: number, longest: number): string {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + longest)));
  return end - start > longest ? `${text}…` : text;
}

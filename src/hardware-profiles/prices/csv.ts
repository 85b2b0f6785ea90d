/** A table of comma-separated values with a header, each value with its place. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
  /** Of the last line, counted from 1. */
  readonly lastLine: number;
}

export interface CsvRow {
  /** Counted from 1. */
  readonly line: number;
  readonly cells: readonly CsvCell[];
}

export interface CsvCell {
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly column: number;
}

/** Something wrong in a file; the message ends in what to write instead. */
export interface CsvFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const CELL = /("(?:[^"]|"")*"|[^,]*)(?:,|$)/y;

/** Empty lines are left out. A cell in quotes may hold commas, not line ends. */
export function csvTable(text: string): CsvTable {
  const lines = text.replace(/^\u{FEFF}/u, '').split(/\r?\n/);
  const filled = lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [{ line: index + 1, cells: cellsOf(line) }],
  );
  const [first, ...rows] = filled;
  return { header: (first?.cells ?? []).map((cell) => cell.text), rows, lastLine: filled.at(-1)?.line ?? 1 };
}

function cellsOf(line: string): CsvCell[] {
  const cells: CsvCell[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const at = CELL.lastIndex;
    const match = CELL.exec(line);
    if (match === null) return [...cells, { text: line.slice(at).trim(), column: at + 1 }];
    cells.push({ text: unquoted(match[1]!), column: at + 1 });
    if (!match[0].endsWith(',')) return cells;
    if (CELL.lastIndex === line.length) return [...cells, { text: '', column: line.length + 1 }];
  }
}

function unquoted(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.trim();
}

/** A number as people write it; undefined for anything else. */
export function numberIn({ text }: CsvCell): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

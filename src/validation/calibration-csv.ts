export interface CsvRow {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

const CELL = /\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/y;

/** Rows that hold something, but for comments (`#`). A cell in quotes may hold commas, but no line break. */
export function csvRows(text: string): CsvRow[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((row, index) => ({ row, line: index + 1 }))
    .filter(({ row }) => row.trim() !== '' && !row.startsWith('#'))
    .map(({ row, line }) => ({ line, cells: cellsOf(row) }));
}

function cellsOf(row: string): string[] {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < row.length) {
    const found = CELL.exec(row);
    // A quote that is not closed, or text after one: the row as it is, which is no number anywhere.
    if (found === null) return [row];
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
  }
  if (row.endsWith(',')) cells.push('');
  return cells;
}

/** Rows as aligned lines: names to the left (the first column, unless there are more of them), numbers to the right. */
export function alignedRows(rows: readonly (readonly string[])[], nameColumns = 1): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat(widths[column]! - width(cell));
      return column < nameColumns ? cell + padding : padding + cell;
    });
    return `  ${cells.join('   ')}`.trimEnd();
  });
}

/** Words in lines of at most `columns` characters where they can be; the text keeps its own indent, later lines get `indent`. */
export function wrapped(text: string, columns: number, indent = 0): string[] {
  const [first = '', ...words] = text.trim().split(/ +/);
  const lines: string[] = [];
  let line = text.slice(0, text.length - text.trimStart().length) + first;
  for (const word of words) {
    if (width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else {
      line = `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const NAME_COLUMNS = 20;

/** A name that leaves room for what stands beside it. */
export function shortened(name: string): string {
  return name.length <= NAME_COLUMNS ? name : `${name.slice(0, NAME_COLUMNS - 1)}…`;
}

/** Characters as a reader counts them, not UTF-16 units. */
function width(text: string): number {
  return Array.from(text).length;
}

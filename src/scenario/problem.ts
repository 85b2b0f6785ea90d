/** Something a user has to change before anything can run. */
export interface Problem {
  readonly file: string;
  /** Counted from 1; absent when the file itself is the problem. */
  readonly line?: number;
  readonly column?: number;
  /** The key it is about, such as `regions[0].pools[1].instances`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

export type PathPart = string | number;
export type Path = readonly PathPart[];

/** Messages are written as one sentence, `finding — remedy`; the remedy becomes the hint. */
export function splitHint(sentence: string): { message: string; hint?: string } {
  const at = sentence.indexOf(' — ');
  return at < 0 ? { message: sentence } : { message: sentence.slice(0, at), hint: sentence.slice(at + 3) };
}

export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** Place, finding and remedy of every problem, and how many there are. */
export function renderProblems(problems: readonly Problem[]): string {
  const paragraphs = problems.map(({ file, line, column, path, message, hint }) => {
    const place = line === undefined ? file : `${file}:${line}${column === undefined ? '' : `:${column}`}`;
    const finding = hint === undefined ? message : `${message} — ${hint}`;
    return `${path === '' ? place : `${place}  ${path}`}\n    ${finding}`;
  });
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return `${paragraphs.join('\n')}\n\n${count}; nothing was simulated.`;
}

import type { Document, Node, Pair } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Path, Problem } from './problem.ts';
import { pathText, splitHint } from './problem.ts';

/** The text of a scenario with the place of everything in it. */
export interface Source {
  readonly value: unknown;
  /** A problem at the value of `path`, or at the nearest thing around it that was written. */
  problem(path: Path, sentence: string): Problem;
  /** A problem at the key itself: `path` ends with it. */
  problemAtKey(path: Path, sentence: string): Problem;
}

export function parseSource(text: string, file: string): { source: Source } | { problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return {
      problems: faults.map(({ code, message, pos }) => ({
        file,
        ...placeOf(pos[0]),
        path: '',
        ...splitHint(syntaxMessage(code, message, text.slice(pos[0], pos[1] + 40))),
      })),
    };
  }
  const read = toPlain(document);
  if ('fault' in read) return { problems: [{ file, line: 1, column: 1, path: '', message: read.fault }] };
  const at = (offset: number, path: Path, sentence: string): Problem => ({
    file,
    ...placeOf(offset),
    path: pathText(path),
    ...splitHint(sentence),
  });
  return {
    source: {
      value: read.value,
      problem: (path, sentence) => at(offsetOf(document, path).value, path, sentence),
      problemAtKey: (path, sentence) => at(offsetOf(document, path).key, path, sentence),
    },
  };
}

function syntaxMessage(code: string, message: string, near: string): string {
  const word = /^\S{1,40}?(?=[:\s]|$)/.exec(near)?.[0] ?? '';
  switch (code) {
    case 'DUPLICATE_KEY':
      return `the key \`${word}\` is written twice — keep one of them`;
    case 'TAB_AS_INDENT':
      return 'a tab indents this line — indent with spaces';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here — a scenario is one document, without "---" inside';
    default:
      return `not valid YAML: ${message.split('\n')[0]!}`;
  }
}

/** Aliases are resolved here, and may be broken or too many. */
function toPlain(document: Document.Parsed): { value: unknown } | { fault: string } {
  try {
    return { value: document.toJS() as unknown };
  } catch (error) {
    return { fault: `not valid YAML: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function offsetOf(document: Document.Parsed, path: Path): { key: number; value: number } {
  let node: unknown = document.contents;
  let place = { key: startOf(node) ?? 0, value: startOf(node) ?? 0 };
  for (const part of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(container) ? container.items.find((item) => keyOf(item) === String(part)) : undefined;
    const next: unknown = isSeq(container) ? container.items[Number(part)] : pair?.value;
    if (next === undefined && pair === undefined) return place;
    const key: number = startOf(pair?.key) ?? startOf(next) ?? place.key;
    place = { key, value: startOf(next) ?? key };
    node = isPair(next) ? next.value : next;
  }
  return place;
}

function keyOf(pair: Pair): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

import type { FileFault } from './price-catalogue.ts';
import type { Problem } from './problem.ts';
import { splitHint } from './problem.ts';

/** A file with the wrong unit is wrong in every line: the first few say it. */
const MOST_SHOWN = 10;

/** What is wrong in a file beside the scenario, with its places there. */
export function faultProblems(file: string, faults: readonly FileFault[]): Problem[] {
  const shown = faults
    .slice(0, MOST_SHOWN)
    .map(({ line, column, message }) => ({ file, line, column, path: '', ...splitHint(message) }));
  const more = faults.length - shown.length;
  return more === 0 ? shown : [...shown, { file, path: '', message: `${more} more of its lines are wrong` }];
}

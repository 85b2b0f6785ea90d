import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'reference/workloads/data';

export interface MeasuredFile {
  readonly path: string | undefined;
  /** The title of a test that needs the file says so if it cannot run. */
  title(statement: string): string;
}

/** A measured trace, which the repository does not carry: it is looked for in the folders beside it. */
export function measuredFile(name: string): MeasuredFile {
  const place = `${FOLDER}/${name}`;
  const path = readdirSync('..')
    .map((neighbour) => join('..', neighbour, place))
    .find((candidate) => existsSync(candidate));
  const missing = path === undefined ? ` (NOT RUN: no folder beside the repository has ${place})` : '';
  return { path, title: (statement) => statement + missing };
}

import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from './failure.ts';

/** Paths of the recorded requests in a folder, by name: `<name>` or `<name>.gz`, which is unpacked while it is read. */
export function tracesIn(folder: string): (name: string) => string | undefined {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new InputError(`there is no folder ${folder}`);
  return (name) => {
    const plain = join(folder, basename(name));
    return [plain, `${plain}.gz`].find((path) => existsSync(path));
  };
}

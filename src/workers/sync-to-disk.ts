import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Wait until the files of a folder, and the folder, are safely on the disk: a rename may reach it before the data it makes
 * visible, unless the data is there already. Side by side, so that a journal writes them down in one go.
 *
 * @throws the error of the operating system, if the disk refuses
 */
export async function syncToDisk(directory: string): Promise<void> {
  const files = await readdir(directory);
  await Promise.all(files.map((name) => sync(join(directory, name))));
  await sync(directory);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 1 << 20;

export interface FileDigest {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The Arrow files of a folder, by name, each with the SHA-256 of its bytes. */
export function digestFiles(dir: string): readonly FileDigest[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.arrow'));
  return names.sort().map((name) => ({ name, ...digestFile(join(dir, name)) }));
}

/**
 * What proves that two runs gave the same result: the SHA-256 of the list of files as `sha256sum *.arrow` prints it, so
 * `sha256sum *.arrow | sha256sum` in the folder gives the same.
 */
export function fingerprint(dir: string): string {
  return fingerprintOf(digestFiles(dir));
}

export function fingerprintOf(files: readonly FileDigest[]): string {
  const list = files.map((file) => `${file.sha256}  ${file.name}\n`).join('');
  return createHash('sha256').update(list).digest('hex');
}

function digestFile(path: string): Omit<FileDigest, 'name'> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  const fd = openSync(path, 'r');
  try {
    let bytes = 0;
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(fd);
  }
}

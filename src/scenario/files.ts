import { createHash } from 'node:crypto';
import type { ByteSource } from '../sim/ports.ts';

/** Where traces and configs of models come from. Given by the caller, so that this folder opens nothing itself. */
export interface Files {
  /** The file from its start; throws what `node:fs` throws when it cannot be opened. */
  open(path: string): OpenFile;
}

export interface OpenFile extends ByteSource {
  close(): void;
}

/** For a scenario that names none. */
export const NO_FILES: Files = {
  open() {
    throw new Error('no files can be read here');
  },
};

/** Passes bytes through and hashes them: a trace is read once for its content and its hash. */
export class HashingSource implements ByteSource {
  readonly #source: ByteSource;
  #hash = createHash('sha256');

  constructor(source: ByteSource) {
    this.#source = source;
  }

  read(into: Uint8Array): number {
    const bytes = this.#source.read(into);
    this.#hash.update(into.subarray(0, bytes));
    return bytes;
  }

  /** The hash begins again, too. */
  rewind(): void {
    if (this.#source.rewind === undefined) throw new Error('the file cannot be read twice');
    this.#source.rewind();
    this.#hash = createHash('sha256');
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }
}

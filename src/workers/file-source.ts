import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { FilePlan } from '../sim/plan.ts';
import type { ByteSource } from '../sim/ports.ts';

const CHUNK_BYTES = 1 << 18;

/** A file as a ByteSource: read from the start, without holding more of it than the reader asks for. */
export class FileSource implements ByteSource {
  readonly #descriptor: number;
  #position = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
  }

  read(into: Uint8Array): number {
    const bytes = readSync(this.#descriptor, into, 0, into.length, this.#position);
    this.#position += bytes;
    return bytes;
  }

  rewind(): void {
    this.#position = 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The file that a plan names. A run may wait for long; what it reads is still what was planned, or it fails. */
export function openPlanned({ path, sha256 }: FilePlan): FileSource {
  const source = new FileSource(path);
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let bytes = source.read(chunk); bytes > 0; bytes = source.read(chunk)) hash.update(chunk.subarray(0, bytes));
  source.close();
  if (hash.digest('hex') !== sha256) throw new Error(`${path} has changed since the run was planned`);
  return new FileSource(path);
}

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from './failure.ts';

/** A folder of recorded requests, `<name>` or `<name>.gz`; what is packed is unpacked beside it, until `remove`. */
export class UnpackedTraces {
  readonly #folder: string;
  readonly #unpacked = new Map<string, string>();
  #temporary: string | undefined;

  constructor(folder: string) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw new InputError(`there is no folder ${folder}`);
    this.#folder = folder;
  }

  /** The path of the trace, or undefined if the folder does not have it. */
  find(name: string): string | undefined {
    const plain = join(this.#folder, basename(name));
    if (existsSync(plain)) return plain;
    const packed = `${plain}.gz`;
    if (!existsSync(packed)) return undefined;
    const known = this.#unpacked.get(name);
    if (known !== undefined) return known;
    this.#temporary ??= mkdtempSync(join(tmpdir(), 'tokenfleet-traces-'));
    const path = join(this.#temporary, basename(name));
    writeFileSync(path, gunzipSync(readFileSync(packed)));
    this.#unpacked.set(name, path);
    return path;
  }

  remove(): void {
    if (this.#temporary !== undefined) rmSync(this.#temporary, { recursive: true, force: true });
  }
}

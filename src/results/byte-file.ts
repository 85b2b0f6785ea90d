import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1 << 16;

/** Buffers of closed files: the threads of a sweep write thousands of small ones. */
const spare: Uint8Array[] = [];

/** A new file, written from its start to its end. Bytes are taken over at once; small ones are gathered before they go to the file. */
export class ByteFile {
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  readonly #buffer = spare.pop() ?? new Uint8Array(BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #filled = 0;
  #bytes = 0;

  /** @param path must not exist yet */
  constructor(path: string) {
    this.#fd = openSync(path, 'wx');
  }

  /** Written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#filled + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#put(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** In little-endian order. */
  writeUint32(value: number): void {
    if (this.#filled + 4 > BUFFER_BYTES) this.#flush();
    this.#view.setUint32(this.#filled, value, true);
    this.#filled += 4;
    this.#bytes += 4;
  }

  /** Its length and the SHA-256 of its bytes. */
  close(): { readonly bytes: number; readonly sha256: string } {
    this.#flush();
    closeSync(this.#fd);
    spare.push(this.#buffer);
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  #flush(): void {
    this.#put(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#fd, bytes, written, bytes.length - written);
  }
}

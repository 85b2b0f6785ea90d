import type { ByteSource } from '../sim/ports.ts';
import { GunzipSource } from './gunzip.ts';

const GZIP = [0x1f, 0x8b];

/** The same bytes, or if they are packed with gzip, what they unpack to. */
export function unpacked(source: ByteSource): ByteSource {
  let opened: ByteSource | undefined;
  const read = (into: Uint8Array) => {
    opened ??= open(source);
    return opened.read(into);
  };
  if (source.rewind === undefined) return { read };
  return {
    read,
    rewind() {
      source.rewind!();
      opened = undefined;
    },
  };
}

function open(source: ByteSource): ByteSource {
  const beginning = new Uint8Array(GZIP.length);
  const length = filled(source, beginning);
  const whole = new Rejoined(beginning.subarray(0, length), source);
  return GZIP.every((byte, k) => beginning[k] === byte) ? new GunzipSource(whole) : whole;
}

/** Read until the array is full or the source ends; answers how many bytes there are. */
export function filled(source: ByteSource, into: Uint8Array): number {
  let length = 0;
  for (let bytes = 1; bytes > 0 && length < into.length; length += bytes) bytes = source.read(into.subarray(length));
  return length;
}

/** What has been read of a source, and then the rest of it. */
export class Rejoined implements ByteSource {
  readonly #beginning: Uint8Array;
  readonly #rest: ByteSource;
  #given = 0;

  constructor(beginning: Uint8Array, rest: ByteSource) {
    this.#beginning = beginning;
    this.#rest = rest;
  }

  read(into: Uint8Array): number {
    const bytes = Math.min(this.#beginning.length - this.#given, into.length);
    if (bytes === 0) return this.#rest.read(into);
    into.set(this.#beginning.subarray(this.#given, this.#given + bytes));
    this.#given += bytes;
    return bytes;
  }
}

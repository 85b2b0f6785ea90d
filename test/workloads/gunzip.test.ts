import { constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GunzipSource } from '../../src/workloads/gunzip.ts';
import { workloads } from '../../src/workloads/index.ts';
import { unpacked } from '../../src/workloads/unpacked.ts';
import { hashOf } from '../support/statistics.ts';
import { bytesOf } from './support.ts';

/** Everything a source gives, asked for so many bytes at a time. */
function readAll(source: { read(into: Uint8Array): number }, atOnce = 5_000): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(atOnce);
    const bytes = source.read(part);
    if (bytes === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, bytes));
  }
}

/** Text that repeats itself near and far, and noise. */
function content(seed: number, words: number): Buffer {
  const noise = (k: number) => String.fromCharCode(hashOf(seed, k) & 255);
  const word = (k: number) => (hashOf(seed, k) % 7 === 0 ? noise(k) : `word ${hashOf(seed, k) % 50},`);
  return Buffer.from(Array.from({ length: words }, (_, k) => word(k)).join(''), 'latin1');
}

const anyPacking = fc.record({
  seed: fc.nat(1_000_000),
  words: fc.oneof(fc.nat(20), fc.integer({ min: 1_000, max: 60_000 })),
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE),
  windowBits: fc.integer({ min: 9, max: 15 }),
  atMost: fc.constantFrom(1, 7, 4_096, 1e9),
});

describe('a file packed with gzip', () => {
  test('is unpacked to what was packed, however it was packed and however it is read', () => {
    fc.assert(
      fc.property(anyPacking, ({ seed, words, atMost, ...how }) => {
        const bytes = content(seed, words);
        expect(readAll(new GunzipSource(bytesOf(gzipSync(bytes, how), atMost))).equals(bytes)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('may consist of several parts, and of none', () => {
    const parts = Buffer.concat([gzipSync('one,'), gzipSync(''), gzipSync('two')]);

    expect(readAll(new GunzipSource(bytesOf(parts)), 2).toString()).toBe('one,two');
    expect(readAll(new GunzipSource(bytesOf('')))).toHaveLength(0);
  });

  test('that is damaged anywhere behind its heading is refused, or a part of it is', () => {
    const bytes = content(7, 3_000);
    const packed = gzipSync(bytes);
    for (let at = 10; at < packed.length; at += 97) {
      const damaged = Buffer.from(packed);
      damaged[at]! ^= 1 << (at % 8);
      expect(() => readAll(new GunzipSource(bytesOf(damaged)))).toThrow(/packed/);
    }
  });

  test('that ends too early is refused', () => {
    const packed = gzipSync(content(7, 3_000));

    for (const length of [5, 11, packed.length >> 1, packed.length - 1]) {
      expect(() => readAll(new GunzipSource(bytesOf(packed.subarray(0, length))))).toThrow('ends in the middle');
    }
  });

  test('can be read again from its start, as a plain one can', () => {
    for (const file of [gzipSync('one,two'), Buffer.from('one,two')]) {
      const source = unpacked(bytesOf(file));
      const first = readAll(source, 3).toString();
      source.rewind!();
      expect([first, readAll(source, 2).toString()]).toEqual(['one,two', 'one,two']);
    }
  });
});

test('every kind of workload that replays a trace reads it packed', () => {
  const csv = 'timestamp_s,input_tokens,output_tokens\n0,10,5\n1.5,20,7\n';
  for (const kind of ['trace', 'azure-trace']) {
    const { scanTrace, options } = workloads.find(({ name }) => name === kind)!;
    const given = options.parse({});
    expect(scanTrace!(bytesOf(gzipSync(csv)), given)).toEqual(scanTrace!(bytesOf(csv), given));
    expect(scanTrace!(bytesOf(csv), given)).toMatchObject({ rows: 2, problemCount: 0, meanPromptTokens: 15 });
  }
});

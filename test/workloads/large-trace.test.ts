import { expect, test } from 'vitest';
import type { ByteSource } from '../../src/sim/ports.ts';
import { trace } from '../../src/workloads/trace.ts';
import { AzureFormat } from '../support/azure-format.ts';
import { contextOf } from './support.ts';

/** A file that counts what it gives, and into how many different buffers. */
class CountedSource implements ByteSource {
  lines = 0;
  readonly buffers = new Set<ArrayBufferLike>();
  mostBytes = 0;
  readonly #source: ByteSource;

  constructor(rows: number) {
    this.#source = new AzureFormat(rows);
  }

  read(into: Uint8Array): number {
    const bytes = this.#source.read(into);
    this.buffers.add(into.buffer);
    this.mostBytes = Math.max(this.mostBytes, into.buffer.byteLength);
    for (let k = 0; k < bytes; k++) if (into[k] === 0x0a) this.lines++;
    return bytes;
  }
}

const options = trace.options.parse({});

test.each([1_000, 200_000])('a table of %d rows is scanned through two buffers, of 64 KiB at most', (rows) => {
  const source = new CountedSource(rows);

  expect(trace.scanTrace!(source, options)).toMatchObject({ rows, problemCount: 0 });
  expect(source.lines).toBe(rows + 1);
  expect(source.buffers.size).toBeLessThanOrEqual(2);
  expect(source.mostBytes).toBeLessThanOrEqual(65_536);
});

test('its replay is never further in the file than a buffer, and remembers no row that was sent', () => {
  const rows = 100_000;
  const source = new CountedSource(rows);
  const workload = trace.create(options, contextOf({ horizonNs: Infinity, trace: source }));
  const ignored = { share() {}, due() {}, push() {} };
  // The shortest row has 33 bytes; the header is a line, too, and the beginning is looked at before.
  const mostAhead = (65_536 + 1_024) / 33 + 1;
  let sent = 0;
  for (; workload.pull(ignored); sent++) if (source.lines - sent > mostAhead) break;

  expect(sent).toBe(rows);
  expect(source.buffers.size).toBeLessThanOrEqual(2);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Bool,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  TimestampNanosecond,
  Uint16,
  Utf8,
  makeData,
  makeVector,
} from 'apache-arrow';
import type { Data, Vector } from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../src/results/columns.ts';
import { FlatWriter } from '../../src/results/flat-writer.ts';
import type { ColumnList } from '../../src/results/columns.ts';
import { TableFile } from '../../src/results/table-file.ts';
import { identity, temporaryFolder } from './fixtures.ts';

const COLUMNS = {
  when: { kind: 'timestamp', unit: '', meaning: 'a moment' },
  who: { kind: 'name', unit: '', meaning: 'a name – with a sign beyond ASCII' },
  number: { kind: 'int64', unit: '', meaning: '' },
  count: { kind: 'int32', unit: 'tokens', meaning: 'a count' },
  what: { kind: 'name', unit: '', meaning: 'another name' },
  much: { kind: 'float64', unit: 'ms', meaning: 'an amount' },
  perhaps: { kind: 'float64', unit: 's', nullable: true, meaning: 'an amount, or none' },
  really: { kind: 'boolean', unit: '', nullable: true, meaning: 'yes, no, or unknown' },
} as const satisfies ColumnList;

interface Row {
  readonly ns: number;
  readonly who: string;
  readonly number: number;
  readonly count: number;
  readonly much: number;
  readonly perhaps: number | null;
  readonly really: boolean | null;
}

const NAMES = ['', 'ö', 'desk', 'west'];

const rowOf: fc.Arbitrary<Row> = fc.record({
  ns: fc.maxSafeNat(),
  who: fc.constantFrom(...NAMES),
  number: fc.maxSafeNat(),
  count: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  much: fc.double({ noNaN: true, noDefaultInfinity: true }),
  perhaps: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  really: fc.option(fc.boolean()),
});

/** Batches of the same length or, the last one, shorter: as the sinks of a run write them. */
const batchesOf = fc
  .tuple(fc.array(rowOf, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }))
  .map(([rows, size]) =>
    Array.from({ length: Math.ceil(rows.length / size) }, (_, k) => rows.slice(k * size, (k + 1) * size)),
  );

function ours(batches: readonly (readonly Row[])[], whats: readonly string[]): Buffer {
  const path = join(temporaryFolder(), 'ours.arrow');
  const file = new TableFile(path, COLUMNS, { who: NAMES, what: whats }, 0, identity);
  const { when, who, what, number, count, much, perhaps, really } = file.buffers;
  for (const rows of batches) {
    file.reserve(rows.length);
    when.setAll(
      Float64Array.from(rows, ({ ns }) => ns),
      rows.length,
    );
    number.setAll(
      Float64Array.from(rows, (row) => row.number),
      rows.length,
    );
    for (const [k, row] of rows.entries()) {
      who.set(k, row.who);
      what.set(k, whats[0]!);
      count.set(k, row.count);
      much.set(k, row.much);
      if (row.perhaps === null) perhaps.setNull(k);
      else perhaps.set(k, row.perhaps);
      if (row.really === null) really.setNull(k);
      else really.set(k, row.really);
    }
    file.writeBatch(rows.length);
  }
  file.close();
  return readFileSync(path);
}

function bitsOf(rows: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rows.length / 8));
  for (const [k, bit] of rows.entries()) if (bit) bits[k >> 3]! |= 1 << (k & 7);
  return bits;
}

const TYPES = {
  when: new TimestampNanosecond('UTC'),
  who: new Dictionary(new Utf8(), new Uint16(), 1),
  number: new Int64(),
  count: new Int32(),
  what: new Dictionary(new Utf8(), new Uint16(), 4),
  much: new Float64(),
  perhaps: new Float64(),
  really: new Bool(),
} as const;

const SCHEMA = new Schema(
  Object.entries(COLUMNS).map(([name, column]) => {
    const metadata = new Map(Object.entries({ unit: column.unit, meaning: column.meaning }));
    return new Field(name, TYPES[name as keyof typeof TYPES], 'nullable' in column, metadata);
  }),
  new Map(
    Object.entries({
      schema_version: String(SCHEMA_VERSION),
      tokenfleet_version: identity.tokenfleetVersion,
      scenario: identity.scenario,
      run_id: identity.runId,
      seed: identity.seeds.join(','),
      grade: identity.grade,
    }),
  ),
);

function textsOf(names: readonly string[]): Vector<Utf8> {
  const ends = names.map((_, k) => Buffer.byteLength(names.slice(0, k + 1).join('')));
  const valueOffsets = Int32Array.of(0, ...ends);
  const data = Buffer.from(names.join(''));
  return makeVector(makeData({ type: new Utf8(), length: names.length, nullCount: 0, valueOffsets, data }));
}

function childrenOf(rows: readonly Row[], who: Vector<Utf8>, what: Vector<Utf8>): Data[] {
  const length = rows.length;
  const bigs = (pick: (row: Row) => number) => BigInt64Array.from(rows, (row) => BigInt(pick(row)));
  const known = (isKnown: (row: Row) => boolean) => {
    const bits = rows.map(isKnown);
    const nullCount = bits.filter((bit) => !bit).length;
    return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap: bitsOf(bits) };
  };
  const codes = Uint16Array.from(rows, (row) => NAMES.indexOf(row.who));
  const perhaps = Float64Array.from(rows, (row) => row.perhaps ?? 0);
  const really = bitsOf(rows.map((row) => row.really === true));
  const all = { length, nullCount: 0 };
  return [
    makeData({ ...all, type: TYPES.when, data: bigs(({ ns }) => ns) }),
    makeData({ ...all, type: TYPES.who, data: codes, dictionary: who }),
    makeData({ ...all, type: TYPES.number, data: bigs(({ number }) => number) }),
    makeData({ ...all, type: TYPES.count, data: Int32Array.from(rows, ({ count }) => count) }),
    makeData({ ...all, type: TYPES.what, data: new Uint16Array(length), dictionary: what }),
    makeData({ ...all, type: TYPES.much, data: Float64Array.from(rows, ({ much }) => much) }),
    makeData({ length, type: TYPES.perhaps, data: perhaps, ...known((row) => row.perhaps !== null) }),
    makeData({ length, type: TYPES.really, data: really, ...known((row) => row.really !== null) }),
  ];
}

/** The same table as the library of the format writes it. */
function theirs(batches: readonly (readonly Row[])[], whats: readonly string[]): Uint8Array {
  const who = textsOf(NAMES);
  const what = textsOf(whats);
  const writer = new RecordBatchFileWriter();
  writer.reset(undefined, SCHEMA);
  for (const rows of batches.length === 0 ? [[]] : batches) {
    const children = childrenOf(rows, who, what);
    const data = makeData({ type: new Struct(SCHEMA.fields), length: rows.length, nullCount: 0, children });
    writer.write(new RecordBatch(SCHEMA, data));
  }
  writer.close();
  return writer.toUint8Array(true);
}

test('our files have the bytes that the library of the format writes for the same rows', () => {
  fc.assert(
    fc.property(batchesOf, fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 5 }), (batches, whats) => {
      expect(Buffer.compare(ours(batches, whats), theirs(batches, whats))).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('a text may be longer than the buffer that the writer begins with', () => {
  const writer = new FlatWriter();
  const long = 'ü'.repeat(50_000);
  writer.begin();
  const places = [writer.text(long), writer.text('short')];
  const bytes = writer.finish(writer.places(places));

  expect(Buffer.from(bytes).toString()).toContain(long);
  expect(Buffer.from(bytes).toString()).toContain('short');
});

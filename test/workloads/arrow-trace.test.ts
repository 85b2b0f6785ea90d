import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Table, tableToIPC, vectorFromArray, Int32, TimestampMillisecond, Utf8 } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { RequestsFile } from '../../src/results/requests-file.ts';
import { SampleFile } from '../../src/results/sample-file.ts';
import { NS_PER_MS, NS_PER_S } from '../../src/sim/units.ts';
import { readerOf } from '../../src/workloads/detect-trace.ts';
import type { TraceRow } from '../../src/workloads/trace-rows.ts';
import { identity, plan, requestColumns, temporaryFolder } from '../results/fixtures.ts';
import { bytesOf } from './support.ts';

interface Read {
  readonly rows: readonly TraceRow[];
  readonly problems: readonly string[];
}

function read(file: Uint8Array, atMost = 1e9): Read {
  const reader = readerOf(bytesOf(file, atMost), 4);
  const rows: TraceRow[] = [];
  const problems: string[] = [];
  while (reader.next()) {
    if (reader.row !== undefined) rows.push(reader.row);
    if (reader.problem !== undefined) problems.push(reader.problem.message);
  }
  return { rows, problems };
}

const shortly = ({ rows }: Read) =>
  rows.map(({ atNs, promptTokens, outputTokens, session }) => [atNs, promptTokens, outputTokens, session]);

describe('requests.arrow of a run', () => {
  // In the order in which requests leave; the second to arrive leaves last.
  function written(): Uint8Array {
    const path = join(temporaryFolder(), 'requests.arrow');
    const file = new RequestsFile(path, plan, identity);
    const leaving = [
      { arrivalMs: 0, promptTokens: 10, outputTokens: 5, session: 3, reasoningTokens: 2 },
      { arrivalMs: 20.000_001, promptTokens: 30, outputTokens: 7 },
      { arrivalMs: 30, promptTokens: 40, outputTokens: 8, rejected: true },
      { arrivalMs: 10, promptTokens: 20, outputTokens: 6 },
    ];
    const columns = requestColumns(leaving);
    for (const [row, number] of [0, 2, 3, 1].entries()) columns.request[row] = number;
    file.flush(columns, 2);
    columns.request.copyWithin(0, 2);
    for (const column of [columns.arrivalNs, columns.promptTokens, columns.outputTokens, columns.session])
      column.copyWithin(0, 2);
    file.flush(columns, 2);
    file.close();
    return readFileSync(path);
  }

  test('is a trace in order of arrival, to the nanosecond', () => {
    for (const atMost of [1e9, 100]) {
      const found = read(written(), atMost);

      expect(found.problems).toEqual([]);
      expect(shortly(found)).toEqual([
        [0, 10, 5, 3],
        [10 * NS_PER_MS, 20, 6, -1],
        [20 * NS_PER_MS + 1, 30, 7, -1],
        [30 * NS_PER_MS, 40, 8, -1],
      ]);
      expect(found.rows.map(({ reasoningTokens }) => reasoningTokens)[0]).toBe(2);
    }
  });

  test('that is cut off says so', () => {
    const { problems } = read(written().subarray(0, 3_000));

    expect(problems).toEqual(['the Arrow file cannot be read: it ends in the middle']);
  });
});

test('a sample of 20,000 requests comes back as it was written', () => {
  const path = join(temporaryFolder(), 'sample.arrow');
  const source = { title: 'sample', names: ['chat'], start: '2026-06-01T00:00Z', seed: 1 };
  const file = new SampleFile(path, source, '0.1.0');
  const requests = Array.from({ length: 20_000 }, (_, k) => [
    7 * k * NS_PER_S + k,
    1 + (k % 900),
    1 + (k % 70),
    k % 3 ? k : -1,
  ]);
  for (const [arrivalNs, promptTokens, outputTokens, session] of requests) {
    file.add({
      arrivalNs: arrivalNs!,
      promptTokens: promptTokens!,
      outputTokens: outputTokens!,
      reasoningTokens: 0,
      session: session!,
      workload: 0,
    });
  }
  file.close();

  expect(shortly(read(readFileSync(path), 10_000))).toEqual(requests);
});

describe('Arrow of somebody else', () => {
  const columns = {
    note: vectorFromArray(['a', 'b'], new Utf8()),
    arrival: vectorFromArray([1_000, 1_500], new TimestampMillisecond()),
    prompt_tokens: vectorFromArray([10, 20], new Int32()),
    output_tokens: vectorFromArray([5, 6], new Int32()),
  };

  test('is read if it has the columns, whatever others it has', () => {
    expect(shortly(read(tableToIPC(new Table(columns), 'file')))).toEqual([
      [0, 10, 5, -1],
      [500 * NS_PER_MS, 20, 6, -1],
    ]);
  });

  test('is refused with what it lacks', () => {
    const { arrival: _, ...rest } = columns;

    expect(read(tableToIPC(new Table(rest), 'file')).problems).toEqual([
      'the Arrow file cannot be read: it has no column arrival of whole numbers',
    ]);
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import pl from 'nodejs-polars';
import { describe, expect, test } from 'vitest';
import { RESULT_TABLES, fileNameOf } from '../../src/results/columns.ts';
import type { ResultTable } from '../../src/results/columns.ts';
import { fingerprint } from '../../src/results/fingerprint.ts';
import { columnValues, readBatches, readRequests, readTimeline } from '../../src/results/read.ts';
import { RequestsFile } from '../../src/results/requests-file.ts';
import { readSummary, writeSummary } from '../../src/results/summary-file.ts';
import { TimelineFile } from '../../src/results/timeline-file.ts';
import { RequestColumns } from '../../src/sim/records.ts';
import { identity, plan, requestColumns, temporaryFolder, timelineColumns } from './fixtures.ts';
import { resultFolder, summary } from './result-folder.ts';

describe('requests.arrow holds', () => {
  const column = (name: string) => columnValues(readRequests(resultFolder()), name);

  test('where each request was served, and nothing of a rejected one', () => {
    expect(column('pool')).toEqual(['desk', 'west', '', 'desk', 'small']);
    expect(column('region')).toEqual(['virginia', 'oregon', '', 'virginia', 'oregon']);
    expect(column('accelerator')).toEqual(['h100-sxm', 'h100-sxm', '', 'h100-sxm', 'l40s']);
    expect(column('model')).toEqual([...Array<string>(4).fill('llama-3.1-70b'), 'llama-3.1-8b']);
    expect(column('instance')).toEqual([0, 3, -1, 0, 4]);
    expect(column('status')).toEqual(['served', 'served', 'rejected', 'served', 'served']);
  });

  test('latencies in ms, with nulls where there is none', () => {
    expect(column('queue_ms')).toEqual([10, 300, null, 0, 1.5]);
    expect(column('ttft_ms')).toEqual([150, 600, null, 90, 20]);
    expect(column('tpot_ms')).toEqual([50, 50, null, null, 1]);
    expect(column('e2e_ms')).toEqual([650, 1100, null, 90, 30]);
  });

  test('whether the objectives were met: the limit of the highest percentile counts, and none is held without a class', () => {
    expect(column('class')).toEqual([...Array<string>(4).fill('interactive'), '']);
    expect(column('met_slo')).toEqual([true, false, false, true, null]);
  });

  test('arrivals to the nanosecond, in UTC', () => {
    const startNs = BigInt(Date.UTC(2026, 5, 1, 12)) * 1_000_000n;
    const bytes = readFileSync(join(resultFolder(), 'requests.arrow'));
    const offsetsNs = [0n, 11_000_000_000n, 12_000_000_000n, 13_000_000_000n, 14_000_000_001n];
    const wanted = offsetsNs.map((offsetNs) => startNs + offsetNs);

    const arrivals = tableFromIPC(bytes).getChild('arrival')!.data[0]!.values as BigInt64Array;
    expect([...arrivals]).toEqual(wanted);
    // Polars hands 64-bit integers to JavaScript as doubles, so only the part below a second is compared.
    const ns = pl.readIPC(bytes).select(pl.col('arrival').date.nanosecond()).getColumn('arrival');
    expect(ns.toArray()).toEqual([0, 0, 0, 0, 1]);
  });

  test('who computed the prompt and how long its KV took, for those that were handed over', () => {
    const dir = temporaryFolder();
    const file = new RequestsFile(join(dir, 'requests.arrow'), plan, identity);
    file.flush(
      requestColumns([{ arrivalMs: 0, instance: 2, prefillInstance: 1, transferMs: 6.5 }, { arrivalMs: 0 }]),
      2,
    );
    file.flush(requestColumns([{ arrivalMs: 0, rejected: true }]), 1);
    file.close();

    const table = readRequests(dir);
    expect(columnValues(table, 'prefill_instance')).toEqual([1, -1, -1]);
    expect(columnValues(table, 'transfer_ms')).toEqual([6.5, null, null]);
    expect(columnValues(table, 'pool')).toEqual(['west', 'desk', '']);
  });

  test('whole numbers beyond 32 bits', () => {
    const dir = temporaryFolder();
    const rows = requestColumns([
      { arrivalMs: 0, session: -1 },
      { arrivalMs: 0, session: 2 ** 53 - 1 },
      { arrivalMs: 0, session: 2 ** 32 },
    ]);
    const file = new RequestsFile(join(dir, 'requests.arrow'), plan, identity);
    file.flush(rows, 3);
    file.close();

    expect([...readRequests(dir).getChild('session')!]).toEqual([-1n, 9_007_199_254_740_991n, 4_294_967_296n]);
  });
});

function timelineRows() {
  const table = readTimeline(resultFolder());
  const column = (name: string) => columnValues(table, name);
  const rows = Array.from({ length: table.numRows }, (_, row) =>
    Object.fromEntries(Object.keys(RESULT_TABLES.timeline).map((name) => [name, column(name)[row]])),
  );
  return { rows, column };
}

test('timeline.arrow holds rates per second, shares of capacity, rent and the price of electricity', () => {
  const { rows, column } = timelineRows();
  const [first, second] = rows;

  expect(first).toMatchObject({ region: 'virginia', pool: 'desk', interval_s: 10, arrived_requests_per_s: 0.5 });
  expect(first).toMatchObject({
    busy_share: 8 / 20,
    prefill_share: 2 / 8,
    kv_use: 500 / 2000,
    price_usd_per_kwh: 0.0892,
  });
  expect(column('rent_usd')[0]).toBeCloseTo((2 * 4 * 2.25 * 10) / 3600, 12);
  expect(second).toMatchObject({
    region: 'oregon',
    pool: 'small',
    interval_s: 50,
    prompt_tokens_per_s: 1,
    output_tokens_per_s: 20,
  });
  expect(second).toMatchObject({
    busy_share: 0,
    prefill_share: 0,
    waiting_requests: 3,
    preemptions: 1,
    price_usd_per_kwh: 0.07,
  });
});

test('timeline.arrow holds the bytes that the links of prefill pools have moved', () => {
  const dir = temporaryFolder();
  const [desk, west, small] = plan.pools;
  const kvLink = { gbPerS: 50, latencyNs: 0, kvBytesPerToken: 327_680 };
  const apart = {
    ...plan,
    pools: [{ ...desk!, role: 'prefill' as const, kvLink }, { ...west!, role: 'decode' as const }, small!],
  };
  const file = new TimelineFile(join(dir, 'timeline.arrow'), apart, identity);
  const interval = { startNs: 0, endNs: 1e9 };
  file.flush(
    timelineColumns([
      { ...interval, pool: 0, kvTransferTokens: 3_000 },
      { ...interval, pool: 1 },
    ]),
    2,
  );
  file.close();

  expect(columnValues(readTimeline(dir), 'kv_transfer_bytes')).toEqual([983_040_000, 0]);
});

test('timeline.arrow holds the use of compute and memory bandwidth', () => {
  const { column } = timelineRows();

  expect(column('compute_use')).toEqual([0, 0]);
  expect(column('memory_bandwidth_use')[0]).toBe(0);
  expect(column('memory_bandwidth_use')[1]).toBeCloseTo((250 * 2e10) / (4e12 * 50), 12);
});

test('a summary is read back as it was written', () => {
  expect(readSummary(resultFolder())).toEqual(summary);
});

describe('the bytes', () => {
  test('are the same for the same rows, whatever was written before', () => {
    const first = resultFolder(3);
    resultFolder(2);
    const again = resultFolder(3);

    for (const table of Object.keys(RESULT_TABLES) as ResultTable[]) {
      expect(
        readFileSync(join(again, fileNameOf(table))).equals(readFileSync(join(first, fileNameOf(table)))),
        table,
      ).toBe(true);
    }
    expect(fingerprint(again)).toBe(fingerprint(first));
  });

  test('change the fingerprint when one of them changes', () => {
    const dir = resultFolder();
    const before = fingerprint(dir);
    const path = join(dir, 'timeline.arrow');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);

    expect(fingerprint(dir)).not.toBe(before);
  });

  test('have the fingerprint that sha256sum gives', () => {
    const dir = resultFolder();

    expect(execFileSync('sh', ['-c', 'sha256sum *.arrow | sha256sum'], { cwd: dir, encoding: 'utf8' })).toBe(
      `${fingerprint(dir)}  -\n`,
    );
  });
});

test('rows survive the reuse of the arrays they came in', async () => {
  const dir = temporaryFolder();
  const file = new RequestsFile(join(dir, 'requests.arrow'), plan, identity);
  const columns = new RequestColumns(RequestColumns.capacity);
  for (let batch = 0; batch < 3; batch++) {
    for (let row = 0; row < RequestColumns.capacity; row++)
      columns.request[row] = batch * RequestColumns.capacity + row;
    columns.outputTokens.fill(2);
    file.flush(columns, batch === 2 ? 7 : RequestColumns.capacity);
  }
  file.close();
  const rows = 2 * RequestColumns.capacity + 7;
  let read = 0;
  for await (const batch of readBatches(dir, 'requests')) {
    for (const value of batch.getChild('request')!) if (Number(value) === read) read++;
  }

  expect(read).toBe(rows);
  expect(
    pl
      .readIPC(readFileSync(join(dir, 'requests.arrow')))
      .getColumn('request')
      .sum(),
  ).toBe((rows * (rows - 1)) / 2);
});

describe('a file', () => {
  test('that is there already is left alone', () => {
    const dir = resultFolder();
    const { size } = statSync(join(dir, 'requests.arrow'));

    expect(() => new RequestsFile(join(dir, 'requests.arrow'), plan, identity)).toThrow('EEXIST');
    expect(statSync(join(dir, 'requests.arrow')).size).toBe(size);
  });

  test('takes no number that is not finite', () => {
    const bad = summary.map((entry) => ({ ...entry, value: NaN }));

    expect(() => writeSummary(temporaryFolder(), bad, identity)).toThrow('a result must be a finite number, got NaN');
  });
});

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { describe, expect, test } from 'vitest';
import { kvRows } from '../../src/cli/kv-rows.ts';
import { MooncakeIds } from '../../src/cli/mooncake-ids.ts';
import { GOOD, scenarioOf } from '../scenario/support.ts';
import { folderWith, folderWithTrace, newFolder, tokenfleet } from './program.ts';

const widest = (text: string) => Math.max(...text.split('\n').map((line) => Array.from(line).length));

function folderWithFile(name: string, ...lines: readonly string[]): string {
  const folder = newFolder();
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  return folder;
}

type Json = Readonly<Record<string, unknown>>;

/** All keys of a document but those of distributions, which are one row of the table. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null || 'p50' in value) return [];
  return Object.entries(value).flatMap(([key, inside]) => [key, ...keysOf(inside)]);
}

test('the KV that a fleet holds stands beside the sizes of caches, tiers included; what does not cache prefixes is left out', () => {
  const pool = scenarioOf(GOOD).pools[0]!;
  const tier = {
    capacityBlocks: 50_000,
    blockBytes: 1,
    readGBPerS: 1,
    writeGBPerS: 1,
    latencyNs: 0,
    maxWriteQueueNs: 0,
    idleNs: 0,
  };
  const kvTiers = [
    { ...tier, kind: 'dram', scope: 'instance' },
    { ...tier, kind: 'remote', scope: 'pool' },
  ] as const;
  const engine = { ...pool.engine, prefixCaching: true, kvBlocks: 10_000, blockTokens: 16 };

  expect(kvRows([{ ...pool, engine: { ...engine, prefixCaching: false } }])).toEqual([]);
  expect(kvRows([{ ...pool, engine: { ...engine, kvTiers } }])[1]).toBe(
    '  desk   8 × 160,000   dram 8 × 800,000   remote 800,000',
  );
});

const BAD_ROWS = Array.from({ length: 12 }, (_, k) => `${k},x,1`);

describe('workload describe', () => {
  test('of a scenario shows each workload, all together, and the load on its pools; nothing is simulated', () => {
    const folder = folderWith();
    const { exitCode, stdout, stderr } = tokenfleet(folder, 'workload', 'describe', 'tiny.yaml');

    expect({ exitCode, stderr, files: readdirSync(folder) }).toEqual({ exitCode: 0, stderr: '', files: ['tiny.yaml'] });
    expect(stdout.match(/^(questions|puzzles|all workloads|Offered load.*)$/gm)).toEqual([
      'questions',
      'puzzles',
      'all workloads',
      'Offered load, as estimated from means',
    ]);
    expect(widest(stdout)).toBeLessThanOrEqual(100);
  });

  test('of a trace shows exact counts', () => {
    const folder = folderWithFile(
      'log.csv',
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type',
      '10,ChatGPT,100,20,120,API log',
      '20,ChatGPT,300,40,340,API log',
      '30,ChatGPT,200,30,230,API log',
    );
    const { exitCode, stdout } = tokenfleet(folder, 'workload', 'describe', 'log.csv');

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}requests +3$/m);
    expect(stdout).toMatch(/^ {2}prompt tokens +200 +200 +300 +300 +300$/m);
    expect(stdout).toMatch(/^ {2}CV of gaps \(Poisson: 1\) +0\.00$/m);
  });

  test('as JSON has the keys that docs/cli.md lists, with the figures of the text', () => {
    const scenario = JSON.parse(tokenfleet(folderWith(), 'workload', 'describe', 'tiny.yaml', '--json').stdout) as Json;
    const folder = folderWithFile('log.csv', 'timestamp_s,input_tokens,output_tokens', '0,100,20', '10,300,40');
    const trace = JSON.parse(tokenfleet(folder, 'workload', 'describe', 'log.csv', '--json').stdout) as Json;
    const docs = readFileSync('docs/cli.md', 'utf8');
    const section = docs.slice(docs.indexOf('tokenfleet workload describe <file>'));
    const documented = new Set([...section.matchAll(/`([a-z][a-z_\d]*)(\[\])?`/g)].map(([, key]) => key!));

    expect([...keysOf(scenario), ...keysOf(trace)].filter((key) => !documented.has(key))).toEqual([]);
    expect(trace).toMatchObject({
      span_s: 15,
      offered_loads: [],
      all: { requests: 2, requests_per_s: 2 / 15, prompt_tokens: { mean: 200, max: 300 }, sessions: null, reuse: null },
    });
    expect((scenario['workloads'] as Json[]).map(({ name }) => name)).toEqual(['questions', 'puzzles']);
  });

  test('of prompts without times assumes one a second, and says so', () => {
    const folder = folderWithFile('prompts.jsonl', '{"prompt": "Why is the sky blue?", "output_tokens": 9}');
    const { exitCode, stderr } = tokenfleet(folder, 'workload', 'describe', 'prompts.jsonl');

    expect(exitCode).toBe(0);
    expect(stderr).toBe('warning: the file has no times; 1 request/s is assumed\n');
  });

  test('of recorded sessions assumes one an hour, and says so', () => {
    const row = (startS: number) => `[${startS}, 0, 100, 7, 1, ${startS}, "u", [1, 1]]`;
    const session = `{"id": 1, "block": 64, "tool": 10, "sys": 10, "r": [${row(0)}, ${row(20)}]}`;
    const folder = folderWithFile('sessions.jsonl', session, session);
    const { exitCode, stdout, stderr } = tokenfleet(folder, 'workload', 'describe', 'sessions.jsonl', '--json');

    expect(exitCode).toBe(0);
    expect(stderr).toBe('warning: the file does not say when its sessions begin; 1 an hour is assumed\n');
    expect(JSON.parse(stdout)).toMatchObject({ all: { requests: 4, sessions: { count: 2 } } });
  });

  test('of a malformed trace names ten lines and the remedy, which works', () => {
    const folder = folderWithFile('log.csv', 'timestamp_s,input_tokens,output_tokens', ...BAD_ROWS, '20,5,5');
    const refused = tokenfleet(folder, 'workload', 'describe', 'log.csv');
    const described = tokenfleet(folder, 'workload', 'describe', 'log.csv', '--skip-bad-rows');

    expect(refused.exitCode).toBe(2);
    expect(refused.stderr.match(/^log\.csv:\d+:\d+/gm)).toHaveLength(10);
    expect(refused.stderr).toContain('2 more lines are malformed');
    expect(refused.stderr).toContain('give --skip-bad-rows');
    expect(described.exitCode).toBe(0);
    expect(described.stderr).toBe('warning: 12 malformed rows are left out\n');
  });

  test('of a file that is not there says so', () => {
    const { exitCode, stderr } = tokenfleet(newFolder(), 'workload', 'describe', 'nothing.csv');

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^cannot read the trace nothing\.csv: ENOENT/);
  });
});

describe('workload sample', () => {
  test('writes CSV that the trace workload reads back: the same lengths in the same order', () => {
    const folder = folderWith();
    const { stdout } = tokenfleet(folder, 'workload', 'sample', 'tiny.yaml', '--out', 'requests.csv');
    const [header, ...rows] = readFileSync(join(folder, 'requests.csv'), 'utf8').trimEnd().split('\n');
    const described = tokenfleet(folder, 'workload', 'describe', 'requests.csv').stdout;
    const prompts = rows.map((row) => Number(row.split(',')[1]));

    expect(stdout).toBe(`${rows.length} requests: requests.csv\n`);
    expect(header).toBe('timestamp_s,input_tokens,output_tokens,reasoning_tokens,session_id,workload');
    expect(described).toMatch(new RegExp(`^  requests +${rows.length}$`, 'm'));
    expect(described).toContain(Math.max(...prompts).toLocaleString('en-US'));
    expect(existsSync(join(folder, 'requests.csv.partial'))).toBe(false);
  });

  test('writes the same requests as Arrow and as Mooncake’s JSON Lines', () => {
    const folder = folderWith();
    for (const name of ['r.csv', 'r.arrow', 'r.jsonl'])
      tokenfleet(folder, 'workload', 'sample', 'tiny.yaml', '--out', name);
    const csv = readFileSync(join(folder, 'r.csv'), 'utf8').trimEnd().split('\n').slice(1);
    const lines = readFileSync(join(folder, 'r.jsonl'), 'utf8').trimEnd().split('\n');
    const table = tableFromIPC(readFileSync(join(folder, 'r.arrow')));
    const lengths = csv.map((row) => row.split(',').slice(1, 3).map(Number));

    expect(Array.from(table.getChild('prompt_tokens'), Number)).toEqual(lengths.map(([prompt]) => prompt));
    expect(Array.from(table.getChild('output_tokens'), Number)).toEqual(lengths.map(([, output]) => output));
    lines.forEach((line, k) => {
      const [prompt, output] = lengths[k]!;
      const row: unknown = JSON.parse(line);
      expect(row).toMatchObject({ input_length: prompt, output_length: output });
    });
    expect(lines).toHaveLength(csv.length);
  });

  test('refuses a name that says nothing of the format, and a missing one', () => {
    const folder = folderWith();

    expect(tokenfleet(folder, 'workload', 'sample', 'tiny.yaml', '--out', 'requests.txt').stderr).toMatch(
      /should end in \.csv, \.jsonl \(Mooncake\) or \.arrow/,
    );
    expect(tokenfleet(folder, 'workload', 'sample', 'tiny.yaml').stderr).toMatch(/^Name the file to write/);
    expect(readdirSync(folder)).toEqual(['tiny.yaml']);
  });
});

test('equal ids of a Mooncake row stand for equal blocks and all before them', () => {
  const ids = new MooncakeIds();
  const prompt = (promptTokens: number, streams: number[], ends: number[]) =>
    ids.of({ workload: 0, promptTokens, streams, ends });

  // A template of 600 tokens, then a document each: the second block is already the document's.
  expect(prompt(1_600, [1, 2], [600, 1_600])).toEqual([0, 1, 2, 3]);
  expect(prompt(1_600, [1, 3], [600, 1_600])).toEqual([0, 4, 5, 6]);
  expect(prompt(1_700, [1, 2], [600, 1_600])).toEqual([0, 1, 2, 7]);
  expect(prompt(100, [], [])).toEqual([8]);
  expect(ids.of({ workload: 1, promptTokens: 512, streams: [1], ends: [512] })).toEqual([9]);
});

test('run refuses a malformed trace, and leaves its bad rows out when told to', () => {
  const folder = folderWithTrace('0,50,5', 'soon,50,5', '35,60,6');
  const scenario = readFileSync(join(folder, 'replay.yaml'), 'utf8').replace('azure-trace', 'trace');
  writeFileSync(join(folder, 'replay.yaml'), scenario);
  const refused = tokenfleet(folder, 'run', 'replay.yaml');
  const done = tokenfleet(folder, 'run', 'replay.yaml', '--skip-bad-rows', '--json');

  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('trace.csv:3:1');
  expect(done.exitCode).toBe(0);
  expect(done.stderr).toContain('warning: workload "log": 1 malformed rows of the trace are left out');
});

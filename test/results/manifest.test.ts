import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/results/fingerprint.ts';
import { MANIFEST_FILE, readManifest, writeManifest } from '../../src/results/manifest.ts';
import type { ManifestFacts } from '../../src/results/manifest.ts';
import { plan, temporaryFolder } from './fixtures.ts';

const facts: ManifestFacts = {
  tokenfleetVersion: '0.1.0',
  runId: 'abc123',
  plan,
  totals: {
    arrivedRequests: 5,
    servedRequests: 4,
    rejectedRequests: 1,
    events: 20,
    segments: 6,
    steps: 30,
    endNs: 112_500_000_000,
    completed: true,
  },
  tables: ['timeline', 'requests', 'summary'].map((table, rows) => {
    const bytes = `bytes of ${table}`;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { name: `${table}.arrow`, bytes: bytes.length, sha256, rows };
  }),
  offeredLoads: [{ pool: 'desk', model: 'llama-3.1-70b', requestsPerS: 12, capacityRequestsPerS: 10, load: 1.2 }],
  warnings: ['pool desk: offered load 1.20'],
  replayCommand: 'tokenfleet run scenarios/two-regions.yaml --seed 7',
  host: { nodeVersion: '20.19.0', wallS: 1.5 },
};

function folderWithTables(): string {
  const dir = temporaryFolder();
  for (const table of ['timeline', 'requests', 'summary'])
    writeFileSync(join(dir, `${table}.arrow`), `bytes of ${table}`);
  return dir;
}

test('a manifest says which files it describes, and with what fingerprint', () => {
  const dir = folderWithTables();
  const manifest = writeManifest(dir, facts);
  const sha256 = createHash('sha256').update('bytes of requests').digest('hex');

  expect(manifest.files.map(({ name, rows }) => [name, rows])).toEqual([
    ['requests.arrow', 1],
    ['summary.arrow', 2],
    ['timeline.arrow', 0],
  ]);
  expect(manifest.files[0]).toEqual({ name: 'requests.arrow', bytes: 17, sha256, rows: 1 });
  expect(manifest.fingerprint).toBe(fingerprint(dir));
});

test('it holds the whole plan, and is read back as it was written', () => {
  const dir = folderWithTables();
  const manifest = writeManifest(dir, facts);

  expect(readManifest(dir)).toEqual(manifest);
  expect(readManifest(dir).plan).toEqual(plan);
  expect(manifest.seed).toBe(7);
  expect(manifest.totals.end_s).toBe(112.5);
  expect(manifest.offered_loads).toEqual([
    { pool: 'desk', model: 'llama-3.1-70b', requests_per_s: 12, capacity_requests_per_s: 10, load: 1.2 },
  ]);
  expect(manifest.replay.command).toBe(facts.replayCommand);
});

test('two executions differ under host and nowhere else', () => {
  const { host: firstHost, ...first } = writeManifest(folderWithTables(), facts);
  const { host: secondHost, ...second } = writeManifest(folderWithTables(), {
    ...facts,
    host: { nodeVersion: '22.0.0', wallS: 2 },
  });

  expect(first).toEqual(second);
  expect(firstHost).not.toEqual(secondHost);
});

test('a manifest that is there already is left alone', () => {
  const dir = folderWithTables();
  writeManifest(dir, facts);
  const before = readFileSync(join(dir, MANIFEST_FILE), 'utf8');

  expect(() => writeManifest(dir, { ...facts, runId: 'other' })).toThrow('EEXIST');
  expect(readFileSync(join(dir, MANIFEST_FILE), 'utf8')).toBe(before);
});

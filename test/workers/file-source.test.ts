import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileSource, openPlanned } from '../../src/workers/file-source.ts';

const CONTENT = 'TIMESTAMP,ContextTokens,GeneratedTokens\n'.repeat(20_000);

function contentFile() {
  const path = join(mkdtempSync(join(tmpdir(), 'tokenfleet-')), 'trace.csv');
  writeFileSync(path, CONTENT);
  return { path, sha256: createHash('sha256').update(CONTENT).digest('hex') };
}

function readAll(source: FileSource): string {
  const chunk = new Uint8Array(1_000);
  let text = '';
  for (let bytes = source.read(chunk); bytes > 0; bytes = source.read(chunk)) {
    text += Buffer.from(chunk.subarray(0, bytes)).toString();
  }
  source.close();
  return text;
}

test('a file is read from its start to its end, in pieces of the reader’s choice', () => {
  expect(readAll(new FileSource(contentFile().path))).toBe(CONTENT);
});

test('a planned file is read from its start although its hash was checked before', () => {
  expect(readAll(openPlanned(contentFile()))).toBe(CONTENT);
});

test('a file that is not what was planned is refused', () => {
  const planned = contentFile();
  appendFileSync(planned.path, ' ');

  expect(() => openPlanned(planned)).toThrow(`${planned.path} has changed since the run was planned`);
});

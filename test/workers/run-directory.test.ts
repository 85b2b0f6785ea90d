import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  discard,
  publish,
  removeEmptyFolders,
  removeLeftovers,
  runDirectory,
} from '../../src/workers/run-directory.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'tokenfleet-'));

function staged(folder: string, content: string) {
  const directory = runDirectory(folder, 'abc');
  mkdirSync(directory.staging);
  writeFileSync(join(directory.staging, 'file'), content);
  return directory;
}

describe('a run reaches its folder whole', () => {
  test('published, it has left the staging folder', () => {
    const folder = newFolder();
    const directory = staged(folder, 'first');
    publish(directory);

    expect(readdirSync(folder)).toEqual(['abc']);
    expect(readFileSync(join(directory.final, 'file'), 'utf8')).toBe('first');
  });

  test('what another process has published stays', () => {
    const folder = newFolder();
    publish(staged(folder, 'first'));
    publish(staged(folder, 'second'));

    expect(readdirSync(folder)).toEqual(['abc']);
    expect(readFileSync(join(folder, 'abc', 'file'), 'utf8')).toBe('first');
  });

  test('discarded, nothing is left', () => {
    const folder = newFolder();
    discard(staged(folder, 'first'));

    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('leftovers of killed processes', () => {
  /** The staging folder of another process on this machine, as it would name it. */
  function stagedBy(folder: string, pid: number): string {
    const name = basename(runDirectory(folder, 'abc').staging).replace(`.${process.pid}.`, `.${pid}.`);
    mkdirSync(join(folder, name));
    return name;
  }

  test('go when the process is gone, and stay while it lives', () => {
    const folder = newFolder();
    const { pid: deadPid } = spawnSync(process.execPath, ['-e', '0']);
    stagedBy(folder, deadPid);
    const living = stagedBy(folder, process.ppid);
    removeLeftovers(folder);

    expect(readdirSync(folder)).toEqual([living]);
  });

  test('stay when they are of another machine or no staging folder at all', () => {
    const folder = newFolder();
    const names = ['.abc.another-host.1.tmp', '.hidden', 'abc'];
    for (const name of names) mkdirSync(join(folder, name));
    removeLeftovers(folder);

    expect(readdirSync(folder).sort()).toEqual(names.sort());
  });
});

describe('folders made for nothing', () => {
  test('go up to the outermost that was made', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'a/b/c'), { recursive: true });
    removeEmptyFolders(join(folder, 'a/b/c'), join(folder, 'a/b'));

    expect(existsSync(join(folder, 'a/b'))).toBe(false);
    expect(existsSync(join(folder, 'a'))).toBe(true);
  });

  test('stay from the first one that holds something', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(join(folder, 'a/file'), '');
    removeEmptyFolders(join(folder, 'a/b'), join(folder, 'a'));

    expect(readdirSync(join(folder, 'a'))).toEqual(['file']);
  });
});

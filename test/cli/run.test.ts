import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readManifest } from '../../src/results/manifest.ts';
import {
  exitOf,
  filesBelow,
  folderWith,
  folderWithTrace,
  newFolder,
  programUnder,
  start,
  tokenfleet,
} from './program.ts';

/** The parts of the JSON document that tests compare. */
const document = z.object({
  seeds: z.array(z.number()),
  runs: z.array(
    z.object({
      seed: z.number(),
      run_id: z.string(),
      fingerprint: z.string(),
      directory: z.string(),
      reused: z.boolean(),
    }),
  ),
  fleet: z.object({ figures: z.record(z.string(), z.number()), half_width_95: z.record(z.string(), z.number()) }),
});

function runAsJson(folder: string, ...given: string[]) {
  const words = given[0]?.endsWith('.yaml') ? given : ['tiny.yaml', ...given];
  const { exitCode, stdout, stderr } = tokenfleet(folder, 'run', '--json', ...words);
  expect(exitCode, stderr).toBe(0);
  return { stderr, ...document.parse(JSON.parse(stdout)) };
}

function arrowBytes(folder: string): Record<string, string> {
  const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  const files = filesBelow(folder).filter((path) => path.endsWith('.arrow'));
  return Object.fromEntries(files.map((path) => [path, hash(join(folder, path))]));
}

describe('a run', () => {
  test('leaves its five files for every seed, under the name of the scenario, and nothing else', () => {
    const folder = folderWith();
    const { runs } = runAsJson(folder);
    const files = ['cost.arrow', 'manifest.json', 'requests.arrow', 'summary.arrow', 'timeline.arrow'];
    const expected = runs.flatMap(({ run_id }) => [`tiny/${run_id}`, ...files.map((file) => `tiny/${run_id}/${file}`)]);

    expect(filesBelow(join(folder, 'results'))).toEqual(['tiny', ...expected].sort());
    expect(runs.map(({ directory }) => existsSync(join(folder, directory, 'requests.arrow')))).toEqual([true, true]);
  });

  test('gives the same bytes again, with one thread or two', () => {
    const folder = folderWith();
    const one = runAsJson(folder, '--out', 'one', '--workers', '1');
    const two = runAsJson(folder, '--out', 'two', '--workers', '2');

    expect(Object.keys(arrowBytes(join(folder, 'one')))).toHaveLength(8);
    expect(arrowBytes(join(folder, 'two'))).toEqual(arrowBytes(join(folder, 'one')));
    expect(two.runs.map(({ fingerprint }) => fingerprint)).toEqual(one.runs.map(({ fingerprint }) => fingerprint));
    expect(two.fleet).toEqual(one.fleet);
  });

  test('of another seed is another run with other requests', () => {
    const folder = folderWith();
    const { runs } = runAsJson(folder, '--seed', '7', '--seed', '8,9');

    expect(runs.map(({ seed }) => seed)).toEqual([7, 8, 9]);
    expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(3);
    expect(new Set(runs.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  test('has a spread with several seeds, and none with one', () => {
    const folder = folderWith();

    expect(runAsJson(folder).fleet.half_width_95['ttft_p50_ms']).toBeGreaterThan(0);
    expect(runAsJson(folder, '--seed', '1').fleet.half_width_95).toEqual({});
  });

  test('can be made from another folder: paths on the command line belong to where it is typed', () => {
    const folder = folderWith();
    const elsewhere = newFolder();
    const { exitCode } = tokenfleet(elsewhere, 'run', join(folder, 'tiny.yaml'), '--seed', '1', '--out', 'here');

    expect(exitCode).toBe(0);
    expect(readdirSync(join(elsewhere, 'here'))).toEqual(['tiny']);
    expect(readdirSync(folder)).toEqual(['tiny.yaml']);
  });

  test('replays what the manifest says it replays', () => {
    const folder = folderWith();
    const [first] = runAsJson(folder, '--seed', '2').runs;
    const { replay } = readManifest(join(folder, first!.directory));
    expect(replay.command).toBe('tokenfleet run tiny.yaml --seed 2');
    const [, ...words] = replay.command.split(' ');
    tokenfleet(folder, ...words, '--out', 'again');

    expect(arrowBytes(join(folder, 'again'))).toEqual(arrowBytes(join(folder, 'results')));
  });
});

describe('a replayed trace', () => {
  const rows = ['0.5,100,20', '1.5,2000,1', '1.5,30,40'];

  test('is every line of the file, wherever the file is', () => {
    const folder = folderWithTrace(...rows);
    const { runs } = runAsJson(folder, 'replay.yaml');
    const manifest = readManifest(join(folder, runs[0]!.directory));
    expect(manifest.totals.arrived_requests).toBe(rows.length);

    // Moving the file changes nothing, so there is nothing to simulate again.
    mkdirSync(join(folder, 'logs'));
    renameSync(join(folder, 'trace.csv'), join(folder, 'logs/moved.csv'));
    expect(runAsJson(folder, 'replay.yaml', '--trace', 'logs/moved.csv').runs).toEqual([{ ...runs[0], reused: true }]);
  });

  test('is another run when the file has changed', () => {
    const folder = folderWithTrace(...rows);
    const [before] = runAsJson(folder, 'replay.yaml').runs;
    appendFileSync(join(folder, 'trace.csv'), '2.5,10,10\n');
    const [after] = runAsJson(folder, 'replay.yaml').runs;

    expect(after!.run_id).not.toBe(before!.run_id);
    expect(readManifest(join(folder, after!.directory)).totals.arrived_requests).toBe(rows.length + 1);
  });
});

describe('a result that is there', () => {
  test('is read, not simulated again', () => {
    const folder = folderWith();
    const first = runAsJson(folder, '--seed', '1');
    const before = readFileSync(join(folder, first.runs[0]!.directory, 'manifest.json'), 'utf8');
    const second = runAsJson(folder, '--seed', '1');

    expect(first.runs.map(({ reused }) => reused)).toEqual([false]);
    expect(second.runs.map(({ reused }) => reused)).toEqual([true]);
    expect(second.stderr).toBe('this result was there already and not simulated again\n');
    expect(second.fleet).toEqual(first.fleet);
    // The manifest holds the wall-clock time of its run, so it would differ.
    expect(readFileSync(join(folder, second.runs[0]!.directory, 'manifest.json'), 'utf8')).toBe(before);
  });

  test('is completed by the seeds that are missing', () => {
    const folder = folderWith();
    runAsJson(folder, '--seed', '1');
    const { runs, stderr } = runAsJson(folder);

    expect(runs.map(({ reused }) => reused)).toEqual([true, false]);
    expect(stderr).toBe('1 of the 2 runs was there already and not simulated again\n');
  });

  test('but is not a finished run, is left alone', () => {
    const folder = folderWith();
    const { directory } = runAsJson(folder, '--seed', '1').runs[0]!;
    writeFileSync(join(folder, directory, 'manifest.json'), '{ "run_id": ');
    const { exitCode, stderr, stdout } = tokenfleet(folder, 'run', 'tiny.yaml', '--seed', '1');

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      `${directory} is no finished run, but is where its result belongs — move it away or delete it\n`,
    );
    expect(readFileSync(join(folder, directory, 'manifest.json'), 'utf8')).toBe('{ "run_id": ');
  });
});

describe('a run that cannot write', () => {
  test('on a full disk ends with 1, says why, and leaves nothing', () => {
    const folder = folderWith();
    // A limit on the size of files does to a run what a full disk does.
    const limited = `ulimit -f 20; trap '' XFSZ; exec "$0" "$@"`;
    const { exitCode, stderr, stdout } = programUnder(folder, ['sh', '-c', limited], 'run', 'tiny.yaml', '--seed', '5');

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe('the run with seed 5 failed: EFBIG: file too large, write\n');
    expect(readdirSync(folder)).toEqual(['tiny.yaml']);
  });

  test('says where, and what to do', () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'taken'), '');
    const { exitCode, stderr, stdout } = tokenfleet(folder, 'run', 'tiny.yaml', '--out', 'taken');

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`cannot write results to ${join(folder, 'taken', 'tiny')}`);
    expect(stderr).toContain('choose another folder with --out');
  });
});

describe('a run that is interrupted', () => {
  const long = () => folderWith({ name: 'long', horizon: '60d' });
  const scenarioFolder = (folder: string) => join(folder, 'results/long');
  const staged = (folder: string) =>
    existsSync(scenarioFolder(folder))
      ? readdirSync(scenarioFolder(folder)).filter((name) => name.endsWith('.tmp'))
      : [];
  const untilStaged = async (folder: string) => {
    await expect.poll(() => staged(folder), { timeout: 60_000 }).not.toEqual([]);
  };

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s leaves nothing, not even the folder it made, and ends with %i', async (signal, exitCode) => {
    const folder = long();
    const program = start(folder, 'run', 'long.yaml');
    const ended = exitOf(program);
    await untilStaged(folder);
    program.kill(signal);

    expect(await ended).toBe(exitCode);
    expect(readdirSync(folder)).toEqual(['long.yaml']);
  });

  test('leaves what was in the folder before', async () => {
    const folder = long();
    mkdirSync(join(scenarioFolder(folder), 'mine'), { recursive: true });
    const program = start(folder, 'run', 'long.yaml');
    const ended = exitOf(program);
    await untilStaged(folder);
    program.kill('SIGINT');
    await ended;

    expect(filesBelow(join(folder, 'results'))).toEqual(['long', 'long/mine']);
  });

  test('outright leaves a temporary folder that the next run removes', async () => {
    const folder = long();
    const program = start(folder, 'run', 'long.yaml', '--seed', '1');
    const ended = exitOf(program);
    await untilStaged(folder);
    program.kill('SIGKILL');
    await ended;
    expect(staged(folder)).toHaveLength(1);
    const short = readFileSync(join(folder, 'long.yaml'), 'utf8').replace('60d', '40s');
    writeFileSync(join(folder, 'long.yaml'), short);

    expect(tokenfleet(folder, 'run', 'long.yaml', '--seed', '1').exitCode).toBe(0);
    expect(readdirSync(scenarioFolder(folder))).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/)]);
  });
});

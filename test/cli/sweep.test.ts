import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pointsOfShard } from '../../src/cli/sweep.ts';
import { SUMMARY_COLUMNS } from '../../src/results/columns.ts';
import { readManifest } from '../../src/results/manifest.ts';
import { columnValues } from '../../src/results/read.ts';
import { Streams } from '../../src/sim/streams.ts';
import { tableFromIPC } from 'apache-arrow';
import { exitOf, filesBelow, folderWith, start, tokenfleet } from './program.ts';

const SWEEP = `sweep:
  regions[here].pools[small].instances: [1, 2, 3]
  routing.kind: [round-robin, least-outstanding]
`;
const POINTS = 6;
const SEEDS = 2;

function swept(folder: string, ...words: readonly string[]) {
  const { exitCode, stdout, stderr } = tokenfleet(folder, 'sweep', 'tiny.yaml', ...words);
  expect(exitCode, stderr).toBe(0);
  return { stdout, stderr };
}

/** SHA-256 of every Arrow file below a folder, by path. */
function arrowBytes(folder: string): Readonly<Record<string, string>> {
  const files = filesBelow(folder).filter((path) => path.endsWith('.arrow'));
  const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  return Object.fromEntries(files.map((path) => [path, hash(join(folder, path))]));
}

const runsIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{12}$/.test(name)) : [];

describe('a sweep', () => {
  const folder = folderWith({ more: SWEEP });
  const first = swept(folder, '--workers', '1');

  test('runs every point with every seed, and shows them', () => {
    expect(runsIn(join(folder, 'results/tiny'))).toHaveLength(POINTS * SEEDS);
    expect(first.stdout).toContain(`tiny: ${POINTS} points\n`);
    expect(first.stdout).toContain('results/tiny/sweep.arrow');
  });

  test('gives the same bytes with one worker and with two', () => {
    swept(folder, '--workers', '2', '--out', 'two');

    expect(arrowBytes(join(folder, 'two'))).toEqual(arrowBytes(join(folder, 'results')));
  });

  test('simulates nothing again', () => {
    expect(swept(folder).stderr).toContain('12 of the 12 runs were there already and are not simulated again\n');
  });

  test('leaves a table in long form: a row for every figure of every point, with what was set', () => {
    const table = tableFromIPC(readFileSync(join(folder, 'results/tiny/sweep.arrow')));
    const column = (name: string) => columnValues(table, name);
    const rows = column('point').map((point, row) => [
      point,
      column('regions[here].pools[small].instances')[row],
      column('routing.kind')[row],
      column('seeds')[row],
    ]);

    expect([...new Set(rows.map((row) => JSON.stringify(row)))].map((text) => JSON.parse(text) as unknown)).toEqual([
      [1, 1, 'round-robin', SEEDS],
      [2, 1, 'least-outstanding', SEEDS],
      [3, 2, 'round-robin', SEEDS],
      [4, 2, 'least-outstanding', SEEDS],
      [5, 3, 'round-robin', SEEDS],
      [6, 3, 'least-outstanding', SEEDS],
    ]);
  });

  test('whose rows have all that a summary says of a figure, the band of error, too', () => {
    const table = tableFromIPC(readFileSync(join(folder, 'results/tiny/sweep.arrow')));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(SUMMARY_COLUMNS)));
    const metrics = columnValues(table, 'metric');
    const bands = columnValues(table, 'band_80').filter((_, row) => metrics[row] === 'tpot');
    expect(bands.some((band) => typeof band === 'number' && band > 0)).toBe(true);

    const { points } = JSON.parse(swept(folder, '--json').stdout) as { points: { band_80: Record<string, number> }[] };
    expect(bands).toContain(points[0]!.band_80['tpot_mean_ms']);
  });

  test('marks points that nothing beats in cost and latency', () => {
    const { stdout } = swept(folder, '--json');
    const { points } = JSON.parse(stdout) as { points: { on_front: boolean; figures: Record<string, number> }[] };
    const of = (point: (typeof points)[number]) => {
      return [
        point.figures['blended_cost_fully_loaded_usd_per_million_tokens']!,
        point.figures['ttft_p99_ms']!,
      ] as const;
    };
    for (const point of points) {
      const [cost, latency] = of(point);
      const beaten = points.map(of).some(([c, l]) => c <= cost && l <= latency && (c < cost || l < latency));
      expect(point.on_front).toBe(!beaten);
    }
    expect(points.some(({ on_front: onFront }) => onFront)).toBe(true);
  });

  test('says in every manifest how to make that point alone', () => {
    const commands = runsIn(join(folder, 'results/tiny')).map(
      (run) => readManifest(join(folder, 'results/tiny', run)).replay.command,
    );
    expect([...new Set(commands)].sort()).toEqual(
      [1, 2, 3, 4, 5, 6].map((k) => `tokenfleet sweep tiny.yaml --shard ${k}/6`),
    );

    const { stdout } = swept(folder, '--shard', '4/6', '--out', 'one');
    expect(stdout).toContain('tokenfleet collect tiny.yaml --out one\n');
    expect(runsIn(join(folder, 'one/tiny'))).toHaveLength(SEEDS);
  });
});

describe('parts of a sweep', () => {
  test('are every point once, and differ in size by one at most', () => {
    const points = Array.from({ length: 23 }, (_, k) => k);
    for (const count of [1, 2, 5, 23, 30]) {
      const parts = Array.from({ length: count }, (_, k) => pointsOfShard(points, { index: k + 1, count }));
      expect(parts.flat().sort((a, b) => a - b)).toEqual(points);
      const sizes = parts.map((part) => part.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('collected are what one machine makes, and cannot be collected before', () => {
    const folder = folderWith({ more: SWEEP });
    swept(folder, '--out', 'whole');
    swept(folder, '--shard', '1/2');
    const early = tokenfleet(folder, 'collect', 'tiny.yaml');
    expect([early.exitCode, early.stdout]).toEqual([2, '']);
    expect(early.stderr).toContain('3 of the 6 points are not finished in results/tiny (points 2, 4, 6)');
    expect(existsSync(join(folder, 'results/tiny/sweep.arrow'))).toBe(false);

    swept(folder, '--shard', '2/2');
    expect(tokenfleet(folder, 'collect', 'tiny.yaml').exitCode).toBe(0);
    expect(arrowBytes(join(folder, 'results'))).toEqual(arrowBytes(join(folder, 'whole')));
  });

  test.each(['0/2', '3/2', '2', '1/0'])('%s is refused', (shard) => {
    const { exitCode, stderr } = tokenfleet(folderWith({ more: SWEEP }), 'sweep', 'tiny.yaml', '--shard', shard);

    expect([exitCode, stderr.startsWith('--shard')]).toEqual([2, true]);
  });
});

test(
  'a sweep killed ten times at random moments and resumed gives the same bytes as one that was not',
  { timeout: 600_000 },
  async () => {
    const more = SWEEP.replace('[1, 2, 3]', '{ from: 1, to: 8, step: 1 }');
    const folder = folderWith({ more, horizon: '60s' });
    const results = join(folder, 'results/tiny');
    const rng = new Streams(1).stream('kills');
    for (let kill = 0; kill < 10; kill++) {
      const before = runsIn(results).length;
      const program = start(folder, 'sweep', 'tiny.yaml', '--workers', '2');
      const ended = exitOf(program);
      // Either in the middle of a run, or when some more are finished.
      const more = Math.floor(3 * rng.uniform());
      const isTime = () =>
        more === 0
          ? existsSync(results) && readdirSync(results).some((name) => name.endsWith(`.${program.pid}.tmp`))
          : runsIn(results).length >= before + more;
      await expect.poll(isTime, { timeout: 60_000, interval: 1 }).toBe(true);
      program.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      for (const run of runsIn(results)) expect(readManifest(join(results, run)).totals.completed).toBe(true);
    }
    swept(folder);
    swept(folder, '--out', 'unbroken');

    expect(Object.keys(arrowBytes(results))).toHaveLength(16 * SEEDS * 4 + 1);
    expect(arrowBytes(results)).toEqual(arrowBytes(join(folder, 'unbroken/tiny')));
    expect(readdirSync(results).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  },
);

test('a path that does not exist is told with its place and a guess, and nothing is run', () => {
  const folder = folderWith({ more: SWEEP.replace('pools[small]', 'pools[smal]') });
  const { exitCode, stderr, stdout } = tokenfleet(folder, 'sweep', 'tiny.yaml');
  const line =
    readFileSync(join(folder, 'tiny.yaml'), 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('smal]')) + 1;

  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`tiny.yaml:${line}:3  sweep.`);
  expect(stderr).toContain('did you mean [small]?');
  expect(readdirSync(folder)).toEqual(['tiny.yaml']);
});

test('a scenario that sweeps nothing is refused', () => {
  const folder = folderWith();
  writeFileSync(join(folder, 'plain.yaml'), readFileSync(join(folder, 'tiny.yaml'), 'utf8'));

  expect(tokenfleet(folder, 'sweep', 'plain.yaml')).toMatchObject({ exitCode: 2, stdout: '' });
});

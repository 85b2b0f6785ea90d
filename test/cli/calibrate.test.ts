import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, newFolder, tokenfleet } from './program.ts';

const RESULTS = `concurrency,requests,prompt_tokens,output_tokens,ttft_mean_ms,tpot_mean_ms
1,8,256,32,22,8.1
8,32,256,32,40,8.9
16,64,256,32,52,9.4
4,16,2048,32,90,10.5
`;
const WORDS = ['calibrate', 'results.csv', '--accelerator', 'h100-sxm', '--model', 'llama-3.1-8b'];

function folderWithResults(text = RESULTS, folder = newFolder()): string {
  writeFileSync(join(folder, 'results.csv'), text);
  return folder;
}

interface Printed {
  readonly profile: string;
  readonly coefficients: readonly Readonly<Record<string, unknown>>[];
  readonly points: readonly Readonly<Record<string, number | string>>[];
}

describe('calibrate', () => {
  test('writes a profile that a scenario can name, closer to the points than the original', () => {
    const folder = folderWithResults(RESULTS, folderWith());
    const { exitCode, stdout, stderr } = tokenfleet(folder, ...WORDS, '--profile', 'ours.yaml', '--json');

    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const { profile, coefficients, points } = JSON.parse(stdout) as Printed;
    expect(profile).toBe('ours.yaml');
    expect(coefficients.map(({ coefficient }) => coefficient)).toEqual([
      'weight_reads',
      'kv_reads',
      'compute',
      'links',
      'layer_floor',
    ]);
    expect(points.map(({ point, metric }) => `${point} ${metric}`).slice(0, 3)).toEqual([
      'results.csv:2 ttft_mean_ms',
      'results.csv:2 tpot_mean_ms',
      'results.csv:3 ttft_mean_ms',
    ]);
    const mean = (key: string) => points.reduce((sum, row) => sum + Math.abs(Number(row[key])), 0) / points.length;
    expect(mean('error_pct')).toBeLessThan(mean('error_before_pct'));

    const scenario = readFileSync(join(folder, 'tiny.yaml'), 'utf8').replace(
      /accelerator: [a-z0-9-]+/,
      'accelerator: ours.yaml',
    );
    writeFileSync(join(folder, 'own.yaml'), scenario);
    expect(tokenfleet(folder, 'check', 'own.yaml').exitCode).toBe(0);
  });

  test('shows errors before, after and left out, and the file', () => {
    const { stdout } = tokenfleet(folderWithResults(), ...WORDS, '--profile', 'ours.yaml', '--workers', '1');

    expect(stdout).toMatch(/measured +before +after +left out/);
    expect(stdout).toMatch(/results\.csv:3: 8 users, 256 → 32 +ttft_mean_ms +40\.0/);
    expect(stdout).toMatch(/Profile: ours\.yaml/);
  });

  test.each<[string, string, readonly string[], RegExp]>([
    [
      'a row that is no measurement',
      RESULTS.replace('8.9', 'fast'),
      [],
      /^results\.csv:3 tpot_mean_ms: "fast" is no number above 0/,
    ],
    [
      'too few loads',
      RESULTS.split('\n').slice(0, 3).join('\n'),
      [],
      /^2 different loads are too few to calibrate with/,
    ],
    ['a number format that there is not', RESULTS, ['--weights', 'int3'], /^results\.csv:2: unknown number format/],
    ['an accelerator given twice', RESULTS, ['--accelerator', 'h200'], /^--accelerator is given more than once/],
  ])('%s is refused, and nothing is written', (_, text, more, message) => {
    const folder = folderWithResults(text);
    const { exitCode, stderr, stdout } = tokenfleet(folder, ...WORDS, '--profile', 'ours.yaml', ...more);

    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
    expect(existsSync(join(folder, 'ours.yaml'))).toBe(false);
  });

  test('a file that is there is not overwritten', () => {
    const folder = folderWithResults();
    writeFileSync(join(folder, 'ours.yaml'), 'mine');

    expect(tokenfleet(folder, ...WORDS, '--profile', 'ours.yaml').stderr).toMatch(/^ours\.yaml is there already/);
    expect(readFileSync(join(folder, 'ours.yaml'), 'utf8')).toBe('mine');
  });
});

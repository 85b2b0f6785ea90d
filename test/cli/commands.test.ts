import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { folderWith, newFolder, tokenfleet } from './program.ts';

const widest = (text: string) => Math.max(...text.split('\n').map((line) => Array.from(line).length));

describe('list', () => {
  const listed = tokenfleet(newFolder(), 'list');

  test('names everything in the catalogue', () => {
    const { accelerators, models, engines, workloads, routing, batching } = catalogue;
    const names = [
      ...accelerators,
      ...models,
      ...engines,
      ...[...workloads, ...routing, ...batching].map(({ name }) => name),
      ...[...catalogue.prices.sites, ...catalogue.prices.shapes, ...catalogue.prices.listPrices].map(
        ({ name }) => name,
      ),
    ];
    const words = new Set(listed.stdout.split(/[\s:,]+/));

    expect(names.filter((name) => !words.has(name))).toEqual([]);
    expect(listed.exitCode).toBe(0);
  });

  test('shows one topic when asked for it', () => {
    const { stdout } = tokenfleet(newFolder(), 'list', 'routing');

    expect(listed.stdout).toContain(stdout.trimEnd());
    expect(stdout).not.toContain('h100-sxm');
  });

  test('shows every number of an accelerator with its source and grade', () => {
    const { stdout } = tokenfleet(newFolder(), 'list', 'accelerators', '--sources');
    const entries = catalogue.accelerators.flatMap((name) => {
      const { sources, siteSources } = catalogue.accelerator(name);
      return [...sources, ...siteSources];
    });
    const text = stdout.replaceAll(/\s+/g, ' ');
    const missing = entries.filter(
      ({ path, grade, source }) =>
        !text.includes(` ${path}: `) || !text.includes(`(${grade}) ${source.replaceAll(/\s+/g, ' ')}`),
    );

    expect(entries.length).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  test('shows what every accelerator rents for, with its source', () => {
    const text = tokenfleet(newFolder(), 'list', 'prices', '--sources').stdout.replaceAll(/\s+/g, ' ');
    const { rents } = catalogue.prices;
    const missing = rents.filter(
      ({ accelerator, usdPerAcceleratorHour, grade, source }) =>
        !text.includes(` ${accelerator}: ${usdPerAcceleratorHour} USD/h, `) || !text.includes(`(${grade}) ${source}`),
    );

    expect(rents.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });

  test('stays within 100 columns', () => {
    expect(widest(listed.stdout)).toBeLessThanOrEqual(100);
    expect(widest(tokenfleet(newFolder(), 'list', '--sources').stdout)).toBeLessThanOrEqual(100);
  });
});

describe('check', () => {
  test('shows the plan and simulates nothing', () => {
    const folder = folderWith();
    const { exitCode, stdout, stderr } = tokenfleet(folder, 'check', 'tiny.yaml');

    expect({ exitCode, stderr, files: readdirSync(folder) }).toEqual({ exitCode: 0, stderr: '', files: ['tiny.yaml'] });
    expect(stdout).toContain('tiny: valid. Seeds 1, 2.');
    expect(widest(stdout)).toBeLessThanOrEqual(100);
  });

  test('warns of more work than the pool can do', () => {
    const folder = folderWith();
    const scenario = join(folder, 'tiny.yaml');
    writeFileSync(scenario, readFileSync(scenario, 'utf8').replace('requestsPerS: 4', 'requestsPerS: 400'));
    const { exitCode, stderr } = tokenfleet(folder, 'check', 'tiny.yaml');

    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^warning: pool "small" is overloaded: offered load ρ = \d/);
  });
});

describe('help', () => {
  test('names every command, and ends well', () => {
    const { exitCode, stdout } = tokenfleet(newFolder(), '--help');

    expect(exitCode).toBe(0);
    for (const command of ['run <scenario>', 'check <scenario>', 'list [topic]']) expect(stdout).toContain(command);
  });

  test('--version is that of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

    expect(tokenfleet(newFolder(), '--version').stdout).toBe(`${version}\n`);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, tokenfleet } from './program.ts';

const RIGHT = `policies:
  base: {}
  shortest: { routing.kind: least-outstanding }
sweep:
  regions[here].pools[small].instances: [1, 2, 3]
`;

describe('check reads every variant', () => {
  test('and says which there are', () => {
    const { exitCode, stdout } = tokenfleet(folderWith({ more: RIGHT }), 'check', 'tiny.yaml');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('\nPolicies, all valid\n  base, shortest\n');
    expect(stdout).toContain('\nSweep\n  3 points, all valid: 6 runs\n');
  });

  test('and tells what is wrong with any policy or point, where it is written', () => {
    const more = RIGHT.replace('least-outstanding', 'least-outstandig').replace('[1, 2, 3]', '[1, -2, 3]');
    const folder = folderWith({ more });
    const { exitCode, stdout, stderr } = tokenfleet(folder, 'check', 'tiny.yaml');
    const lines = readFileSync(join(folder, 'tiny.yaml'), 'utf8').split('\n');
    const place = (text: string) => {
      const line = lines.findIndex((each) => each.includes(text));
      return `tiny.yaml:${line + 1}:${lines[line]!.indexOf(text) + 1}`;
    };

    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${place('least-outstandig')}  policies.shortest: routing.kind\n`);
    expect(stderr).toContain('did you mean "least-outstanding"?');
    expect(stderr).toContain(`${place('-2')}  sweep: regions[0].pools[0].instances\n`);
    expect(stderr).toContain('2 problems; nothing was simulated.');
  });

  test('and warns of the variants that are overloaded when the scenario is not', () => {
    const more = `policies:\n  base: {}\n  busy: { 'workloads[questions].requestsPerS': 4000 }\n`;
    const { exitCode, stderr } = tokenfleet(folderWith({ more }), 'check', 'tiny.yaml');

    expect([exitCode, stderr.split('\n').length]).toEqual([0, 2]);
    expect(stderr).toMatch(/^warning: busy: pool "small" is overloaded/);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The program as users start it: the built one. */
const PROGRAM = resolve('bin/tokenfleet.js');

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command to its end in a folder. */
export function tokenfleet(folder: string, ...words: readonly string[]): Ended {
  return programUnder(folder, [], ...words);
}

/** The same, started by another program with arguments of its own. */
export function programUnder(folder: string, starter: readonly string[], ...words: readonly string[]): Ended {
  const [command, ...rest] = [...starter, process.execPath, PROGRAM, ...words];
  const { status, stdout, stderr } = spawnSync(command!, rest, { cwd: folder, encoding: 'utf8' });
  return { exitCode: status, stdout, stderr };
}

export function start(folder: string, ...words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...words], { cwd: folder, stdio: 'ignore' });
}

export function exitOf(program: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((ended) => program.once('exit', (code, signal) => ended(code ?? signal)));
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'tokenfleet-cli-'));

/** Everything below a folder, as sorted paths. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** A folder with a scenario of one small pool: 40 s and two seeds unless told otherwise. */
export function folderWith({ name = 'tiny', horizon = '40s', more = '' } = {}): string {
  const folder = newFolder();
  writeFileSync(join(folder, `${name}.yaml`), tinyScenario(name, horizon) + more);
  return folder;
}

/** A folder with a scenario that replays `trace.csv` beside it, which holds these rows. */
export function folderWithTrace(...rows: readonly string[]): string {
  const folder = newFolder();
  const scenario = tinyScenario('replay', '40s')
    .replace(
      /workloads:[^]*/,
      'workloads:\n  - { name: log, kind: azure-trace, model: llama-3.1-8b, file: trace.csv }\n',
    )
    .replace('seeds: [1, 2]', 'seeds: [1]');
  writeFileSync(join(folder, 'replay.yaml'), scenario);
  writeFileSync(join(folder, 'trace.csv'), ['timestamp_s,input_tokens,output_tokens', ...rows, ''].join('\n'));
  return folder;
}

const tinyScenario = (name: string, horizon: string) => `name: ${name}
start: 2026-06-01T08:00Z
horizon: ${horizon}
warmUp: 10s
seeds: [1, 2]
regions:
  - name: here
    electricityUsdPerKWh: 0.1
    pue: 1.2
    pools:
      - { name: small, accelerator: l40s, model: llama-3.1-8b, instances: 2 }
workloads:
  - { name: questions, kind: chat, model: llama-3.1-8b, requestsPerS: 4 }
  - { name: puzzles, kind: reasoning, model: llama-3.1-8b, requestsPerS: 0.5 }
slos:
  - { class: quick, match: { workload: questions }, ttftMs: { p50: 200, p99.9: 2000 }, tpotMs: { p95: 60 } }
  - { class: patient, match: { workload: puzzles }, e2eMs: { p90: 60000 } }
`;

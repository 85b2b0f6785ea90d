import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { folderWith, folderWithTrace, tokenfleet } from './program.ts';

/** What a command says that is refused: on stderr, with exit code 2 and nothing written. */
function refusal(folder: string, ...words: string[]): string {
  const before = readdirSync(folder);
  const { exitCode, stdout, stderr } = tokenfleet(folder, ...words);
  expect({ exitCode, stdout, files: readdirSync(folder) }).toEqual({ exitCode: 2, stdout: '', files: before });
  return stderr;
}

describe('a command line that is wrong', () => {
  const folder = folderWith();

  test.each([
    [['run', 'tiny.yaml', '--seed', 'abc'], '--seed abc: a seed is a whole number, such as 7'],
    [['run', 'tiny.yaml', '--seed', '1.5'], '--seed 1.5: a seed is a whole number, such as 7'],
    [['run', 'tiny.yaml', '--seed=-1'], '--seed -1: a seed is a whole number, such as 7'],
    [['run', 'tiny.yaml', '--seed', '1,2,'], '--seed : a seed is a whole number, such as 7'],
    [['run', 'tiny.yaml', '--seed', '4', '--seed', '4'], '--seed: every seed once'],
    [['run', 'tiny.yaml', '--seed'], '--seed needs a value.'],
    [['run', 'tiny.yaml', '--out'], '--out needs a value.'],
    [['run', 'tiny.yaml', '--out', 'a', '--out', 'b'], '--out is given more than once'],
    [['run', 'tiny.yaml', '--workers', '0'], '--workers 0: a number of threads, at least 1'],
    [['run', 'tiny.yaml', '--workers', 'many'], '--workers many: a number of threads, at least 1'],
    [['run', 'tiny.yaml', '--sed', '1'], 'Unknown option or argument: sed'],
    [['run', 'tiny.yaml', 'other.yaml'], 'Unknown option or argument: other.yaml'],
    [['run'], 'Name the scenario file.'],
    [['rum', 'tiny.yaml'], 'Unknown command. Did you mean `run`?'],
    [['frobnicate'], 'Unknown option or argument: frobnicate'],
    [[], 'Name a command: run, compare, sweep, collect, check, workload, power, list, validate or calibrate.'],
  ])('%j', (words, message) => {
    const hint = 'Run `tokenfleet --help` to see the commands and their options.';

    expect(refusal(folder, ...words)).toBe(`${message}\n\n${hint}\n`);
  });

  test('a topic that cannot be listed is answered with those that can', () => {
    expect(refusal(folder, 'list', 'gpus')).toContain(
      '"gpus", Choices: "accelerators", "models", "engines", "workloads", "routing"',
    );
  });
});

describe('a scenario that is wrong', () => {
  test('has its problems told all at once, by both commands', () => {
    const folder = folderWith({ more: 'routing: { kind: round-robbin }\nhorizont: 5\n' });

    expect(refusal(folder, 'run', 'tiny.yaml')).toMatchInlineSnapshot(`
      "tiny.yaml:18:18  routing.kind
          unknown router "round-robbin" — did you mean "round-robin"? known: bounded-load, cost-aware, energy-aware, least-kv, least-outstanding, power-of-d, power-of-two, prefix-aware, random, round-robin, session-sticky, slo-aware, weighted
      tiny.yaml:19:1  horizont
          unknown key \`horizont\` — did you mean \`horizon\`?

      2 problems; nothing was simulated.
      "
    `);
    expect(refusal(folder, 'check', 'tiny.yaml')).toBe(refusal(folder, 'run', 'tiny.yaml'));
  });

  test('is not there', () => {
    expect(refusal(folderWith(), 'run', 'tinny.yaml')).toBe(
      'cannot read the scenario tinny.yaml: there is no such file\n',
    );
    expect(refusal(folderWith(), 'check', '.')).toBe('cannot read the scenario .: it is a folder\n');
  });

  test('has no trace to replace', () => {
    expect(refusal(folderWith(), 'run', 'tiny.yaml', '--trace', 'trace.csv')).toMatchInlineSnapshot(`
      "tiny.yaml  workloads
          --trace is given, but no workload replays a trace — add a workload of kind azure-trace, or leave --trace out

      1 problem; nothing was simulated.
      "
    `);
  });

  test('names a trace with bad lines: each is told with its place', () => {
    const folder = folderWithTrace('0.5,100,20', '1.5,100,none', '0.7,100,20');

    expect(refusal(folder, 'run', 'replay.yaml')).toMatchInlineSnapshot(`
      "trace.csv:3:9
          output_tokens "none" is not a whole number of tokens, at least 1
      trace.csv:4:1
          time goes back: "0.7" follows "1.5"

      2 problems; nothing was simulated.
      "
    `);
  });

  test('names a trace that is not there', () => {
    const folder = folderWithTrace('0.5,100,20');

    expect(refusal(folder, 'run', 'replay.yaml', '--trace', 'log.csv')).toMatchInlineSnapshot(`
      "log.csv  --trace
          there is no trace at log.csv — a path in a scenario is relative to it, a path after --trace to where you are

      1 problem; nothing was simulated.
      "
    `);
  });
});

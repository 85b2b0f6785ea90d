import { describe, expect, test } from 'vitest';
import { withPaths } from '../../src/validation/merge.ts';
import { casesOf, changed, problemsOf, SMALL } from './cases.ts';

describe('settings', () => {
  const [a, b, c] = casesOf(SMALL);

  test('are inherited from file and group, key by key', () => {
    expect(a!.engine).toEqual({ kind: 'vllm', maxNumSeqs: 8 });
    expect(b!.windowS).toEqual([0, 1]);
    expect(c).toMatchObject({ suite: 'small', model: 'llama-3.1-8b', exclude: 'measured twice' });
    expect(c!.layout).toEqual({ tensorParallel: 2 });
  });

  test('of a case win over those of its group, and lists are replaced as a whole', () => {
    const [first] = casesOf(
      changed([
        '{ id: a, measured: { tpotMeanMs: 7 } }',
        '{ id: a, engine: { maxNumSeqs: 4 }, workload: { stages: [{ requests: 5 }] }, measured: { tpotMeanMs: 7 } }',
      ]),
    );

    expect(first!.engine).toEqual({ kind: 'vllm', maxNumSeqs: 4 });
    expect(first!.workload).toMatchObject({ stages: [{ requests: 5 }], concurrency: 4 });
  });

  test('null in a table leaves a setting to what is inherited', () => {
    expect(withPaths(['id', 'engine.kind', 'engine.maxNumSeqs'], ['x', null, 3])).toEqual({
      id: 'x',
      engine: { maxNumSeqs: 3 },
    });
  });
});

describe('problems have a place', () => {
  test.each([
    [changed(['suite: small\n', '']), '1:1 `suite` is missing'],
    [changed(['about: for tests', 'abuot: for tests']), '2:1 unknown key `abuot`'],
    [changed(['  model: llama-3.1-8b\n', '']), '10:9 `model` is missing'],
    [changed(['tpotMeanMs: 7', 'tpotMs: 7']), '11:30 unknown key `tpotMs`'],
    [changed(['tpotMeanMs: 7', 'tpotMeanMs: -7']), '11:42 must be above 0, found -7'],
    [changed(['id: b', 'id: a']), '12:9 the suite "small" has a case "a" already'],
    [changed(['[c, 2, 5]', '[c, 2]']), '16:9 has 2 values, and there are 3 columns'],
    [
      changed(['tensorParallel, m', 'tensorParallel, windows, m'], ['[c, 2, 5]', '[c, 2, 1, 5]']),
      '16:9 unknown key `windows`',
    ],
    [changed(['about: for tests', 'suite: for tests']), '2:1 the key `suite` is written twice'],
  ])('in a file that is wrong in one place (%#)', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parse } from 'yaml';
import { catalogue } from '../../src/catalogue.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { renderProblems } from '../../src/scenario/problem.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { filesOf, GOOD } from './support.ts';

/** Whatever is read, it is either a scenario that can be planned or a list of problems that have a place. */
function expectAnAnswer(text: string): void {
  const reading = readScenario(text, 'fuzz.yaml', catalogue);
  if (reading.ok) {
    planRuns(reading.scenario, catalogue, { files: filesOf({}) });
    return;
  }
  expect(reading.problems.length).toBeGreaterThan(0);
  expect(renderProblems(reading.problems)).toMatch(/^fuzz\.yaml:\d+:\d+/);
}

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    'llama-3.1-70b',
    'h100-sxm',
    '15min',
    '-1',
    0,
    -1,
    1.5,
    1e308,
    NaN,
    -Infinity,
    null,
    [],
    {},
    '__proto__',
  ),
);

/** Every path of a plain value, so that fuzzing reaches every key. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function withValueAt(container: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = structuredClone(container) as Record<string, unknown>;
  copy[key] = withValueAt(copy[key], rest, value);
  return copy;
}

const good: unknown = parse(GOOD);
const anyPath = fc.constantFrom(...pathsOf(good));

describe('no text makes the reader throw', () => {
  test('any JSON', () => {
    fc.assert(fc.property(fc.json(), expectAnAnswer));
  });

  test('any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectAnAnswer));
  });

  test('a good scenario with two values replaced', () => {
    fc.assert(
      fc.property(anyPath, anyValue, anyPath, anyValue, (path, value, otherPath, otherValue) => {
        const once = withValueAt(good, path, value);
        const reachable = pathsOf(once).some((each) => each.join('.') === otherPath.join('.'));
        expectAnAnswer(stringify(reachable ? withValueAt(once, otherPath, otherValue) : once));
      }),
      { numRuns: 300 },
    );
  });

  test('a good scenario with a key of any name added anywhere', () => {
    fc.assert(
      fc.property(
        anyPath,
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')),
        anyValue,
        (path, key, value) => {
          expectAnAnswer(stringify(withValueAt(good, path, { [key]: value })));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a good scenario with a piece cut out', () => {
    fc.assert(
      fc.property(fc.nat(GOOD.length), fc.nat(40), (at, length) => {
        expectAnAnswer(GOOD.slice(0, at) + GOOD.slice(at + length));
      }),
      { numRuns: 300 },
    );
  });
});

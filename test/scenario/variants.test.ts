import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { renderProblems } from '../../src/scenario/problem.ts';
import type { VariantsReading } from '../../src/scenario/variants.ts';
import { readPolicies, readSweep } from '../../src/scenario/variants.ts';
import { GOOD, changed, filesOf, scenarioOf } from './support.ts';

type Read = typeof readSweep;
const read = (reader: Read, block: string, text = GOOD) => reader(text + block, 'desk.yaml', catalogue, filesOf({}));

function told(reading: VariantsReading): string {
  return reading.ok ? 'no problem' : renderProblems(reading.problems);
}

function variantsOf(reading: VariantsReading) {
  if (!reading.ok) throw new Error(renderProblems(reading.problems));
  return reading.variants;
}

describe('a policy is the scenario', () => {
  test('with its changes made, and nothing else changed', () => {
    const policies =
      'policies:\n  spread: { routing.kind: round-robin }\n  shortest: { routing: { kind: least-outstanding } }\n';
    const [spread, shortest] = variantsOf(read(readPolicies, policies));

    expect([spread!.name, shortest!.name]).toEqual(['spread', 'shortest']);
    expect(spread!.scenario).toEqual(scenarioOf(`${GOOD}routing: { kind: round-robin }\n`));
    expect(shortest!.scenario).toEqual(scenarioOf(`${GOOD}routing: { kind: least-outstanding }\n`));
  });

  test('whose parts are found by number or by name, and made where they are not written', () => {
    const paths = [
      ['regions[0].pools[0].instances', '9', 'instances: 8', 'instances: 9'],
      ['regions[virginia].pools[desk].instances', '9', 'instances: 8', 'instances: 9'],
      ['slos[interactive].ttftMs.p95', '400', 'p95: 500', 'p95: 400'],
      ['templates[h100-70b].engine.maxNumSeqs', '64', '4 } }', '4 }, engine: { maxNumSeqs: 64 } }'],
      ['templates.h100-70b.layout.tensorParallel', '8', 'tensorParallel: 4', 'tensorParallel: 8'],
    ] as const;
    for (const [path, value, from, to] of paths) {
      const [variant] = variantsOf(read(readPolicies, `policies:\n  other: { '${path}': ${value} }\n`));
      expect(variant!.scenario, path).toEqual(scenarioOf(changed([from, to])));
    }
  });
});

test('a scenario without policies has none; without a sweep it cannot be swept', () => {
  expect(variantsOf(read(readPolicies, ''))).toEqual([]);
  expect(told(read(readSweep, ''))).toMatchInlineSnapshot(`
    "desk.yaml  sweep
        the scenario sweeps nothing — add sweep: with paths and their values, such as routing.kind: [random, round-robin]

    1 problem; nothing was simulated."
  `);
});

test('a point of a sweep is the scenario with its values, numbered from 1', () => {
  const sweep =
    'sweep:\n  routing.kind: [round-robin, least-outstanding]\n  regions[0].pools[desk].instances: [4, 6]\n';
  const points = variantsOf(read(readSweep, sweep));

  expect(points.map(({ name, scenario }) => [name, scenario.routing.kind, scenario.pools[0]!.instances])).toEqual([
    ['1', 'round-robin', 4],
    ['2', 'round-robin', 6],
    ['3', 'least-outstanding', 4],
    ['4', 'least-outstanding', 6],
  ]);
  expect(points[1]!.settings.map(({ path, value }) => [path, value])).toEqual([
    ['routing.kind', 'round-robin'],
    ['regions[0].pools[desk].instances', 6],
  ]);
});

test('neither block changes the plan of the scenario itself', () => {
  const plain = scenarioOf(GOOD);
  const { sweep, policies, ...rest } = scenarioOf(
    `${GOOD}sweep: { horizon: [1min] }\npolicies:\n  short: { horizon: 1min }\n`,
  );

  expect(rest).toEqual(plain);
  expect([sweep, policies]).not.toContain(undefined);
});

describe('what is wrong is said where it is written', () => {
  const sweeping = (line: string) => told(read(readSweep, `sweep:\n  ${line}\n`));

  test('a key that does not exist', () => {
    expect(sweeping('templates[h100-70b].engine.maxNumSeq: [64, 128]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep: templates.h100-70b.engine.maxNumSeq
          unknown key \`maxNumSeq\` — did you mean \`maxNumSeqs\`?

      1 problem; nothing was simulated."
    `);
  });

  test('a pool, a template, a list entry that does not exist', () => {
    expect(sweeping('regions[0].pools[dsek].instances: [4]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep.regions[0].pools[dsek].instances
          \`regions[0].pools\` has no "dsek" — did you mean [desk]? there are: desk

      1 problem; nothing was simulated."
    `);
    expect(sweeping('templates.h100-7b.weights: [fp8]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep.templates.h100-7b.weights
          \`templates\` has no "h100-7b" — did you mean [h100-70b]? there are: h100-70b

      1 problem; nothing was simulated."
    `);
    expect(sweeping('workloads[1].requestsPerS: [4]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep.workloads[1].requestsPerS
          \`workloads\` has no "1" — there are: support

      1 problem; nothing was simulated."
    `);
  });

  test('a value that cannot be, at the value', () => {
    expect(sweeping('routing.kind: [round-robin, power-of-tow]')).toMatchInlineSnapshot(`
      "desk.yaml:17:31  sweep: routing.kind
          unknown router "power-of-tow" — did you mean "power-of-two"? known: bounded-load, cost-aware, energy-aware, least-kv, least-outstanding, power-of-d, power-of-two, prefix-aware, random, round-robin, session-sticky, slo-aware, weighted

      1 problem; nothing was simulated."
    `);
    expect(sweeping('regions[0].pools[0].instances: { from: 1.5, to: 3.5, step: 1 }')).toMatchInlineSnapshot(`
      "desk.yaml:17:34  sweep: regions[0].pools[0].instances
          expected a whole number, found 1.5
      desk.yaml:17:34  sweep: regions[0].pools[0].instances
          expected a whole number, found 2.5
      desk.yaml:17:34  sweep: regions[0].pools[0].instances
          expected a whole number, found 3.5

      3 problems; nothing was simulated."
    `);
  });

  test('a value inside a changed part', () => {
    const policies = 'policies:\n  odd:\n    routing: { kind: round-robin, weight: 3 }\n';
    expect(told(read(readPolicies, policies))).toMatchInlineSnapshot(`
      "desk.yaml:18:35  policies.odd: routing.weight
          unknown key \`weight\` — known keys: kind

      1 problem; nothing was simulated."
    `);
  });

  test('what a change makes wrong elsewhere, with the change', () => {
    expect(sweeping('horizon: [15min, 1min]')).toMatchInlineSnapshot(`"no problem"`);
    const warm = changed(['horizon: 15min', 'horizon: 15min\nwarmUp: 5min']);
    expect(told(read(readSweep, 'sweep:\n  horizon: [15min, 1min]\n', warm))).toMatchInlineSnapshot(`
      "desk.yaml:4:9  warmUp
          the warm-up leaves nothing to measure (with horizon: "1min") — make it shorter than the horizon

      1 problem; nothing was simulated."
    `);
  });

  test('what must not change, and what is no path', () => {
    expect(sweeping('seeds: [[1], [2]]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep.seeds
          \`seeds\` cannot be changed here — all variants have the same seeds

      1 problem; nothing was simulated."
    `);
    expect(sweeping('"regions[0": [1]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep.regions[0
          \`regions[0\` is not a path — write it such as routing.kind or regions[0].pools[desk].instances

      1 problem; nothing was simulated."
    `);
    expect(sweeping('name.first: [a]')).toMatchInlineSnapshot(`
      "desk.yaml:17:3  sweep.name.first
          \`name\` cannot be changed here — the scenario keeps its name

      1 problem; nothing was simulated."
    `);
  });

  test.each([
    ['a: 3', '17:6  sweep.a', 'is no axis — write a list of values, or { from: 4, to: 12, step: 2 }'],
    [
      'kind: sobool',
      '17:9  sweep.kind',
      'unknown kind of sweep "sobool" — did you mean "sobol"? known: grid, latin-hypercube, list, sobol',
    ],
    [
      'kind: sobol\n  horizon: [1min, 2min]',
      '17:3  sweep',
      'a sobol sample needs its number of points — add points: 64',
    ],
    [
      'points: 8\n  horizon: [1min]',
      '17:11  sweep.points',
      'a grid has the points that its axes give — leave points out',
    ],
    [
      'points: 8',
      '17:3  sweep',
      'sweeps nothing — name a path and its values, such as routing.kind: [random, round-robin]',
    ],
    [
      'kind: list\n  horizon: [1min, 2min]\n  routing.kind: [random]',
      '19:17  sweep.routing.kind',
      'values: 1, where `horizon` has 2 — a list takes one of each at a time',
    ],
    [
      'horizon: { from: 4, to: 2, step: 1 }',
      '17:12  sweep.horizon',
      'the range from 4 to 2 is empty — write the smaller one first',
    ],
    [
      'horizon: { from: 1, to: 2 }',
      '17:12  sweep.horizon',
      'a grid needs to know which values of the range — add step or count',
    ],
    [
      'kind: sobol\n  points: 4\n  horizon: { from: 1, to: 2, step: 1 }',
      '19:12  sweep.horizon',
      'a sobol sample takes any value of the range — leave step and count out',
    ],
  ])('%s', (line, place, sentence) => {
    expect(sweeping(line)).toContain(`desk.yaml:${place}\n    ${sentence}\n`);
  });
});

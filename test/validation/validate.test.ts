import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { NO_FILES } from '../../src/scenario/files.ts';
import { compileCase } from '../../src/validation/compile-case.ts';
import { readCases } from '../../src/validation/read-cases.ts';
import { prepare } from '../../src/validation/validate.ts';
import { FileSource } from '../../src/workers/file-source.ts';
import { measureRun } from '../../src/workers/measure-run.ts';
import type { MeasuredRun } from '../../src/workers/measure-pool.ts';
import { validatedFolder } from './measured-runs.ts';
import { casesOf, changed, SMALL } from './cases.ts';

const options = { files: NO_FILES };

function validated(text: string) {
  const prepared = prepare(casesOf(text), catalogue, options);
  expect(prepared.problems).toEqual([]);
  const runs = prepared.plans.map((plan): MeasuredRun => ({ kind: 'measured', times: measureRun(plan, catalogue) }));
  return { plans: prepared.plans, ...prepared.compare(runs) };
}

describe('cases become runs', () => {
  test('two windows of one run are simulated once, and what is excluded is not', () => {
    const { plans, cases } = validated(SMALL);

    expect(plans).toHaveLength(1);
    expect(cases.map(({ given, status }) => [given.id, status])).toEqual([
      ['a', 'compared'],
      ['b', 'compared'],
      ['c', 'excluded'],
    ]);
  });

  test('a case is compared in the figures it gives, and in no others', () => {
    const { cases, aggregates } = validated(SMALL);
    const metrics = cases.map((outcome) =>
      outcome.status === 'compared' ? outcome.comparisons.map(({ metric }) => metric) : [],
    );

    expect(metrics).toEqual([['tpotMeanMs'], ['e2eMeanMs', 'requestsPerS'], []]);
    expect(aggregates.map(({ metric, cases: count }) => [metric, count])).toEqual([
      ['tpotMeanMs', 1],
      ['e2eMeanMs', 1],
      ['requestsPerS', 1],
    ]);
  });

  test('measuring what the simulation gives is an error of 0', () => {
    const [first] = validated(SMALL).cases;
    if (first?.status !== 'compared') throw new Error('the case was not compared');
    const { simulated } = first.comparisons[0]!;

    const again = validated(changed(['tpotMeanMs: 7', `tpotMeanMs: ${simulated}`])).aggregates[0]!;
    expect(again.meanApePct).toBe(0);
  });

  test('a case that names prefill and decode becomes two pools with a link', () => {
    const [first] = casesOf(
      changed([
        '{ id: a,',
        '{ id: a, kvLink: roce-400, prefill: { instances: 2 }, decode: { layout: { tensorParallel: 2 } },',
      ]),
    );
    const compiled = compileCase(first!, catalogue, options);
    if (compiled.kind !== 'plan') throw new Error(JSON.stringify(compiled));

    expect(
      compiled.plan.pools.map(({ role, instances, acceleratorsPerInstance }) => [
        role,
        instances,
        acceleratorsPerInstance,
      ]),
    ).toEqual([
      ['prefill', 2, 1],
      ['decode', 1, 2],
    ]);
    // 400 Gbit/s are 50 GB/s.
    expect(compiled.plan.pools[0]!.kvLink?.gbPerS).toBe(50);
  });
});

describe('what cannot be simulated is told', () => {
  const compiled = (change: readonly [from: string, to: string]) =>
    compileCase(casesOf(changed(change))[0]!, catalogue, options);

  test.each([
    [['h100-sxm', 'h1000'], 'no accelerator profile "h1000"'],
    [['llama-3.1-8b', 'llama-13'], 'no model profile "llama-13"'],
    [['kind: vllm', 'kind: vlmm'], 'no engine profile "vlmm"'],
    [['kind: vllm', "kind: vllm, versionClass: '99'"], 'no version class "99" of vllm'],
    [['llama-3.1-8b', 'llama-3.1-405b'], /^llama-3.1-405b in bf16 does not fit on 1 × h100-sxm/],
  ] as const)('%j is skipped, with the reason', (change, reason) => {
    const outcome = compiled(change);
    if (outcome.kind !== 'skipped') throw new Error(JSON.stringify(outcome));

    expect(outcome.reason).toMatch(reason);
  });

  test.each([
    [['maxNumSeqs: 8', 'maxNumSeq: 8'], 'unknown key `maxNumSeq`'],
    [['promptTokens: 100', 'promptTokens: 0'], /promptTokens/],
    [['concurrency: 4', 'users: 4'], 'unknown key `users`'],
  ] as const)('%j is a problem of the file, in the line of the case', (change, message) => {
    const outcome = compiled(change);
    if (outcome.kind !== 'problems') throw new Error(JSON.stringify(outcome));

    expect(outcome.problems[0]).toMatchObject({ file: 'small.yaml', line: 11 });
    expect(outcome.problems[0]!.message).toMatch(message);
  });
});

describe('our own cases', () => {
  const files = readdirSync('validation').filter((name) => name.endsWith('.yaml'));

  test.each(files)('%s is well-formed, and every case is excluded, skipped or planned', (name) => {
    const reading = readCases(readFileSync(join('validation', name), 'utf8'), name);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems.slice(0, 3)));

    expect(reading.suite).toBe(name.slice(0, -'.yaml'.length));
    // A few of each file: planning all of them takes long.
    const some = reading.cases.filter((_, index) => index % 40 === 0);
    expect(prepare(some, catalogue, options).problems).toEqual([]);
  });
});

describe('recorded requests', () => {
  const traces = validatedFolder();

  test(traces.title('the arrivals of a recorded run are replayed one by one'), () => {
    if (traces.path === undefined) return;
    const reading = readCases(readFileSync('validation/sharegpt.yaml', 'utf8'), 'sharegpt.yaml');
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const given = reading.cases.find(({ trace }) => trace?.startsWith('ispass26'))!;
    const path = traces.unpacked(given.trace!);
    const compiled = compileCase(given, catalogue, {
      files: { open: (file) => new FileSource(file) },
      tracePath: () => path,
    });
    if (compiled.kind !== 'plan') throw new Error(JSON.stringify(compiled));
    const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);
    const recordedS = rows.map((row) => Number(row.split(',')[1]));

    expect(compiled.replayed).toBe(true);
    const arrivalsS = [...measureRun(compiled.plan, catalogue).arrivalNs].sort((a, b) => a - b).map((ns) => ns / 1e9);
    expect(arrivalsS).toHaveLength(recordedS.length);
    arrivalsS.forEach((arrivalS, k) => expect(arrivalS).toBeCloseTo(recordedS[k]! - recordedS[0]!, 6));
  });
});

import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { canonicalJson, planHash, runId } from '../../src/scenario/plan-hash.ts';
import type { RunPlan } from '../../src/sim/plan.ts';
import type { PlanOptions } from '../../src/scenario/plan-runs.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { renderProblems } from '../../src/scenario/problem.ts';
import { changed, filesOf, GOOD, scenarioOf } from './support.ts';

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens\n';
const TRACE = `${HEADER}2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:25:46.6805900,396,109\n`;
const REPLAY = changed([
  'kind: chat, model: llama-3.1-70b, requestsPerS: 40',
  'kind: azure-trace, model: llama-3.1-70b, file: traces/conv.csv',
]);

function planned(text: string, options: Partial<PlanOptions> = {}, file = 'scenarios/desk.yaml') {
  const planning = planRuns(scenarioOf(text, file), catalogue, { files: filesOf({}), ...options });
  if (!planning.ok) throw new Error(renderProblems(planning.problems));
  return planning;
}

function told(text: string, options: Partial<PlanOptions>): string {
  const planning = planRuns(scenarioOf(text, 'scenarios/desk.yaml'), catalogue, { files: filesOf({}), ...options });
  return planning.ok ? 'no problem' : renderProblems(planning.problems);
}

describe('plans', () => {
  test('are one for each seed, and alike but for it', () => {
    const { plans } = planned(GOOD);
    expect(plans.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(plans.map((plan) => ({ ...plan, seed: 0 }))).toEqual(plans.map(() => ({ ...plans[0], seed: 0 })));
    expect(planned(GOOD, { seeds: [7] }).plans.map(({ seed }) => seed)).toEqual([7]);
  });

  test('are plain data with every default of a workload written out', () => {
    const [plan] = planned(GOOD).plans;
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan!.workloads[0]!.options).toMatchObject({ requestsPerS: 40, arrivals: { kind: 'poisson' } });
    expect(plan!.workloads[0]!.options).not.toHaveProperty('name');
  });
});

describe('the hash of a plan', () => {
  const [plan] = planned(REPLAY, { files: filesOf({ 'scenarios/traces/conv.csv': TRACE }) }).plans;
  const [workload] = plan!.workloads;
  const withFile = (path: string, sha256: string) => ({
    ...plan!,
    workloads: [{ ...workload!, file: { path, sha256 } }],
  });

  test('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: 'x' })).toBe('{"a":"x","b":[1,{"d":1}]}');
    const reversed = Object.fromEntries(Object.entries(plan!).toReversed());
    expect(planHash(reversed as RunPlan, '1.0.0')).toBe(planHash(plan!, '1.0.0'));
  });

  test('depends on what a trace holds, not on where it lies', () => {
    expect(planHash(withFile('/elsewhere.csv', workload!.file!.sha256), '1')).toBe(planHash(plan!, '1'));
    expect(planHash(withFile(workload!.file!.path, 'other'), '1')).not.toBe(planHash(plan!, '1'));
  });

  test('depends on version and seed, and names the run by its first 12 digits', () => {
    const hashes = [planHash(plan!, '1'), planHash(plan!, '2'), planHash({ ...plan!, seed: 9 }, '1')];
    expect(new Set(hashes).size).toBe(3);
    expect(runId(plan!, '1')).toBe(hashes[0]!.slice(0, 12));
  });
});

describe('a trace', () => {
  test('named in the scenario is relative to it, and hashed', () => {
    const [plan] = planned(REPLAY, { files: filesOf({ 'scenarios/traces/conv.csv': TRACE }) }).plans;
    // By sha256sum of GNU coreutils.
    expect(plan!.workloads[0]!.file).toEqual({
      path: 'scenarios/traces/conv.csv',
      sha256: '597c80197fdcdc2b8b5b4c0edefdbb925785a4b95bb006da310c7047c469e6e9',
    });
    expect(plan!.workloads[0]!.options).not.toHaveProperty('file');
  });

  test('given on the command line replaces it, relative to where the user is', () => {
    const [plan] = planned(REPLAY, { files: filesOf({ 'other.csv': TRACE }), trace: 'other.csv' }).plans;
    expect(plan!.workloads[0]!.file!.path).toBe('other.csv');
  });

  test('that is missing is a problem of the scenario that names it', () => {
    expect(told(REPLAY, {})).toMatchInlineSnapshot(`
      "scenarios/desk.yaml:13:69  workloads[0].file
          there is no trace at scenarios/traces/conv.csv — a path in a scenario is relative to it, a path after --trace to where you are

      1 problem; nothing was simulated."
    `);
  });

  test('that is missing on the command line', () => {
    expect(told(REPLAY, { trace: 'typo.csv' })).toMatchInlineSnapshot(`
      "typo.csv  --trace
          there is no trace at typo.csv — a path in a scenario is relative to it, a path after --trace to where you are

      1 problem; nothing was simulated."
    `);
  });

  test('that no one names', () => {
    expect(told(REPLAY.replace(', file: traces/conv.csv', ''), {})).toMatchInlineSnapshot(`
      "scenarios/desk.yaml:13:5  workloads[0]
          replays a trace, and none is named — write file: here, or give --trace <file>

      1 problem; nothing was simulated."
    `);
  });

  test('that no workload replays', () => {
    expect(told(GOOD, { trace: 'conv.csv' })).toMatchInlineSnapshot(`
      "scenarios/desk.yaml  workloads
          --trace is given, but no workload replays a trace — add a workload of kind azure-trace, or leave --trace out

      1 problem; nothing was simulated."
    `);
  });

  test('with bad lines', () => {
    const bad = `${HEADER}2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,abc,109\n2023-11-16,1,1\n`;
    expect(told(REPLAY, { files: filesOf({ 'scenarios/traces/conv.csv': bad }) })).toMatchInlineSnapshot(`
      "scenarios/traces/conv.csv:3:29
          ContextTokens "abc" is not a whole number of tokens, at least 1
      scenarios/traces/conv.csv:4:1
          TIMESTAMP "2023-11-16" is not a time like 2023-11-16 18:15:46.6805900

      2 problems; nothing was simulated."
    `);
  });

  test('that is no trace', () => {
    expect(told(REPLAY, { files: filesOf({ 'scenarios/traces/conv.csv': 'a,b\n1,2\n' }) })).toMatchInlineSnapshot(`
      "scenarios/traces/conv.csv:1:1
          unknown header "a,b"; it should be one of
        TIMESTAMP,ContextTokens,GeneratedTokens
        timestamp_s,input_tokens,output_tokens

      1 problem; nothing was simulated."
    `);
  });
});

describe('warnings', () => {
  test('name every pool whose offered load is 1 or more', () => {
    const { warnings, offeredLoads } = planned(changed(['requestsPerS: 40', 'requestsPerS: 400']));
    const { load } = offeredLoads[0]!;
    expect(load).toBeGreaterThan(1);
    expect(warnings).toEqual([
      expect.stringContaining(`pool "desk" is overloaded: offered load ρ = ${load.toFixed(2)}`),
    ]);
    expect(planned(GOOD).warnings).toEqual([]);
  });

  test('say when a trace ends well before the horizon', () => {
    const files = filesOf({ 'scenarios/traces/conv.csv': TRACE });
    expect(planned(REPLAY, { files }).warnings).toEqual([
      'workload "support": the trace ends after 10.0 min, before the horizon of 15.0 min; the rates count the empty time in between — let the horizon end with the trace',
    ]);
    expect(planned(REPLAY.replace('15min', '10min'), { files }).warnings).toEqual([]);
  });

  test('name every workload whose mean session is longer than the horizon', () => {
    const workloads = catalogue.workloads.map((kind) => ({
      ...kind,
      demand: (options: unknown) => ({ ...kind.demand(options), meanSessionS: 3 * 3600 }),
    }));
    const planning = planRuns(scenarioOf(GOOD), { ...catalogue, workloads }, { files: filesOf({}) });
    expect(planning.ok && planning.warnings).toEqual([
      'workload "support": a mean session lasts 3.0 h, longer than the horizon of 15.0 min — lengthen it, or write startState: steady',
    ]);
  });

  test('name jobs that are too rare or too long for the horizon, alone and in a mix', () => {
    const jobs = 'requestsPerJob: 9000, windowS: 7200';
    const said = ['requestsPerS: 40', `sessionsPerHour: 2, ${jobs}`] as const;
    expect(planned(changed(['kind: chat', 'kind: batch'], said)).warnings).toContain(
      'workload "support": a job begins every 30.0 min and sends for 2.0 h on average, but the horizon is 15.0 min: it sends less than it says, or nothing',
    );
    const mixed = `requestsPerS: 5, tenants: [{ tenant: night, share: 1, kind: batch, ${jobs} }]`;
    expect(planned(changed(['kind: chat', 'kind: mix'], ['requestsPerS: 40', mixed])).warnings).toContain(
      'workload "support": a job begins every 30.0 min and sends for 2.0 h on average, but the horizon is 15.0 min: it sends less than it says, or nothing',
    );
    const short = 'requestsPerS: 10, requestsPerJob: 60, windowS: 60';
    expect(planned(changed(['kind: chat', 'kind: batch'], ['requestsPerS: 40', short])).warnings).toEqual([]);
  });
});

import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { readManifest } from '../../src/results/manifest.ts';
import { readRequests } from '../../src/results/read.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import type { RunPlan } from '../../src/sim/plan.ts';
import { executeRun } from '../../src/workers/execute-run.ts';
import type { RunTask } from '../../src/workers/execute-run.ts';
import { FileSource } from '../../src/workers/file-source.ts';
import { startRuns } from '../../src/workers/pool.ts';

const SCENARIO = `
name: tiny
start: 2026-06-01T08:00Z
horizon: 40s
timelineInterval: 1s
seeds: [1]
regions:
  - name: here
    electricityUsdPerKWh: 0.1
    pue: 1.2
    pools: [{ name: small, accelerator: l40s, model: llama-3.1-8b, instances: 2 }]
workloads:
  - { name: questions, kind: chat, model: llama-3.1-8b, requestsPerS: 4 }
`;

function plannedRun(): RunPlan {
  const reading = readScenario(SCENARIO, 'tiny.yaml', catalogue);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const planning = planRuns(reading.scenario, catalogue, { files: { open: (path) => new FileSource(path) } });
  if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
  return planning.plans[0]!;
}

function task(plan = plannedRun()): RunTask {
  return {
    plan,
    runId: 'abc',
    tokenfleetVersion: '0.0.0',
    directory: join(mkdtempSync(join(tmpdir(), 'tokenfleet-')), 'run'),
    offeredLoads: [],
    warnings: ['a warning'],
    replayCommand: 'tokenfleet run tiny.yaml --seed 1',
  };
}

describe('one run', () => {
  test('is described by the manifest beside its files', () => {
    const run = task();

    expect(executeRun(run, catalogue, () => true)).toBe(true);
    const manifest = readManifest(run.directory);
    expect(manifest).toMatchObject({ run_id: 'abc', seed: 1, warnings: ['a warning'], plan: run.plan });
    expect(manifest.files.map(({ name }) => name)).toEqual(
      readdirSync(run.directory).filter((name) => name.endsWith('.arrow')),
    );
    expect(readRequests(run.directory).numRows).toBe(manifest.totals.arrived_requests);
  });

  test('reports progress that only grows, once per interval', () => {
    const shares: number[] = [];
    executeRun(task(), catalogue, (share) => shares.push(share) > 0);

    expect(shares.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, second) => (second + 1) / 40));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  test('stops when it is told to, and then has no manifest', () => {
    const run = task();
    let intervals = 0;
    const finished = executeRun(run, catalogue, () => ++intervals < 3);

    expect({ finished, intervals }).toEqual({ finished: false, intervals: 3 });
    expect(readdirSync(run.directory)).not.toContain('manifest.json');
  });

  test('does not write over a folder that is there', () => {
    const run = task();
    mkdirSync(run.directory);

    expect(() => executeRun(run, catalogue, () => true)).toThrow('EEXIST');
  });

  test('of a plan with a module that this version does not have, says so', () => {
    const run = task({ ...plannedRun(), routing: { kind: 'clairvoyant', options: {} } });

    expect(() => executeRun(run, catalogue, () => true)).toThrow(
      'the plan names "clairvoyant", which this version does not know',
    );
  });

  test('draws the same requests whatever the router, and other ones with another seed', () => {
    const arrivals = (plan: RunPlan) => {
      const run = task(plan);
      executeRun(run, catalogue, () => true);
      const rows = readRequests(run.directory).toArray() as {
        request: bigint;
        arrival: bigint;
        prompt_tokens: number;
      }[];
      const byRequest = rows.sort((a, b) => Number(a.request - b.request));
      return byRequest.map(({ arrival, prompt_tokens }) => `${arrival} ${prompt_tokens}`);
    };
    const plan = plannedRun();
    const routers = catalogue.routing.map(({ name, options }) => ({
      kind: name,
      options: options.parse({}) as Record<string, unknown>,
    }));
    const [first, ...others] = routers.map((routing) => arrivals({ ...plan, routing }));

    for (const other of others) expect(other).toEqual(first);
    expect(arrivals({ ...plan, seed: 2 })).not.toEqual(first);
  });
});

test('a thread that cannot start is a failed run, not the end of the program', async () => {
  // Workers run the built program; beside the sources there is no such file.
  const runs = startRuns([task(), task()]);
  const outcomes = await Promise.all(runs.outcomes);
  await runs.end();

  expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed']);
});

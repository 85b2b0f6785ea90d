import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { changed, filesOf, scenarioOf, told } from './support.ts';

const POOL = '{ name: desk, template: h100-70b, instances: 8 }';
const scaled = (scaling: string, size = 'instances: 4') =>
  changed([POOL, `{ name: desk, template: h100-70b, ${size}, scaling: { ${scaling} } }`]);
const admitted = (admission: string) => changed(['slos:', `admission: { ${admission} }\nslos:`]);
const routed = (modelRouting: string, more = '') =>
  changed(
    [POOL, `${POOL}\n      - { name: small, template: h100-70b, model: llama-3.1-8b, instances: 1 }`],
    ['requestsPerS: 40 }', `requestsPerS: 40, modelRouting: { ${modelRouting} } }${more}`],
  );

describe('a pool that is scaled', () => {
  test('starts with its size, has as many instances as it may ever have, and takes its time', () => {
    const [pool] = scenarioOf(scaled('kind: target-queue, waitingPerInstance: 2, maxInstances: 9')).pools;

    expect(pool).toMatchObject({ instances: 9, scaling: { kind: 'target-queue', minInstances: 1, startInstances: 4 } });
    expect(pool!.scaling).toMatchObject({ intervalNs: 15 * NS_PER_S, provisionNs: 210 * NS_PER_S });
    // 70.6 GB in fp8 on four accelerators, each reading 0.1 GB/s, and 35 s for the engine; embeddings and norms stay in bf16.
    expect(pool!.scaling!.loadNs / NS_PER_S / (35 + 70.6 / 4 / 0.1)).toBeGreaterThan(1);
    expect(pool!.scaling!.loadNs / NS_PER_S / (35 + 70.6 / 4 / 0.1)).toBeLessThan(1.06);
  });

  test('has limits that make sense', () => {
    expect(told(scaled('kind: fixed, minInstances: 6, maxInstances: 5'))).toMatchInlineSnapshot(`
      "desk.yaml:11:95  regions[0].pools[0].scaling.minInstances
          minInstances 6 is above maxInstances 5 — write the smaller one first

      1 problem; nothing was simulated."
    `);
    expect(told(scaled('kind: fixed, maxInstances: 3'))).toMatchInlineSnapshot(`
      "desk.yaml:11:54  regions[0].pools[0].instances
          starts with 4 instances, and scaling keeps it between 1 and 3 — start within them

      1 problem; nothing was simulated."
    `);
    expect(told(scaled('kind: fixed'))).toMatchInlineSnapshot(`
      "desk.yaml:11:66  regions[0].pools[0].scaling.maxInstances
          \`maxInstances\` is missing

      1 problem; nothing was simulated."
    `);
    expect(told(scaled('kind: target-lode, maxInstances: 9'))).toMatchInlineSnapshot(`
      "desk.yaml:11:74  regions[0].pools[0].scaling.kind
          unknown scaling policy "target-lode" — did you mean "target-load"? known: fixed, predictive, schedule, target-load, target-queue

      1 problem; nothing was simulated."
    `);
  });

  test('by a schedule has no hour without a number', () => {
    const hours = 'hours: [{ fromH: 0, untilH: 8, instances: 2 }, { fromH: 9, untilH: 24, instances: 4 }]';

    expect(told(scaled(`kind: schedule, maxInstances: 9, ${hours}`))).toMatchInlineSnapshot(`
      "desk.yaml:11:108  regions[0].pools[0].scaling.hours
          says nothing of the hours from mon 08:00 on — cover the whole week, each hour once

      1 problem; nothing was simulated."
    `);
  });

  test('keeps an instance if others hand their requests over to it', () => {
    const pools = `{ name: desk, template: h100-70b, instances: 8, role: prefill, scaling: { kind: fixed, minInstances: 0, maxInstances: 8 } }
      - { name: rest, template: h100-70b, instances: 8, role: decode }`;

    expect(told(changed([POOL, pools]))).toMatchInlineSnapshot(`
      "desk.yaml:11:110  regions[0].pools[0].scaling.minInstances
          a prefill pool needs an instance at any time: requests are handed over as soon as their prompts are computed — write minInstances: 1 or more

      1 problem; nothing was simulated."
    `);
  });
});

describe('admission', () => {
  test('names workloads and models that there are', () => {
    expect(told(admitted('kind: token-bucket, tenants: { suport: { perS: 5, burst: 9 } }'))).toMatchInlineSnapshot(`
      "desk.yaml:14:53  admission.tenants.suport
          unknown workload "suport" — did you mean "support"? known: support

      1 problem; nothing was simulated."
    `);
    expect(told(admitted('kind: degrade, to: { llama-3.1-70b: llama-3.1-8b }, outstandingPerInstance: 9')))
      .toMatchInlineSnapshot(`
      "desk.yaml:14:50  admission.to.llama-3.1-70b
          no pool serves "llama-3.1-8b" — the pools serve llama-3.1-70b

      1 problem; nothing was simulated."
    `);
    expect(told(admitted('kind: quelimit'))).toMatchInlineSnapshot(`
      "desk.yaml:14:20  admission.kind
          unknown admission policy "quelimit" — did you mean "queue-limit"? known: accept, cheapest-hours, deadline, degrade, off-peak, queue-limit, token-bucket, when-idle

      1 problem; nothing was simulated."
    `);
  });

  test('accepts all if nothing is said', () => {
    expect(scenarioOf(changed()).admission).toEqual({ kind: 'accept', options: {} });
  });
});

describe('models that take turns', () => {
  const CASCADE =
    'kind: cascade, models: [llama-3.1-8b, llama-3.1-70b], accuracy: [0.7, 0.9], recall: 0.8, falseAlarm: 0.1';

  test('are asked for their shares of the requests', () => {
    const scenario = scenarioOf(routed(CASCADE));
    const planning = planRuns(scenario, catalogue, { files: filesOf({}) });
    if (!planning.ok) throw new Error('no plan');

    expect(planning.offeredLoads.map(({ pool, requestsPerS }) => [pool, requestsPerS])).toEqual([
      ['desk', expect.closeTo(40 * (0.3 * 0.8 + 0.7 * 0.1), 9)],
      ['small', 40],
    ]);
    expect(planning.plans[0]!.workloads[0]!.modelRouting).toMatchObject({ kind: 'cascade', options: { judgeMs: 0 } });
  });

  test('are served, each has its accuracy, and what the workload asks for is one of them', () => {
    expect(told(routed(CASCADE.replace('llama-3.1-8b', 'llama-3.1-405b')))).toMatchInlineSnapshot(`
      "desk.yaml:14:114  workloads[0].modelRouting.models[0]
          no pool serves "llama-3.1-405b" — the pools serve llama-3.1-70b, llama-3.1-8b

      1 problem; nothing was simulated."
    `);
    expect(told(routed(CASCADE.replace('[0.7, 0.9]', '[0.7]')))).toMatchInlineSnapshot(`
      "desk.yaml:14:154  workloads[0].modelRouting.accuracy
          has 1 values for 2 models — write one for each

      1 problem; nothing was simulated."
    `);
    expect(told(routed(CASCADE.replace('llama-3.1-8b, llama-3.1-70b', 'llama-3.1-8b').replace('[0.7, 0.9]', '[0.7]'))))
      .toMatchInlineSnapshot(`
      "desk.yaml:14:41  workloads[0].model
          asks for "llama-3.1-70b", which modelRouting does not name — write one of llama-3.1-8b

      1 problem; nothing was simulated."
    `);
  });
});

import { describe, expect, test } from 'vitest';
import { changed, scenarioOf, told } from './support.ts';

const scaled = 'instances: 8, scaling: { kind: target-load, outstandingPerInstance: 16, maxInstances: 8 } }';
const job = (options: string) => `requestsPerS: 40 }\n  - { name: training, kind: background, ${options} }`;

const withJob = (options: string, ...more: readonly (readonly [string, string])[]) =>
  changed(['instances: 8 }', scaled], ['requestsPerS: 40 }', job(options)], ...more);

const WORTH = 'valueUsdPerAcceleratorHour: 1.2';

describe('background work', () => {
  test('is part of the scaling of its pool, and asks for nothing', () => {
    const scenario = scenarioOf(withJob(`pool: desk, ${WORTH}, checkpointS: 45`));

    expect(scenario.workloads.map(({ name }) => name)).toEqual(['support']);
    expect(scenario.pools[0]!.scaling).toMatchObject({
      // In place of the time to provision a machine, which is there.
      provisionNs: 45e9,
      background: { name: 'training', checkpointNs: 45e9, checkpointEveryNs: 1_800e9, drawWatts: 0.9 * 700 },
    });
  });

  test('that is dropped keeps its pool waiting for nothing', () => {
    const scenario = scenarioOf(withJob(`pool: [desk], ${WORTH}, onRecall: drop`));

    expect(scenario.pools[0]!.scaling).toMatchObject({ provisionNs: 0 });
  });

  test('needs a pool that is there', () => {
    expect(told(withJob(`pool: dsk, ${WORTH}`))).toContain('unknown pool "dsk" — did you mean "desk"?');
  });

  test('needs a pool that releases instances', () => {
    expect(told(changed(['requestsPerS: 40 }', job(`pool: desk, ${WORTH}`)]))).toContain(
      'pool "desk" has no scaling, so it never releases an instance — give it one, such as scaling: { kind: target-load',
    );
  });

  test('has a pool to itself', () => {
    const two = `pool: desk, ${WORTH} }\n  - { name: evaluation, kind: background, pool: desk, ${WORTH}`;

    expect(told(withJob(two))).toContain('pool "desk" has background work already, that of "training"');
  });

  test('may stand beside a power budget', () => {
    const power = 'slos:\n  - { class: interactive, match: { workload: support }, ttftMs: { p95: 500 } }';
    const text = withJob(`pool: desk, ${WORTH}`, [power, `power: { kind: uncapped }\n${power}`]);

    expect(told(text)).toBe('no problem');
  });

  test('has no service objectives', () => {
    const text = withJob(`pool: desk, ${WORTH}`, ['match: { workload: support }', 'match: { workload: training }']);

    expect(told(text)).toContain('unknown workload "training"');
  });

  test('is not all that happens', () => {
    const text = changed(
      ['instances: 8 }', scaled],
      [
        '{ name: support, kind: chat, model: llama-3.1-70b, requestsPerS: 40 }',
        `{ name: t, kind: background, pool: desk, ${WORTH} }`,
      ],
      ['match: { workload: support }, ', ''],
    );

    expect(told(text)).toContain('there is background work, and nobody who asks for anything');
  });

  test('must say what it is worth', () => {
    expect(told(withJob('pool: desk'))).toContain('valueUsdPerAcceleratorHour');
  });
});

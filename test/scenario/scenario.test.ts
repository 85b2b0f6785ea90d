import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { readScenario } from '../../src/scenario/read-scenario.ts';
import { changed, GOOD, scenarioOf } from './support.ts';

const MINUTE_NS = 60e9;

describe('what a scenario leaves out', () => {
  test('has its documented default', () => {
    expect(scenarioOf(GOOD)).toMatchObject({
      warmUpNs: 1.5 * MINUTE_NS,
      timelineIntervalNs: 10e9,
      seeds: [1, 2, 3],
      routing: { kind: 'least-outstanding', options: {} },
      slos: [{ class: 'interactive', workloads: [0], attainment: 0.95 }],
    });
    expect(scenarioOf(changed(['15min', '7d'])).warmUpNs).toBe(10 * MINUTE_NS);
  });

  test('an SLO without a match covers every workload', () => {
    const [slo] = scenarioOf(changed([' match: { workload: support },', ''])).slos;
    expect(slo!.workloads).toEqual([0]);
  });

  test('the rent is that of the accelerator', () => {
    const [pool] = scenarioOf(GOOD).pools;
    expect(pool!.rentUsdPerAcceleratorHour).toBe(catalogue.accelerator('h100-sxm').cost.rentUsdPerHour);
  });

  test('the longest request is the context of the model, as far as the KV cache holds it', () => {
    const [roomy] = scenarioOf(GOOD).pools;
    expect(roomy!.engine.maxModelTokens).toBe(131_072);
    const [tight] = scenarioOf(
      changed(['weights: fp8, layout: { tensorParallel: 4 }', 'layout: { tensorParallel: 2 }']),
    ).pools;
    expect(tight!.engine.maxModelTokens).toBe(tight!.engine.kvBlocks * tight!.engine.blockTokens);
    expect(tight!.engine.maxModelTokens).toBeLessThan(131_072);
  });
});

describe('a pool', () => {
  test('wins over its template, key by key', () => {
    const pool = `{ name: desk, template: h100-70b, instances: 8, kv: fp8, engine: { maxNumSeqs: 64 }, rentUsdPerAcceleratorHour: 1 }`;
    const text = changed(
      [
        'layout: { tensorParallel: 4 } }',
        'layout: { tensorParallel: 4 }, engine: { maxNumSeqs: 128, maxNumBatchedTokens: 4096 } }',
      ],
      ['{ name: desk, template: h100-70b, instances: 8 }', pool],
    );
    expect(scenarioOf(text).pools[0]).toMatchObject({
      accelerator: 'h100-sxm',
      acceleratorsPerInstance: 4,
      rentUsdPerAcceleratorHour: 1,
      engine: { maxNumSeqs: 64, maxNumBatchedTokens: 4096 },
    });
  });

  test('needs no template', () => {
    const pool =
      '{ name: desk, accelerator: h100-sxm, model: llama-3.1-70b, layout: { tensorParallel: 4 }, instances: 8 }';
    const { pools } = scenarioOf(changed(['{ name: desk, template: h100-70b, instances: 8 }', pool]));
    expect(pools[0]!.acceleratorsPerInstance).toBe(4);
  });

  test('of 32 accelerators, 4 nodes or 8 instances of 4 is the same pool', () => {
    const pools = ['instances: 8', 'accelerators: 32', 'nodes: 4'].map(
      (size) => scenarioOf(changed(['instances: 8', size])).pools,
    );
    expect(pools[1]).toEqual(pools[0]);
    expect(pools[2]).toEqual(pools[0]);
  });

  test('keeps free the share of its blocks that the watermark says', () => {
    const [pool] = scenarioOf(changed(['instances: 8', 'instances: 8, engine: { watermark: 0.01 }'])).pools;
    expect(pool!.engine.watermarkBlocks).toBe(Math.floor(pool!.engine.kvBlocks / 100));
  });

  test('carries the worst grade of its three profiles', () => {
    const grades = [catalogue.accelerator('l40s'), catalogue.model('llama-3.1-8b'), catalogue.engine('vllm')].map(
      (it) => it.worstGrade,
    );
    const pool = '{ name: desk, accelerator: l40s, model: llama-3.1-8b, instances: 1 }';
    const text = changed(
      ['{ name: desk, template: h100-70b, instances: 8 }', pool],
      ['chat, model: llama-3.1-70b', 'chat, model: llama-3.1-8b'],
    );
    expect(grades).toContain('estimated');
    expect(scenarioOf(text).pools[0]!.grade).toBe('estimated');
  });
});

test('percentiles become quantiles exactly, in rising order', () => {
  const text = changed(['{ p95: 500 }', '{ p99.9: 900, p50: 100, p95: 500 }']);
  const quantiles = scenarioOf(text).slos[0]!.objectives.map(({ quantile }) => quantile);
  expect(quantiles).toEqual([0.5, 0.95, 0.999]);
});

test('anchors and aliases are YAML, and mean what they say', () => {
  const text = changed(['ttftMs: { p95: 500 }', 'ttftMs: &limits { p95: 500 }, e2eMs: *limits']);
  expect(scenarioOf(text).slos[0]!.objectives).toHaveLength(2);
});

test('a template that no pool uses is a warning', () => {
  const text = changed(['regions:', '  spare: { accelerator: l40s }\nregions:']);
  expect(readScenario(text, 'desk.yaml', catalogue)).toMatchObject({
    ok: true,
    warnings: ['no pool uses the template "spare"'],
  });
});

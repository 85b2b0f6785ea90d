import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { planHash } from '../../src/scenario/plan-hash.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { publishedConfigs } from '../profiles/published-configs.ts';
import { changed, filesOf, scenarioOf, told } from './support.ts';

const llama = publishedConfigs['llama-3.1-70b']!;
const files = (config: unknown) => filesOf({ 'plans/models/ours.json': JSON.stringify(config) });
/** The good scenario with a model of its own. */
const own = changed(
  ['accelerator: h100-sxm, model: llama-3.1-70b', 'accelerator: h100-sxm, model: models/ours.json'],
  ['kind: chat, model: llama-3.1-70b', 'kind: chat, model: models/ours.json'],
);
const layout = (text: string) => changed(['layout: { tensorParallel: 4 }', `layout: { ${text} }`]);
const deepseek = (text: string) =>
  changed(
    [
      'h100-sxm, model: llama-3.1-70b, weights: fp8, layout: { tensorParallel: 4 }',
      `b200, model: deepseek-r1, ${text}`,
    ],
    ['kind: chat, model: llama-3.1-70b', 'kind: chat, model: deepseek-r1'],
  );

describe('a model from a config.json', () => {
  test('is found beside the scenario, and costs what the card of the same model does', () => {
    const fromFile = scenarioOf(own, 'plans/desk.yaml', files(llama));
    const fromCard = scenarioOf(changed(), 'plans/desk.yaml');

    expect(fromFile.models).toEqual(['models/ours.json']);
    // What differs is under which name its error band is looked up.
    const named = fromFile.pools.map((pool) => ({ ...pool, deployed: { ...pool.deployed, model: 'llama-3.1-70b' } }));
    expect(named).toEqual(fromCard.pools);
  });

  test('names its run by its numbers: another config is another run', () => {
    const hashOf = (config: unknown) => {
      const given = files(config);
      const planning = planRuns(scenarioOf(own, 'plans/desk.yaml', given), catalogue, { files: given });
      if (!planning.ok) throw new Error('the scenario is good');
      return planHash(planning.plans[0]!, '1');
    };

    expect(hashOf({ ...llama, use_cache: false })).toBe(hashOf(llama));
    expect(hashOf({ ...llama, intermediate_size: 28_160 })).not.toBe(hashOf(llama));
  });

  test('that is not there', () => {
    expect(told(own, 'plans/desk.yaml', filesOf({}))).toMatchInlineSnapshot(`
      "plans/desk.yaml:5:45  templates.h100-70b.model
          there is no model file at plans/models/ours.json — a path in a scenario is relative to it

      1 problem; nothing was simulated."
    `);
  });

  test('that is no JSON', () => {
    const broken = filesOf({ 'plans/models/ours.json': '{"model_type": llama}' });

    expect(told(own, 'plans/desk.yaml', broken)).toMatch(/plans\/models\/ours\.json is not JSON: /);
  });

  test('with fields that are not understood', () => {
    const given = files({ ...llama, num_kv_shared_layers: 20, altup_num_inputs: 4 });

    expect(told(own, 'plans/desk.yaml', given)).toMatchInlineSnapshot(`
      "plans/desk.yaml:5:45  templates.h100-70b.model
          plans/models/ours.json: num_kv_shared_layers is not understood here, and may change what a step costs or what fits
      plans/desk.yaml:5:45  templates.h100-70b.model
          plans/models/ours.json: altup_num_inputs is not understood here, and may change what a step costs or what fits

      2 problems; nothing was simulated."
    `);
  });

  test('of an unknown type', () => {
    expect(told(own, 'plans/desk.yaml', files({ model_type: 'rwkv' }))).toMatch(
      /plans\/models\/ours\.json: has the unknown model_type "rwkv" — known: llama, mistral, /,
    );
  });
});

test('a misspelt model hears the nearest name, and that a path would do', () => {
  expect(told(changed(['kind: chat, model: llama-3.1-70b', 'kind: chat, model: llama-3.1-7b']))).toMatch(
    /unknown model "llama-3\.1-7b" — did you mean "llama-3\.1-.*"\? known: .*; or write the path of a config\.json/,
  );
});

describe('a layout', () => {
  test('of four dimensions multiplies three of them', () => {
    const text = deepseek('layout: { tensorParallel: 2, dataParallel: 4, pipelineParallel: 2 }');

    expect(scenarioOf(text).pools[0]).toMatchObject({
      acceleratorsPerInstance: 16,
      stepCost: { dataParallel: 4, pipelineParallel: 2 },
    });
  });

  test('takes the weights as they were published where nothing is said', () => {
    const published = scenarioOf(deepseek('layout: { tensorParallel: 8 }'));
    const fp8 = scenarioOf(deepseek('weights: fp8, layout: { tensorParallel: 8 }'));

    expect(published.pools).toEqual(fp8.pools);
  });

  test('that does not divide the model', () => {
    expect(told(deepseek('layout: { tensorParallel: 8, expertParallel: 3 }'))).toMatchInlineSnapshot(`
      "desk.yaml:5:99  templates.h100-70b.layout.expertParallel
          3 parts on 8 accelerators cannot hold the 256 experts of 2048 of deepseek-r1 evenly — possible here: 1, 2, 4, 8

      1 problem; nothing was simulated."
    `);
    expect(told(layout('tensorParallel: 4, pipelineParallel: 81'))).toMatchInlineSnapshot(`
      "desk.yaml:5:121  templates.h100-70b.layout.pipelineParallel
          81 stages cannot share the 80 layers of llama-3.1-70b — write at most 80

      1 problem; nothing was simulated."
    `);
  });

  test('in which groups would share nothing', () => {
    expect(told(layout('tensorParallel: 4, dataParallel: 2, expertParallel: 2'))).toMatchInlineSnapshot(`
      "desk.yaml:5:117  templates.h100-70b.layout.dataParallel
          the groups would share nothing, for llama-3.1-70b has no experts — leave it out and use more instances
      desk.yaml:5:136  templates.h100-70b.layout.expertParallel
          llama-3.1-70b has no experts — leave it out

      2 problems; nothing was simulated."
    `);
  });

  test('too small for the model says which would do, on one node or more', () => {
    expect(told(deepseek('layout: { tensorParallel: 2 }'))).toMatchInlineSnapshot(`
      "desk.yaml:5:62  templates.h100-70b.layout
          deepseek-r1 in fp8 does not fit on 2 × b200: 337.1 GB of weights, 1.5 GB of buffers each, and the engine may fill 172.3 GB — 4 accelerators would do: layout: { tensorParallel: 4 }

      1 problem; nothing was simulated."
    `);
    expect(told(deepseek('layout: { tensorParallel: 8 }').replace('b200', 'h100-sxm'))).toMatchInlineSnapshot(`
      "desk.yaml:5:66  templates.h100-70b.layout
          deepseek-r1 in fp8 does not fit on 8 × h100-sxm: 85.1 GB of weights, 1.5 GB of buffers each, and the engine may fill 76.4 GB — 16 accelerators would do: layout: { tensorParallel: 8, pipelineParallel: 2 }

      1 problem; nothing was simulated."
    `);
  });
});

import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { offeredLoads } from '../../src/scenario/offered-load.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import type { PoolPlan } from '../../src/sim/plan.ts';
import { publishedConfigs } from '../profiles/published-configs.ts';
import { changed, filesOf, scenarioOf, told } from './support.ts';

const LAYOUT = 'layout: { tensorParallel: 4 } }';

const guessing = (speculation: string, more = '') =>
  changed([LAYOUT, `layout: { tensorParallel: 4 }, engine: { ${more}speculation: ${speculation} } }`]);

/** The same with a model that has one layer for multi-token prediction, or with that of a config.json. */
const guessingWith = (model: string, speculation: string) =>
  guessing(speculation).replaceAll('model: llama-3.1-70b', `model: ${model}`);

const OWN_LAYERS = 'qwen3.5-27b';

function poolOf(scenario: string): PoolPlan {
  const planning = planRuns(scenarioOf(scenario), catalogue, { files: filesOf({}) });
  if (!planning.ok) throw new Error('the scenario names a trace');
  return planning.plans[0]!.pools[0]!;
}

describe('an engine that guesses', () => {
  test.each([
    ['{ kind: eagle }', { draftTokens: 3, acceptance: 0.68, random: false }],
    ['{ kind: model, model: llama-3.1-8b }', { draftTokens: 5, acceptance: 0.65, random: false }],
    [
      '{ kind: ngram, draftTokens: 4, acceptance: 0.5, random: true }',
      { draftTokens: 4, acceptance: 0.5, random: true },
    ],
    ['{ kind: mtp }', { draftTokens: 1, acceptance: 0.85, random: false }, OWN_LAYERS],
  ])('%s: is planned with the defaults of its kind', (written, speculation, model = 'llama-3.1-70b') => {
    const pool = poolOf(guessingWith(model, written));

    expect(pool.engine.speculation).toEqual(speculation);
    expect(pool.stepCost.speculation?.tokensPerSequence).toBe(1 + speculation.draftTokens);
    expect(pool.grade).toBe('estimated');
  });

  test('leaves room for what guesses', () => {
    const blocks = (written: string) => poolOf(guessing(written)).engine.kvBlocks;
    const none = blocks('{ kind: eagle, draftTokens: 0 }');

    expect(none).toBe(poolOf(changed()).engine.kvBlocks);
    expect(blocks('{ kind: ngram, acceptance: 0.5 }')).toBe(none);
    expect(blocks('{ kind: eagle }')).toBeLessThan(none);
    expect(blocks('{ kind: model, model: llama-3.1-8b }')).toBeLessThan(blocks('{ kind: eagle }'));
  });

  test('offers more capacity if its guesses are right', () => {
    const capacity = (scenario: string) => {
      const pools = [{ ...poolOf(scenario), model: 0 }];
      const demand = { requestsPerS: 1, meanPromptTokens: 100, meanOutputTokens: 500, meanSessionS: 0 };
      const plan = { models: ['llama-3.1-70b'], pools, workloads: [{ model: 0 }] };
      return offeredLoads(plan, [demand], catalogue.stepCost)[0]!.capacityRequestsPerS;
    };
    const few = 'maxNumSeqs: 16, ';
    const right = capacity(guessing('{ kind: ngram, acceptance: 1, draftTokens: 3 }', few));
    const wrong = capacity(guessing('{ kind: ngram, acceptance: 0, draftTokens: 3 }', few));

    // Four tokens a step instead of one; prompts take some of the time.
    expect(right / wrong).toBeGreaterThan(3.5);
    expect(right / wrong).toBeLessThanOrEqual(4);
  });
});

describe('a scenario that guesses wrongly is told so', () => {
  test.each([
    ['{ kind: medusa }', 'unknown way to guess "medusa"'],
    [
      '{ kind: ngram }',
      '`acceptance` is missing: how often such guesses are right is a matter of how much of an answer',
    ],
    ['{ kind: model }', '`model` is missing — write a small model of the same family'],
    ['{ kind: model, model: qwen3-8b }', 'so it would guess other tokens — write a model of the same family'],
    ['{ kind: mtp, model: llama-3.1-8b }', 'mtp guesses without a model of its own — remove it, or write kind: model'],
    ['{ kind: ngram, acceptance: 0.5, draftLayers: 2 }', 'only mtp and eagle have a number of layers to choose'],
    ['{ kind: mtp, acceptance: 85 }', '85'],
    [
      '{ kind: eagle, draftTokens: 32 }',
      'maxNumBatchedTokens 8192 is below maxNumSeqs 256, each with 32 guessed tokens',
    ],
  ])('%s', (written, sentence) => {
    expect(told(guessing(written))).toContain(sentence);
  });
});

describe('layers for multi-token prediction', () => {
  const config = (layers: Readonly<Record<string, unknown>>) => ({
    ...publishedConfigs['qwen2.5-7b'],
    ...layers,
  });
  const toldOf = (name: string, json: unknown, speculation: string) =>
    told(guessingWith(name, speculation), 'desk.yaml', filesOf({ [name]: JSON.stringify(json) }));

  test('that a model does not have are one problem, however many pools share its template', () => {
    const another = '{ name: desk, template: h100-70b, instances: 8 }';
    const two = guessing('{ kind: mtp }').replace(another, `${another}\n      - ${another.replace('desk', 'spare')}`);

    expect(told(two)).toMatchInlineSnapshot(`
      "desk.yaml:5:136  templates.h100-70b.engine.speculation.kind
          mtp guesses with layers that were trained with the model, and no public source tells of any in llama-3.1-70b — write kind: eagle, model or ngram, which work with any model, or a model that has such layers: deepseek-r1, deepseek-v3, glm-4.5, glm-4.5-air, qwen3.5-122b-a10b, qwen3.5-27b, qwen3.5-35b-a3b, qwen3.5-397b-a17b

      1 problem; nothing was simulated."
    `);
  });

  test('are no matter where nothing is guessed', () => {
    expect(told(guessing('{ kind: mtp, draftTokens: 0 }'))).toBe('no problem');
  });

  test('guess no deeper than they are many', () => {
    expect(told(guessingWith(OWN_LAYERS, '{ kind: mtp, draftLayers: 2 }'))).toMatchInlineSnapshot(`
      "desk.yaml:5:152  templates.h100-70b.engine.speculation.draftLayers
          layers for multi-token prediction: qwen3.5-27b has 1, not 2 — write at most 1

      1 problem; nothing was simulated."
    `);
  });

  test("of a user's own model are those that its config.json counts", () => {
    const own = 'own/config.json';

    expect(toldOf(own, config({}), '{ kind: mtp }')).toMatchInlineSnapshot(`
      "desk.yaml:5:138  templates.h100-70b.engine.speculation.kind
          mtp guesses with layers that were trained with the model, and own/config.json names none (num_nextn_predict_layers or mtp_num_hidden_layers) — write kind: eagle, model or ngram, which work with any model, or a model that has such layers: deepseek-r1, deepseek-v3, glm-4.5, glm-4.5-air, qwen3.5-122b-a10b, qwen3.5-27b, qwen3.5-35b-a3b, qwen3.5-397b-a17b

      1 problem; nothing was simulated."
    `);
    expect(toldOf(own, config({ num_nextn_predict_layers: 0 }), '{ kind: mtp }')).toContain(`${own} names none`);
    expect(toldOf(own, config({ num_nextn_predict_layers: 1 }), '{ kind: mtp }')).toBe('no problem');
    expect(toldOf(own, config({ mtp_num_hidden_layers: 2 }), '{ kind: mtp, draftLayers: 2 }')).toBe('no problem');
  });
});

import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { offeredLoads } from '../../src/scenario/offered-load.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import type { PoolPlan } from '../../src/sim/plan.ts';
import { changed, filesOf, scenarioOf, told } from './support.ts';

const LAYOUT = 'layout: { tensorParallel: 4 } }';

const guessing = (speculation: string, more = '') =>
  changed([LAYOUT, `layout: { tensorParallel: 4 }, engine: { ${more}speculation: ${speculation} } }`]);

function poolOf(scenario: string): PoolPlan {
  const planning = planRuns(scenarioOf(scenario), catalogue, { files: filesOf({}) });
  if (!planning.ok) throw new Error('the scenario names a trace');
  return planning.plans[0]!.pools[0]!;
}

describe('an engine that guesses', () => {
  test.each([
    ['{ kind: mtp }', { draftTokens: 1, acceptance: 0.85, random: false }],
    ['{ kind: eagle }', { draftTokens: 3, acceptance: 0.68, random: false }],
    ['{ kind: model, model: llama-3.1-8b }', { draftTokens: 5, acceptance: 0.65, random: false }],
    [
      '{ kind: ngram, draftTokens: 4, acceptance: 0.5, random: true }',
      { draftTokens: 4, acceptance: 0.5, random: true },
    ],
  ])('%s: is planned with the defaults of its kind', (written, speculation) => {
    const pool = poolOf(guessing(written));

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
    ['{ kind: mtp, draftTokens: 32 }', 'maxNumBatchedTokens 8192 is below maxNumSeqs 256, each with 32 guessed tokens'],
  ])('%s', (written, sentence) => {
    expect(told(guessing(written))).toContain(sentence);
  });
});

import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/catalogue.ts';
import { planRuns } from '../../src/scenario/plan-runs.ts';
import { assemble } from '../../src/workers/assemble.ts';
import { collect } from '../support/collect.ts';
import { changed, filesOf, scenarioOf, told } from './support.ts';

const POOL = '{ name: desk, template: h100-70b, instances: 8 }';
/** A token of Llama-3.1-70B: keys and values of 80 layers, 8 heads of 128 numbers, in bf16. */
const MODEL_BYTES = 80 * 2 * 8 * 128 * 2;
/** One such layer. */
const EAGLE_BYTES = 2 * 8 * 128 * 2;

const guessing = (speculation: string) => `engine: { speculation: ${speculation} }`;

/** One pool that prefills and one that decodes, each with more said of it. */
function apart(prefill: string, decode: string, model = 'llama-3.1-70b'): string {
  const of = (name: string, more: string) =>
    `{ name: ${name}, template: h100-70b, instances: 2, role: ${name}${more === '' ? '' : `, ${more}`} }`;
  const text = changed([POOL, [of('prefill', prefill), of('decode', decode)].join('\n      - ')]);
  return text.replaceAll('model: llama-3.1-70b', `model: ${model}`);
}

describe('a link carries what guesses beside the model', () => {
  test.each([
    ['{ kind: eagle }', EAGLE_BYTES],
    ['{ kind: eagle, draftLayers: 2 }', 2 * EAGLE_BYTES],
    // 32 layers of the same heads.
    ['{ kind: model, model: llama-3.1-8b }', 32 * EAGLE_BYTES],
    ['{ kind: ngram, acceptance: 0.5 }', 0],
    ['{ kind: eagle, draftTokens: 0 }', 0],
  ])('%s: %i bytes a token', (speculation, draftBytes) => {
    const pools = (more: string) =>
      scenarioOf(apart(`${guessing(speculation)}${more}`, `${guessing(speculation)}${more}`));

    expect(pools('').pools[0]!.kvLink!.kvBytesPerToken).toBe(MODEL_BYTES + draftBytes);
    expect(pools(', kv: fp8').pools[0]!.kvLink!.kvBytesPerToken).toBe((MODEL_BYTES + draftBytes) / 2);
  });

  test('of DeepSeek-V3 one more layer of 512 + 64 latent numbers', () => {
    const own = `${guessing('{ kind: mtp }')}, layout: { tensorParallel: 8 }`;
    const text = apart(own, own, 'deepseek-v3').replace('h100-sxm', 'h200');

    expect(scenarioOf(text).pools[0]!.kvLink!.kvBytesPerToken).toBe((61 + 1) * (512 + 64) * 2);
  });

  test('so do the stores of a pool', () => {
    const tiers = (speculation: string) =>
      scenarioOf(
        changed([
          POOL,
          `{ name: desk, template: h100-70b, instances: 8, kvTiers: [{ kind: dram, capacityGB: 400 }]${speculation} }`,
        ]),
      ).pools[0]!.engine.kvTiers![0]!;

    expect(tiers('').blockBytes).toBe(16 * MODEL_BYTES);
    expect(tiers(`, ${guessing('{ kind: eagle }')}`)).toMatchObject({
      blockBytes: 16 * (MODEL_BYTES + EAGLE_BYTES),
      capacityBlocks: Math.floor(400e9 / (16 * (MODEL_BYTES + EAGLE_BYTES))),
    });
  });

  test('and takes the time of all of it: at 10 GB/s 33,177.6 ns a token', () => {
    const guess = guessing('{ kind: eagle }');
    const text = apart(`${guess}, kvLink: { gbPerS: 10, latencyUs: 100 }`, guess);
    const planning = planRuns(scenarioOf(text.replace('requestsPerS: 40', 'requestsPerS: 0.05')), catalogue, {
      files: filesOf({}),
      seeds: [1],
    });
    if (!planning.ok) throw new Error(JSON.stringify(planning.problems));
    const plan = planning.plans[0]!;
    const { parts, close } = assemble(plan, catalogue);
    const { requests, timeline } = collect(plan, parts);
    close();
    const moved = requests.filter(({ prefillInstance }) => prefillInstance >= 0);
    const beyondLink = moved.map(
      ({ promptTokens, transferNs }) =>
        transferNs - Math.ceil((promptTokens * (MODEL_BYTES + EAGLE_BYTES)) / 10) - 100_000,
    );

    // Most find both instances idle; others wait for a step or for the link.
    expect(moved.length).toBeGreaterThan(20);
    expect(Math.min(...beyondLink)).toBe(0);
    expect(beyondLink.filter((ns) => ns === 0).length).toBeGreaterThan(moved.length / 2);
    // Nothing is cached, so every token of a prompt goes over the link once.
    expect(timeline.reduce((sum, row) => sum + row.kvTransferTokens, 0)).toBe(
      moved.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    );
  });
});

describe('the prompts of a draft are read where those of the model are', () => {
  test('so a prefill pool takes longer for them', () => {
    const ticks = (speculation: string) => {
      const { stepCost } = scenarioOf(apart(speculation, speculation)).pools[0]!;
      return catalogue.stepCost(stepCost).prefillStepTicks({
        decodeSeqs: 0,
        kvTokens: 0,
        prefillTokens: 2_000,
        prefillPairs: 2_001_000,
        prefillContextTokens: 0,
        promptsFinished: 1,
        clock: 1,
      });
    };
    const [none, eagle, model] = [
      '',
      guessing('{ kind: eagle }'),
      guessing('{ kind: model, model: llama-3.1-8b }'),
    ].map(ticks);

    expect(eagle!).toBeGreaterThan(none!);
    expect(model!).toBeGreaterThan(eagle!);
  });

  test.each([
    ['', guessing('{ kind: eagle }'), 'no draft', 'eagle of 1 layer'],
    [guessing('{ kind: eagle }'), '', 'eagle of 1 layer', 'no draft'],
    [guessing('{ kind: eagle }'), guessing('{ kind: eagle, draftLayers: 2 }'), 'eagle of 1 layer', 'eagle of 2 layers'],
    [
      guessing('{ kind: ngram, acceptance: 0.5 }'),
      guessing('{ kind: model, model: llama-3.1-8b }'),
      'no draft',
      'llama-3.1-8b',
    ],
  ])('and whoever writes "%s" for one pool and "%s" for the other is told', (prefill, decode, here, there) => {
    expect(told(apart(prefill, decode))).toContain(
      `it reads prompts for ${here}, and pool "decode", which decodes what it sends, guesses with ${there} — write the same \`speculation\` for both`,
    );
  });

  test('but the number of guesses is a matter of the pool that guesses, and text that has occurred before has no KV', () => {
    const tokens = (count: number) => guessing(`{ kind: eagle, draftTokens: ${count} }`);

    expect(told(apart(tokens(2), tokens(5)))).toBe('no problem');
    expect(told(apart('', guessing('{ kind: ngram, acceptance: 0.5 }')))).toBe('no problem');
  });
});

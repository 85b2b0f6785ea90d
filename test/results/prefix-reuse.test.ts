import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PrefixReuse, type ReusedPrompt } from '../../src/results/prefix-reuse.ts';
import { NS_PER_S } from '../../src/sim/units.ts';
import { trace } from '../../src/workloads/trace.ts';
import { traceOptions } from '../../src/workloads/trace-options.ts';
import { serve } from '../workloads/closed-loop.ts';
import { measuredFile } from '../workloads/measured-file.ts';
import { bytesOf, contextOf } from '../workloads/support.ts';

const MOONCAKE = measuredFile('mooncake_conversation.jsonl');

test.runIf(MOONCAKE.path)(MOONCAKE.title('Mooncake’s published hit shares by cache size are found again'), () => {
  const context = contextOf({ horizonNs: Infinity, trace: bytesOf(readFileSync(MOONCAKE.path!)) });
  const sent = serve(trace.create(traceOptions.parse({ spreadMs: 0 }), context));
  const reuse = new PrefixReuse(512, [10_000 * 512, 30_000 * 512, 100_000 * 512], []);
  for (const { arrivalNs, promptTokens, path } of sent) {
    // As in the published figures, incomplete blocks take room; what an answer adds is in no block.
    const wholeBlocks = Math.ceil(promptTokens / 512) * 512;
    const streams = path.map(([stream]) => stream);
    const ends = path.map(([, end]) => Math.ceil(end / 512) * 512);
    reuse.add({ arrivalNs, endNs: arrivalNs, promptTokens: wholeBlocks, outputTokens: 1, streams, ends });
  }
  // They are shares of blocks.
  [0.212, 0.326, 0.364].forEach((share, k) => expect(Math.abs(reuse.shares().bySize[k]! - share)).toBeLessThan(0.002));
});

test('idle times count from the end of an answer to the next arrival', () => {
  const reuse = new PrefixReuse(16, [], [9 * NS_PER_S, 10 * NS_PER_S]);
  const prompt = { promptTokens: 33, outputTokens: 8, streams: [1], ends: [32] };
  reuse.add({ ...prompt, arrivalNs: 0, endNs: 5 * NS_PER_S });
  reuse.add({ ...prompt, arrivalNs: 15 * NS_PER_S, endNs: 20 * NS_PER_S });

  expect(reuse.shares().byIdle).toEqual([0, 32 / 66]);
});

test('the answer is found by the prompt that goes on with it', () => {
  const reuse = new PrefixReuse(16, [], []);
  reuse.add({ arrivalNs: 0, endNs: 1, promptTokens: 32, outputTokens: 33, streams: [1], ends: [32] });
  reuse.add({ arrivalNs: 2, endNs: 3, promptTokens: 100, outputTokens: 1, streams: [1], ends: [100] });

  expect(reuse.shares().unlimited).toBe(64 / 132);
});

const BLOCK = 4;
const anyPrompt = fc.record({
  stream: fc.nat(5),
  shared: fc.integer({ min: 0, max: 40 }),
  own: fc.integer({ min: 1, max: 12 }),
});

/** A list of blocks in order of use, the latest last. */
function hitsOfList(prompts: readonly ReusedPrompt[], sizeTokens: number): number {
  const most = Math.floor(sizeTokens / BLOCK);
  const list: string[] = [];
  let hits = 0;
  prompts.forEach(({ streams, ends, promptTokens }, number) => {
    const names = Array.from({ length: Math.floor(promptTokens / BLOCK) }, (_, block) =>
      (block + 1) * BLOCK <= (ends[0] ?? 0) ? `${streams[0]} ${block}` : `own ${number} ${block}`,
    );
    let broken = false;
    names.forEach((name, block) => {
      // Blocks at the front of this prompt have been used again before the later ones are looked for.
      const at = list.indexOf(name);
      broken ||= at < 0 || list.length - at > most;
      if (!broken) hits += Math.min(BLOCK, promptTokens - 1 - block * BLOCK);
      if (at >= 0) list.splice(at, 1);
      list.push(name);
    });
  });
  return hits;
}

test('hits by size are those of a list in order of use', () => {
  fc.assert(
    fc.property(fc.array(anyPrompt, { minLength: 1, maxLength: 60 }), (drafts) => {
      const prompts = drafts.map(({ stream, shared, own }, k) => ({
        arrivalNs: k,
        endNs: k,
        promptTokens: shared + own,
        outputTokens: 1,
        ...(shared === 0 ? { streams: [], ends: [] } : { streams: [stream], ends: [shared] }),
      }));
      const sizes = [8, 20, 40, 80, 400];
      const reuse = new PrefixReuse(BLOCK, sizes, []);
      for (const prompt of prompts) reuse.add(prompt);
      const tokens = prompts.reduce((sum, { promptTokens }) => sum + promptTokens, 0);

      expect(reuse.shares().bySize).toEqual(sizes.map((size) => hitsOfList(prompts, size) / tokens));
    }),
  );
});

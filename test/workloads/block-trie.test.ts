import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockTrie } from '../../src/workloads/block-trie.ts';

/** Prompts as what their blocks say, with few different words so that many prompts begin alike. */
const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 12 }), { maxLength: 30 });

/** Ids as traces give them: one for a block and all before it. */
class Ids {
  readonly #known = new Map<string, number>();

  of(prompt: readonly number[]): number[] {
    return prompt.map((_, k) => {
      const key = prompt.slice(0, k + 1).join();
      const id = this.#known.get(key) ?? 7 * this.#known.size;
      this.#known.set(key, id);
      return id;
    });
  }
}

function walk(trie: BlockTrie, ids: readonly number[], kept = 0): { names: string[]; known: number } {
  trie.keep(kept);
  for (const id of ids.slice(kept)) expect(trie.append(id)).toBe(true);
  let start = 0;
  const names = trie.streams.flatMap((stream, k) => {
    const blocks = Array.from({ length: trie.ends[k]! - start }, (_, block) => `${stream}/${start + block}`);
    start = trie.ends[k]!;
    return blocks;
  });
  return { names, known: trie.knownBlocks };
}

function commonStart(one: readonly number[], other: readonly number[]): number {
  let k = 0;
  while (k < one.length && k < other.length && one[k] === other[k]) k++;
  return k;
}

describe('stretches of streams', () => {
  test('give two blocks one name exactly if their ids are the same', () => {
    fc.assert(
      fc.property(prompts, (contents) => {
        const ids = new Ids();
        const trie = new BlockTrie();
        const nameOf = new Map<number, string>();
        for (const content of contents) {
          const blocks = ids.of(content);
          const { names } = walk(trie, blocks);
          expect(names.length).toBe(blocks.length);
          blocks.forEach((id, k) => expect(names[k]).toBe(nameOf.get(id) ?? names[k]));
          blocks.forEach((id, k) => nameOf.set(id, names[k]!));
        }
        expect(new Set(nameOf.values()).size).toBe(nameOf.size);
      }),
    );
  });

  test('say how many leading blocks an earlier prompt had', () => {
    fc.assert(
      fc.property(prompts, (contents) => {
        const ids = new Ids();
        const trie = new BlockTrie();
        contents.forEach((content, n) => {
          const longest = Math.max(0, ...contents.slice(0, n).map((earlier) => commonStart(earlier, content)));
          expect(walk(trie, ids.of(content)).known).toBe(longest);
        });
      }),
    );
  });

  test('are the same if what a prompt has in common with the one before is kept', () => {
    fc.assert(
      fc.property(prompts, (contents) => {
        const ids = new Ids();
        const whole = new BlockTrie(5);
        const kept = new BlockTrie(5);
        contents.forEach((content, n) => {
          const common = n === 0 ? 0 : commonStart(contents[n - 1]!, content);
          expect(walk(kept, ids.of(content), common)).toEqual(walk(whole, ids.of(content)));
        });
        expect(kept.nextStream).toBe(whole.nextStream);
      }),
    );
  });

  test('of a conversation that only ever grows are one', () => {
    const trie = new BlockTrie();
    for (const length of [3, 5, 200]) {
      const { known } = walk(
        trie,
        Array.from({ length }, (_, k) => k),
      );
      expect(trie.streams).toEqual([0]);
      expect(known).toBe(length === 3 ? 0 : length === 5 ? 3 : 5);
    }
  });

  test('refuse an id that stood after something else', () => {
    const trie = new BlockTrie();
    walk(trie, [1, 2, 3]);
    walk(trie, [1, 4]);

    for (const wrong of [[2], [1, 3], [4], [1, 2, 4], [1, 4, 3], [1, 2, 3, 1]]) {
      trie.keep(0);
      expect(wrong.every((id) => trie.append(id))).toBe(false);
    }
  });
});

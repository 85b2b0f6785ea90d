import { BlockTrie } from './block-trie.ts';
import { MalformedJson, type JsonScanner } from './json-scanner.ts';

/**
 * The blocks of the prompts of one session, written as runs of consecutive ids: `[start, length, start, length, …]`. What
 * a prompt has in common with the one before is skipped run by run, so that a prompt costs what is new in it.
 */
export class BlockRuns {
  readonly #blockTokens: number;
  readonly #trie: BlockTrie;
  #runs: number[] = [];
  #previous: number[] = [];

  constructor(blockTokens: number, firstStream: number) {
    this.#blockTokens = blockTokens;
    this.#trie = new BlockTrie(firstStream);
  }

  get nextStream(): number {
    return this.#trie.nextStream;
  }

  /** Of the prompt read last: the tokens of its leading blocks that an earlier one had. */
  get knownTokens(): number {
    return this.#trie.knownBlocks * this.#blockTokens;
  }

  /** Of the prompt read last: its streams, and the token after the last of each. */
  path(): { readonly streams: number[]; readonly ends: number[] } {
    const { streams, ends } = this.#trie;
    return { streams: [...streams], ends: ends.map((blocks) => blocks * this.#blockTokens) };
  }

  read(scanner: JsonScanner, promptTokens: number): void {
    [this.#runs, this.#previous] = [this.#previous, this.#runs];
    const runs = this.#runs;
    runs.length = 0;
    let blocks = 0;
    scanner.array((index) => {
      const value = scanner.number();
      if (!Number.isSafeInteger(value) || value < 0 || (index % 2 === 1 && value === 0)) {
        throw new MalformedJson(scanner.valueAt, `${value} in a run is neither a block id nor a number of blocks`);
      }
      runs.push(value);
      if (index % 2 === 1) blocks += value;
    });
    const complete = Math.floor(promptTokens / this.#blockTokens);
    if (runs.length % 2 === 1 || blocks !== complete) {
      const message = `the runs have ${blocks} blocks; ${promptTokens} tokens have ${complete} complete blocks of ${this.#blockTokens}`;
      throw new MalformedJson(scanner.valueAt, message);
    }
    this.#walk(scanner);
  }

  #walk(scanner: JsonScanner): void {
    const runs = this.#runs;
    const shared = sharedBlocks(runs, this.#previous);
    this.#trie.keep(shared);
    let before = 0;
    for (let run = 0; run < runs.length; run += 2) {
      const length = runs[run + 1]!;
      for (let k = Math.max(shared - before, 0); k < length; k++) {
        const id = runs[run]! + k;
        if (this.#trie.append(id)) continue;
        const message = `block id ${id} had other ids before it earlier; an id must stand for its block and all before it`;
        throw new MalformedJson(scanner.valueAt, message);
      }
      before += length;
    }
  }
}

/** How many leading blocks two lists of runs have in common. */
function sharedBlocks(one: readonly number[], other: readonly number[]): number {
  let shared = 0;
  let run = 0;
  let otherRun = 0;
  /** Blocks of the current runs that are already counted. */
  let done = 0;
  let otherDone = 0;
  while (run < one.length && otherRun < other.length && one[run]! + done === other[otherRun]! + otherDone) {
    const common = Math.min(one[run + 1]! - done, other[otherRun + 1]! - otherDone);
    shared += common;
    done += common;
    otherDone += common;
    if (done === one[run + 1]) [run, done] = [run + 2, 0];
    if (otherDone === other[otherRun + 1]) [otherRun, otherDone] = [otherRun + 2, 0];
  }
  return shared;
}

const BLOCK_TOKENS = 512;

/** A prompt in the streams of its workload, as workloads name what prompts share. */
export interface PromptPath {
  readonly workload: number;
  readonly promptTokens: number;
  readonly streams: readonly number[];
  readonly ends: readonly number[];
}

/** Names the blocks of prompts as Mooncake traces do: equal ids stand for equal blocks and all before them. */
export class MooncakeIds {
  /** By stream, and by block within it. */
  readonly #ids = new Map<string, Map<number, number>>();
  #next = 0;

  /** One id for each block of 512 tokens; an incomplete one is the request's own. */
  of({ workload, promptTokens, streams, ends }: PromptPath): number[] {
    const ids: number[] = [];
    streams.forEach((stream, k) => {
      const known = this.#idsOf(`${workload} ${stream}`);
      while ((ids.length + 1) * BLOCK_TOKENS <= Math.min(ends[k]!, promptTokens)) {
        const block = ids.length;
        const id = known.get(block) ?? this.#next++;
        known.set(block, id);
        ids.push(id);
      }
    });
    const blocks = Math.ceil(promptTokens / BLOCK_TOKENS);
    while (ids.length < blocks) ids.push(this.#next++);
    return ids;
  }

  #idsOf(stream: string): Map<number, number> {
    let ids = this.#ids.get(stream);
    if (ids === undefined) {
      ids = new Map();
      this.#ids.set(stream, ids);
    }
    return ids;
  }
}

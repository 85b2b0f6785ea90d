/**
 * Decoding sequences that compute `growth` tokens each in every step. The tokens of a block pass in a cycle, so it is
 * enough to know how many sequences are at each place of it: the blocks that any number of steps will take is then a
 * closed form. In s steps, a sequence whose last block has room for r more tokens takes ceil((growth × s − r) / blockTokens).
 */
class BlockCycle {
  sequences = 0;
  readonly growth: number;
  readonly blockTokens: number;
  /** The phase whose sequences take a block for their next token; it falls by one with every token, around the cycle. */
  #phaseOfNextToken = 0;
  /**
   * By phase: (tokens computed − tokens that all of them have computed since the start) mod blockTokens, a constant. Twice,
   * one after the other, so that a walk down from a phase of the second half does not wrap around.
   */
  readonly #byPhase: Int32Array;

  constructor(growth: number, blockTokens: number) {
    this.growth = growth;
    this.blockTokens = blockTokens;
    this.#byPhase = new Int32Array(2 * blockTokens);
  }

  /** A sequence with that many computed tokens joins; answers its phase. */
  add(computedTokens: number): number {
    const phase = (computedTokens + this.#phaseOfNextToken) % this.blockTokens;
    this.#count(phase, 1);
    return phase;
  }

  remove(phase: number): void {
    this.#count(phase, -1);
  }

  #count(phase: number, more: number): void {
    this.#byPhase[phase]! += more;
    this.#byPhase[phase + this.blockTokens]! += more;
    this.sequences += more;
  }

  /** Blocks that they take in the next step, if each of them computes one token in it. */
  get blocksOfNextToken(): number {
    return this.#byPhase[this.#phaseOfNextToken]!;
  }

  /** Blocks that they take in the next `steps` steps. */
  blocksOfSteps(steps: number): number {
    const { blockTokens } = this;
    const tokens = steps * this.growth;
    const cycles = tokens < blockTokens ? 0 : Math.floor(tokens / blockTokens);
    let blocks = cycles * this.sequences;
    const byPhase = this.#byPhase;
    // Whole numbers of 32 bits: the loop counts in no others.
    const first = (this.#phaseOfNextToken + blockTokens) | 0;
    const last = (first - (tokens - cycles * blockTokens)) | 0;
    for (let phase = first; phase > last; phase--) blocks += byPhase[phase]!;
    return blocks;
  }

  /** How many tokens of each, at most `limit`, that many blocks last; only while there are sequences. */
  tokensThatFit(blocks: number, limit: number): number {
    const { blockTokens } = this;
    const cycles = Math.floor(blocks / this.sequences);
    let tokens = cycles * blockTokens;
    if (tokens >= limit) return limit;
    let left = blocks - cycles * this.sequences;
    let phase = this.#phaseOfNextToken;
    for (; tokens < limit; tokens++) {
      left -= this.#byPhase[phase]!;
      if (left < 0) break;
      phase = phase === 0 ? blockTokens - 1 : phase - 1;
    }
    return tokens;
  }

  /** `steps` steps have been taken. */
  advance(steps: number): void {
    const { blockTokens } = this;
    const tokens = steps * this.growth;
    const phase = this.#phaseOfNextToken - (tokens < blockTokens ? tokens : tokens % blockTokens);
    this.#phaseOfNextToken = phase < 0 ? phase + blockTokens : phase;
  }
}

/**
 * All decoding sequences of an instance: itself those of one token a step, which is everybody where nobody guesses, and
 * beside them the others by what they compute in a step.
 */
export class BlockCycles extends BlockCycle {
  #all = 0;
  /** Tokens that all of them compute in a step. */
  #allGrowth = 0;
  /** Those of two tokens, three and so on. */
  readonly #faster: readonly BlockCycle[];

  constructor(maxGrowth: number, blockTokens: number) {
    super(1, blockTokens);
    this.#faster = Array.from({ length: maxGrowth - 1 }, (_, index) => new BlockCycle(index + 2, blockTokens));
  }

  get isEmpty(): boolean {
    return this.#all === 0;
  }

  /** A sequence with that many computed tokens computes `growth` more in every step; answers its phase. */
  start(computedTokens: number, growth: number): number {
    this.#all++;
    this.#allGrowth += growth;
    return growth === 1 ? this.add(computedTokens) : this.#faster[growth - 2]!.add(computedTokens);
  }

  stop(phase: number, growth: number): void {
    this.#all--;
    this.#allGrowth -= growth;
    if (growth === 1) this.remove(phase);
    else this.#faster[growth - 2]!.remove(phase);
  }

  /** Blocks that all of them take in the next step. */
  get allBlocksOfNextStep(): number {
    return this.#allGrowth === this.#all ? this.blocksOfNextToken : this.allBlocksOfSteps(1);
  }

  /** Blocks that all of them take in the next `steps` steps. */
  allBlocksOfSteps(steps: number): number {
    let blocks = this.blocksOfSteps(steps);
    if (this.#allGrowth === this.#all) return blocks;
    for (const cycle of this.#faster) if (cycle.sequences > 0) blocks += cycle.blocksOfSteps(steps);
    return blocks;
  }

  /** How many steps, at most `limit`, that many blocks last; only while there are sequences. */
  stepsThatFit(blocks: number, limit: number): number {
    const tokens = blocks * this.blockTokens;
    const slack = this.blockTokens * this.#all;
    // Mostly there is far more than enough, and nothing has to be divided.
    if (tokens >= limit * this.#allGrowth + slack) return limit;
    if (this.#allGrowth === this.#all) return this.tokensThatFit(blocks, limit);
    // What a sequence takes differs from its tokens by less than a block, up or down.
    let fits = Math.max(0, Math.floor((tokens - slack) / this.#allGrowth));
    let tooMany = Math.min(limit, Math.floor((tokens + slack) / this.#allGrowth)) + 1;
    while (tooMany - fits > 1) {
      const steps = Math.floor((fits + tooMany) / 2);
      if (this.allBlocksOfSteps(steps) <= blocks) fits = steps;
      else tooMany = steps;
    }
    return fits;
  }

  /** All of them have taken `steps` steps. */
  advanceAll(steps: number): void {
    this.advance(steps);
    if (this.#allGrowth === this.#all) return;
    for (const cycle of this.#faster) if (cycle.sequences > 0) cycle.advance(steps);
  }
}

/** What a row begins with: how many sequences there are, and the phase of those that take a block for their next token. */
const SEQUENCES = 0;
const NEXT_PHASE = 1;
const PHASES = 2;

/**
 * Decoding sequences of an instance, by the tokens that each computes in every step. The tokens of a block pass in a cycle,
 * so it is enough to know how many sequences are at each place of it: the blocks that any number of steps will take is
 * then a closed form. In s steps of g tokens, a sequence whose last block has room for r more tokens takes
 * ceil((g × s − r) / blockTokens).
 *
 * Phase: (tokens computed − tokens that all of its growth have computed since the start) mod blockTokens, a constant of a
 * sequence. The one whose sequences take a block for their next token falls by one with every token, around the cycle.
 */
export class BlockCycles {
  readonly #blockTokens: number;
  /** Its logarithm to the base of 2 if that is whole, else −1. */
  readonly #blockShift: number;
  readonly #width: number;
  /**
   * Side by side in one array, because an instance that is looked at was not for long: a row for each growth, with the
   * sequences by phase twice, so that a walk down from a phase of the second half does not wrap around.
   */
  readonly #rows: Int32Array;
  /** Blocks that all of them take in the next step: asked for at each step boundary, and known from the last one but for few. */
  allBlocksOfNextStep = 0;
  #all = 0;
  /** Tokens that all of them compute in a step. */
  #allGrowth = 0;

  /** @param maxGrowth tokens that a sequence computes in a step, at most */
  constructor(maxGrowth: number, blockTokens: number) {
    this.#blockTokens = blockTokens;
    this.#blockShift = (blockTokens & (blockTokens - 1)) === 0 ? 31 - Math.clz32(blockTokens) : -1;
    this.#width = PHASES + 2 * blockTokens;
    this.#rows = new Int32Array(maxGrowth * this.#width);
  }

  get isEmpty(): boolean {
    return this.#all === 0;
  }

  /** A sequence with that many computed tokens computes `growth` more in every step; answers its phase. */
  start(computedTokens: number, growth: number): number {
    const row = (growth - 1) * this.#width;
    const phase = (computedTokens + this.#rows[row + NEXT_PHASE]!) % this.#blockTokens;
    this.#count(row, phase, 1);
    this.allBlocksOfNextStep += this.#blocksOfNextStep(row, phase, growth);
    this.#all++;
    this.#allGrowth += growth;
    return phase;
  }

  stop(phase: number, growth: number): void {
    const row = (growth - 1) * this.#width;
    this.#count(row, phase, -1);
    this.allBlocksOfNextStep -= this.#blocksOfNextStep(row, phase, growth);
    this.#all--;
    this.#allGrowth -= growth;
  }

  #count(row: number, phase: number, more: number): void {
    const rows = this.#rows;
    const at = row + PHASES + phase;
    rows[row + SEQUENCES]! += more;
    rows[at]! += more;
    rows[at + this.#blockTokens]! += more;
  }

  /** Of one sequence. */
  #blocksOfNextStep(row: number, phase: number, growth: number): number {
    const blockTokens = this.#blockTokens;
    const before = this.#rows[row + NEXT_PHASE]! - phase;
    const tokensBefore = before < 0 ? before + blockTokens : before;
    const cycles = growth < blockTokens ? 0 : this.#cyclesOf(growth);
    return tokensBefore < growth - cycles * blockTokens ? cycles + 1 : cycles;
  }

  /** Blocks that all of them take in the next `steps` steps. */
  allBlocksOfSteps(steps: number): number {
    const rows = this.#rows;
    const width = this.#width;
    let blocks = 0;
    let tokens = 0;
    for (let row = 0; row < rows.length; row += width) {
      tokens += steps;
      if (rows[row + SEQUENCES] !== 0) blocks += this.#blocksOfRow(row, tokens);
    }
    return blocks;
  }

  /** Blocks that the sequences of a row take for so many tokens of each. Whole numbers of 32 bits throughout. */
  #blocksOfRow(row: number, tokens: number): number {
    const rows = this.#rows;
    const blockTokens = this.#blockTokens;
    let left = tokens | 0;
    let blocks = 0;
    if (left >= blockTokens) {
      const cycles = this.#cyclesOf(left);
      left = (left - Math.imul(cycles, blockTokens)) | 0;
      blocks = Math.imul(cycles, rows[row + SEQUENCES]!);
    }
    const first = (row + PHASES + blockTokens + rows[row + NEXT_PHASE]!) | 0;
    const last = (first - left) | 0;
    // The shorter way around the cycle.
    if (2 * left <= blockTokens) {
      for (let at = first; at > last; at--) blocks = (blocks + rows[at]!) | 0;
      return blocks;
    }
    const end = (first - blockTokens) | 0;
    for (let at = last; at > end; at--) blocks = (blocks - rows[at]!) | 0;
    return (blocks + rows[row + SEQUENCES]!) | 0;
  }

  /** Blocks that so many tokens fill. */
  #cyclesOf(tokens: number): number {
    return this.#blockShift < 0 ? (tokens / this.#blockTokens) | 0 : tokens >> this.#blockShift;
  }

  /** How many steps, at most `limit`, that many blocks last; only while there are sequences. */
  stepsThatFit(blocks: number, limit: number): number {
    const tokens = blocks * this.#blockTokens;
    const slack = this.#blockTokens * this.#all;
    // Mostly there is far more than enough, and nothing has to be divided.
    if (tokens >= limit * this.#allGrowth + slack) return limit;
    if (this.#allGrowth === this.#all) return this.#tokensThatFit(blocks, limit);
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

  /** The same where each of them computes one token in a step. */
  #tokensThatFit(blocks: number, limit: number): number {
    const rows = this.#rows;
    const cycles = Math.floor(blocks / this.#all);
    let tokens = cycles * this.#blockTokens;
    if (tokens >= limit) return limit;
    let left = blocks - cycles * this.#all;
    // What is left is less than a whole cycle takes, so the walk ends within one.
    for (let at = PHASES + rows[NEXT_PHASE]! + this.#blockTokens; tokens < limit; tokens++, at--) {
      left -= rows[at]!;
      if (left < 0) break;
    }
    return tokens;
  }

  /** All of them take `steps` steps; answers the blocks that they take for them. */
  advanceAll(steps: number): number {
    const rows = this.#rows;
    // Where none computes more than one token in a step, the first row is all there is.
    if (this.#allGrowth === this.#all) {
      const blocks = this.#advanceRow(0, steps);
      this.allBlocksOfNextStep = rows[PHASES + rows[NEXT_PHASE]!]!;
      return blocks;
    }
    const width = this.#width;
    let blocks = 0;
    let blocksOfNextStep = 0;
    let growth = 0;
    for (let row = 0; row < rows.length; row += width) {
      growth++;
      if (rows[row + SEQUENCES] === 0) continue;
      blocks += this.#advanceRow(row, growth * steps);
      blocksOfNextStep += this.#blocksOfRow(row, growth);
    }
    this.allBlocksOfNextStep = blocksOfNextStep;
    return blocks;
  }

  #advanceRow(row: number, tokens: number): number {
    const rows = this.#rows;
    const blockTokens = this.#blockTokens;
    const blocks = this.#blocksOfRow(row, tokens);
    const left = tokens < blockTokens ? tokens : tokens - this.#cyclesOf(tokens | 0) * blockTokens;
    const phase = (rows[row + NEXT_PHASE]! - left) | 0;
    rows[row + NEXT_PHASE] = phase < 0 ? phase + blockTokens : phase;
    return blocks;
  }
}

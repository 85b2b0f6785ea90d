import type { PrefillBatch, StepCost } from './ports.ts';
import type { SimulationPlan } from './run-parts.ts';
import { NS_PER_S, QUANTA_PER_JOULE, TICKS_PER_NS, type Ns, type PoolIndex } from './units.ts';

/** Prompt tokens of the step by which the speed of prefill is estimated, where one step takes so many. */
const PREFILL_TOKENS = 2_048;
/** Tokens that each sequence attends to in the step by which the speed of decoding is estimated. */
const DECODE_TOKENS = 1_024;

/** What is known of pools before anything happens. Estimates are made when somebody asks for them first. */
export class PoolFacts {
  readonly rentUsdPerHour: Float64Array;
  readonly maxNumSeqs: Int32Array;
  readonly blockTokens: Int32Array;
  readonly #plan: SimulationPlan;
  readonly #stepCosts: readonly StepCost[];
  readonly #prefillTokensPerS: Float64Array;
  /** Per pool and number of sequences; 0: not estimated yet. */
  readonly #decodeStepNs: readonly Float64Array[];

  /** @param stepCosts one per pool of the plan */
  constructor(plan: SimulationPlan, stepCosts: readonly StepCost[]) {
    this.#plan = plan;
    this.#stepCosts = stepCosts;
    this.rentUsdPerHour = Float64Array.from(
      plan.pools,
      ({ acceleratorsPerInstance = 1, rentUsdPerAcceleratorHour = 0 }) =>
        acceleratorsPerInstance * rentUsdPerAcceleratorHour,
    );
    this.maxNumSeqs = Int32Array.from(plan.pools, ({ engine }) => engine.maxNumSeqs);
    this.blockTokens = Int32Array.from(plan.pools, ({ engine }) => engine.blockTokens);
    this.#prefillTokensPerS = new Float64Array(plan.pools.length);
    this.#decodeStepNs = plan.pools.map(({ engine }) => new Float64Array(engine.maxNumSeqs + 1));
  }

  prefillTokensPerS(pool: PoolIndex): number {
    const known = this.#prefillTokensPerS[pool]!;
    return known === 0 ? this.#estimatePrefill(pool) : known;
  }

  decodeStepNs(pool: PoolIndex, seqs: number): Ns {
    const counted = this.#counted(pool, seqs);
    const known = this.#decodeStepNs[pool]![counted]!;
    return known === 0 ? this.#estimateDecode(pool, counted) : known;
  }

  prefillJoulesPerToken(pool: PoolIndex): number {
    const batch = this.#prefillBatch(pool);
    return this.#stepCosts[pool]!.prefillStepQuanta(batch) / QUANTA_PER_JOULE / batch.prefillTokens;
  }

  decodeStepJoules(pool: PoolIndex, seqs: number): number {
    const kvTokens = this.#counted(pool, seqs) * DECODE_TOKENS;
    const piece = this.#stepCosts[pool]!.decodePiece(this.#counted(pool, seqs), kvTokens, 1);
    return (piece.fixedQuanta + piece.quantaPerKvToken * kvTokens) / QUANTA_PER_JOULE;
  }

  #counted(pool: PoolIndex, seqs: number): number {
    return Math.min(Math.max(1, seqs), this.maxNumSeqs[pool]!);
  }

  #prefillBatch(pool: PoolIndex): PrefillBatch {
    const tokens = Math.min(this.#plan.pools[pool]!.engine.maxNumBatchedTokens, PREFILL_TOKENS);
    return {
      decodeSeqs: 0,
      kvTokens: 0,
      prefillTokens: tokens,
      prefillPairs: (tokens * (tokens + 1)) / 2,
      prefillContextTokens: 0,
      promptsFinished: 1,
      clock: 1,
    };
  }

  #estimatePrefill(pool: PoolIndex): number {
    const batch = this.#prefillBatch(pool);
    const tokens = batch.prefillTokens;
    const ticks = this.#stepCosts[pool]!.prefillStepTicks(batch);
    const tokensPerS = (tokens * NS_PER_S) / (ticks / TICKS_PER_NS);
    this.#prefillTokensPerS[pool] = tokensPerS;
    return tokensPerS;
  }

  #estimateDecode(pool: PoolIndex, seqs: number): Ns {
    const kvTokens = seqs * DECODE_TOKENS;
    const { fixedTicks, ticksPerKvToken } = this.#stepCosts[pool]!.decodePiece(seqs, kvTokens, 1);
    const stepNs = (fixedTicks + ticksPerKvToken * kvTokens) / TICKS_PER_NS;
    this.#decodeStepNs[pool]![seqs] = stepNs;
    return stepNs;
  }
}

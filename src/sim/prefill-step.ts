import type { DecodeRun } from './decode-run.ts';
import type { DecodingSet } from './decoding-set.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { StepCost } from './ports.ts';
import type { PrefillChunks } from './prefill-chunks.ts';
import type { ResourceTime } from './resource-time.ts';
import { type Ns, type Quanta, TICKS_PER_NS, type Ticks } from './units.ts';

/** The step of an instance that carries prompt chunks: what it costs, and what it would without them. */
export class PrefillStep {
  readonly #chunks: PrefillChunks;
  readonly #stepCost: StepCost;
  readonly #hasEnergy: boolean;
  readonly #resourceTime: ResourceTime | undefined;
  #ticks: Ticks = 0;
  #decodeOnlyTicks: Ticks = 0;
  #quanta: Quanta = 0;
  #decodeOnlyQuanta: Quanta = 0;

  constructor(chunks: PrefillChunks, stepCost: StepCost, hasEnergy: boolean, resourceTime: ResourceTime | undefined) {
    this.#chunks = chunks;
    this.#stepCost = stepCost;
    this.#hasEnergy = hasEnergy;
    this.#resourceTime = resourceTime;
  }

  start(run: DecodeRun, decoding: DecodingSet, decodingPaused: boolean, clock: number, capWatts: number): void {
    const { batch } = this.#chunks;
    const stepCost = this.#stepCost;
    const seqs = decodingPaused ? 0 : decoding.seqs;
    const kvTokens = decodingPaused ? 0 : decoding.kvTokens;
    batch.decodeSeqs = seqs;
    batch.kvTokens = kvTokens;
    batch.clock = clock;
    batch.capWatts = capWatts;
    this.#ticks = stepCost.prefillStepTicks(batch);
    if (this.#hasEnergy) this.#quanta = stepCost.prefillStepQuanta(batch, this.#ticks);
    run.startStep(this.#ticks, this.#quanta, seqs, decodingPaused ? 0 : decoding.growth, kvTokens);
    this.#decodeOnlyTicks = 0;
    this.#decodeOnlyQuanta = 0;
    if (seqs === 0) return;
    const piece = stepCost.decodePiece(seqs, kvTokens, clock, capWatts);
    this.#decodeOnlyTicks = piece.fixedTicks + piece.ticksPerKvToken * kvTokens;
    this.#decodeOnlyQuanta = piece.fixedQuanta + piece.quantaPerKvToken * kvTokens;
    decoding.price(piece);
  }

  /** It is over. @param computed tokens before it, by request */
  end(stepNs: Ns, counters: PoolCounters, computed: Int32Array): void {
    const { batch } = this.#chunks;
    counters.prefillTokens += batch.prefillTokens;
    counters.prefillPairs += batch.prefillPairs;
    counters.prefillContextTokens += batch.prefillContextTokens;
    counters.prefillNs += Math.max(0, stepNs - Math.floor(this.#decodeOnlyTicks / TICKS_PER_NS));
    counters.outputTokens += batch.promptsFinished;
    if (this.#hasEnergy) counters.prefillEnergy.add(Math.max(0, this.#quanta - this.#decodeOnlyQuanta));
    if (this.#resourceTime === undefined) return;
    const addedTicks = Math.max(0, this.#ticks - this.#decodeOnlyTicks);
    this.#resourceTime.shareAmong(this.#chunks, computed, addedTicks, this.#stepCost);
  }
}

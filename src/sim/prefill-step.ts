import type { Batch } from './batch.ts';
import type { DecodeRun } from './decode-run.ts';
import type { KvBlocks } from './kv-blocks.ts';
import type { EnginePlan } from './plan.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { DecodePiece, StepCost } from './ports.ts';
import type { RequestTable } from './request-table.ts';
import type { ResourceTime } from './resource-time.ts';
import { StepSeries } from './step-series.ts';
import { type Ns, type Quanta, TICKS_PER_NS, type Ticks } from './units.ts';

/** What the steps of an instance are priced with, and what is recorded of them. */
interface Pricing {
  readonly stepCost: StepCost;
  readonly hasEnergy: boolean;
  readonly resourceTime: ResourceTime | undefined;
}

const NOTHING: DecodePiece = {
  fixedTicks: 0,
  ticksPerKvToken: 0,
  fixedQuanta: 0,
  quantaPerKvToken: 0,
  untilKvTokens: Infinity,
};

/**
 * The steps of a segment that carry prompt chunks: what each costs, and what it would without them. Mostly it is one. A
 * prompt that takes all that decoding leaves of the token budget, again and again, lets nobody else join: until its last
 * chunk its steps are alike but for what they attend to, and make up one segment.
 */
export class PrefillStep {
  readonly #batch: Batch;
  readonly #engine: EnginePlan;
  readonly #requests: RequestTable;
  readonly #kv: KvBlocks;
  readonly #pricing: Pricing;
  /** Whether energy or resource time is. */
  readonly #isRecorded: boolean;
  #series: StepSeries | undefined = undefined;
  /** Whether the segment has more than one step. */
  #isSeries = false;
  /** Steps whose chunks have their blocks, and those whose work is in the counters. */
  #taken = 1;
  #credited = 0;
  /** Of the first step. */
  #ticks: Ticks = 0;
  #quanta: Quanta = 0;
  #kvTokens = 0;
  /** What decoding alone costs. */
  #decodePiece: DecodePiece = NOTHING;

  constructor(batch: Batch, engine: EnginePlan, requests: RequestTable, kv: KvBlocks, pricing: Pricing) {
    this.#batch = batch;
    this.#engine = engine;
    this.#requests = requests;
    this.#kv = kv;
    this.#pricing = pricing;
    this.#isRecorded = pricing.hasEnergy || pricing.resourceTime !== undefined;
  }

  /** Begin the segment whose first step has just been settled. */
  start(run: DecodeRun, clock: number, capWatts: number): void {
    const { decoding, decodingPaused, chunks } = this.#batch;
    const { stepCost } = this.#pricing;
    const step = chunks.batch;
    const seqs = decodingPaused ? 0 : decoding.seqs;
    const growth = decodingPaused ? 0 : decoding.growth;
    this.#kvTokens = decodingPaused ? 0 : decoding.kvTokens;
    step.decodeSeqs = seqs;
    step.kvTokens = this.#kvTokens;
    step.clock = clock;
    step.capWatts = capWatts;
    this.#price();
    this.#taken = 1;
    this.#credited = 0;
    this.#decodePiece = NOTHING;
    if (seqs > 0) {
      this.#decodePiece = stepCost.decodePiece(seqs, this.#kvTokens, clock, capWatts);
      decoding.price(this.#decodePiece);
    }
    const most = this.#stepsAlike();
    this.#isSeries = most > 1;
    if (this.#isSeries) this.#startSeries(run, most);
    else run.startStep(this.#ticks, this.#quanta, seqs, growth, this.#kvTokens);
  }

  #price(): void {
    const { stepCost, hasEnergy } = this.#pricing;
    const step = this.#batch.chunks.batch;
    this.#ticks = stepCost.prefillStepTicks(step);
    if (hasEnergy) this.#quanta = stepCost.prefillStepQuanta(step, this.#ticks);
  }

  /** How many steps, the settled one included, carry a whole chunk of the same prompt, and not its last. */
  #stepsAlike(): number {
    const { isUsual, chunks, decoding } = this.#batch;
    const { prefillTokens, promptsFinished } = chunks.batch;
    // Who is not done has all that decoding leaves of the budget, and nobody joins beside him.
    if (!isUsual || promptsFinished > 0) return 1;
    const request = chunks.requests[0]!;
    const left = this.#requests.target[request]! - this.#requests.computed[request]!;
    const chunksLeft = Math.ceil(left / prefillTokens) - 1;
    let steps = Math.min(chunksLeft, StepSeries.capacity, this.#engine.maxSegmentSteps, decoding.stepsToEvent);
    // The last one must begin before the end of the piece.
    const { untilKvTokens } = this.#decodePiece;
    if (this.#kvTokens + (steps - 1) * decoding.growth >= untilKvTokens) {
      steps = Math.ceil((untilKvTokens - this.#kvTokens) / decoding.growth);
    }
    while (steps > 1 && !this.#kv.lastsSteps(steps, this.#blocksOfChunks(1, steps))) steps >>= 1;
    return steps;
  }

  /** Blocks that the prompt takes for the chunks of the steps after the first `from` up to the first `until`. */
  #blocksOfChunks(from: number, until: number): number {
    const { chunks } = this.#batch;
    const request = chunks.requests[0]!;
    const computed = this.#requests.computed[request]!;
    const tokens = chunks.tokens[0]!;
    return this.#kv.blocksOf(request, computed + until * tokens) - this.#kv.blocksOf(request, computed + from * tokens);
  }

  #startSeries(run: DecodeRun, most: number): void {
    const { decoding, chunks } = this.#batch;
    const { seqs, growth } = decoding;
    const step = chunks.batch;
    const { prefillTokens, prefillPairs, prefillContextTokens } = step;
    const series = (this.#series ??= new StepSeries());
    series.clear();
    let steps = 0;
    while (series.add(this.#ticks, this.#quanta)) {
      steps++;
      if (steps === most) break;
      step.kvTokens += growth;
      step.prefillPairs += prefillTokens * prefillTokens;
      step.prefillContextTokens += prefillTokens;
      this.#price();
    }
    step.kvTokens = this.#kvTokens;
    step.prefillPairs = prefillPairs;
    step.prefillContextTokens = prefillContextTokens;
    run.startSeries(series, steps, seqs, growth, this.#kvTokens);
  }

  /** Blocks that its prompt takes for the first `steps` steps, less those it has taken. */
  blocksOfSteps(steps: number): number {
    return this.#isSeries ? this.#blocksOfChunks(this.#taken, steps) : 0;
  }

  /** The first `steps` steps have begun: their chunks have taken their blocks. */
  take(steps: number): void {
    if (!this.#isSeries || steps <= this.#taken) return;
    const { chunks } = this.#batch;
    const request = chunks.requests[0]!;
    const computed = this.#requests.computed[request]!;
    const tokens = chunks.tokens[0]!;
    this.#kv.extendBeside(steps, request, computed + this.#taken * tokens, computed + steps * tokens);
    this.#taken = steps;
  }

  /** The segment is over. */
  end(run: DecodeRun, counters: PoolCounters): void {
    if (!this.#isSeries) {
      this.#creditStep(0, run.endNs - run.startNs, counters);
      return;
    }
    this.take(run.steps);
    this.credit(run, run.steps, counters);
    this.#isSeries = false;
  }

  /** Add what the first `steps` of several steps did for prompts to the counters, unless it already was. */
  credit(run: DecodeRun, steps: number, counters: PoolCounters): void {
    if (!this.#isSeries) return;
    for (; this.#credited < steps; this.#credited++) {
      const startNs = run.boundaryNs(this.#credited);
      this.#creditStep(this.#credited, run.boundaryNs(this.#credited + 1) - startNs, counters);
    }
  }

  /** @param before steps of the segment before it */
  #creditStep(before: number, stepNs: Ns, counters: PoolCounters): void {
    const { batch } = this.#batch.chunks;
    const { fixedTicks, ticksPerKvToken } = this.#decodePiece;
    const since = before * batch.prefillTokens;
    const kvTokens = this.#kvTokens + before * this.#batch.decoding.growth;
    const decodeTicks = fixedTicks + ticksPerKvToken * kvTokens;
    counters.prefillTokens += batch.prefillTokens;
    counters.prefillPairs += batch.prefillPairs + since * batch.prefillTokens;
    counters.prefillContextTokens += batch.prefillContextTokens + since;
    counters.prefillNs += Math.max(0, stepNs - Math.floor(decodeTicks / TICKS_PER_NS));
    counters.outputTokens += batch.promptsFinished;
    if (this.#isRecorded) this.#record(before, kvTokens, decodeTicks, counters);
  }

  /** Energy and resource time of a step. */
  #record(before: number, kvTokens: number, decodeTicks: Ticks, counters: PoolCounters): void {
    const { chunks } = this.#batch;
    const { stepCost, hasEnergy, resourceTime } = this.#pricing;
    const series = this.#isSeries ? this.#series : undefined;
    if (hasEnergy) {
      const { fixedQuanta, quantaPerKvToken } = this.#decodePiece;
      const quanta = series === undefined ? this.#quanta : series.quantaOf(before + 1) - series.quantaOf(before);
      counters.prefillEnergy.add(Math.max(0, quanta - (fixedQuanta + quantaPerKvToken * kvTokens)));
    }
    if (resourceTime === undefined) return;
    const ticks = series === undefined ? this.#ticks : series.ticksOf(before + 1) - series.ticksOf(before);
    const since = before * chunks.batch.prefillTokens;
    resourceTime.shareAmong(chunks, this.#requests.computed, since, Math.max(0, ticks - decodeTicks), stepCost);
  }
}

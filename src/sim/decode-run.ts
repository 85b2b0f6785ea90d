import type { PoolCounters } from './pool-counters.ts';
import type { DecodePiece } from './ports.ts';
import { kvTokensOfSteps, stepsLasting, ticksOfSteps } from './segment.ts';
import type { StepSeries } from './step-series.ts';
import {
  MAX_SEGMENT_QUANTA,
  MAX_SEGMENT_TICKS,
  TICKS_PER_NS,
  type Ns,
  type Quanta,
  type Ticks,
  wattsOf,
} from './units.ts';

/**
 * The exact clock of one instance and the segment it is in: `steps` steps of one batch, from the boundary at
 * (startNs, startTicks). Steps are credited to the pool's counters as they are seen to be over, at the latest when the
 * segment ends, so an observer reads exact figures and disturbs nothing.
 */
export class DecodeRun {
  /** Steps planned from the boundary on; 0 while the instance is idle. */
  steps = 0;
  endNs: Ns = 0;
  startNs: Ns = 0;
  /** What the start lies after startNs: less than one nanosecond. */
  #startTicks: Ticks = 0;
  /** What the end lies after startNs. */
  #endTicks: Ticks = 0;
  /** Where the latest segment that is over began, and its steps. */
  #overNs: Ns = 0;
  #overTicks: Ticks = 0;
  #overSteps = 1;
  #creditedSteps = 0;
  #creditedNs: Ns = 0;
  #fixedTicks: Ticks = 0;
  #ticksPerKvToken: Ticks = 0;
  #fixedQuanta: Quanta = 0;
  #quantaPerKvToken: Quanta = 0;
  #kvTokens = 0;
  #seqs = 0;
  /** Tokens that the sequences generate in a step, so what they attend to grows by it. */
  #growth = 0;
  /** What the steps of the segment last; undefined where the sums above say it. */
  #series: StepSeries | undefined = undefined;
  readonly #hasEnergy: boolean;

  /** @param hasEnergy credit the energy of steps, too */
  constructor(hasEnergy: boolean) {
    this.#hasEnergy = hasEnergy;
  }

  /** Published start of the last step of the latest segment that is over: asked for seldom, so not kept. */
  get lastStepStartNs(): Ns {
    const ticks = this.#overTicks + this.#ticks(this.#overSteps - 1);
    return this.#overNs + Math.floor(ticks / TICKS_PER_NS);
  }

  /** Start from idle: the residue of earlier steps is forgotten. */
  wake(nowNs: Ns): void {
    this.startNs = nowNs;
    this.#startTicks = 0;
  }

  /** One step of the given duration for `seqs` decoding sequences (and whatever else is in its batch). */
  startStep(ticks: Ticks, quanta: Quanta, seqs: number, growth: number, kvTokens: number): void {
    this.#fixedTicks = ticks;
    this.#ticksPerKvToken = 0;
    this.#fixedQuanta = quanta;
    this.#quantaPerKvToken = 0;
    this.#series = undefined;
    this.#start(seqs, growth, kvTokens, 1);
  }

  /** Steps of a series for `seqs` decoding sequences (and whatever else is in their batch). */
  startSeries(series: StepSeries, steps: number, seqs: number, growth: number, kvTokens: number): void {
    this.#series = series;
    this.#start(seqs, growth, kvTokens, steps);
  }

  /** At most `limit` decode steps of one batch; fewer where the piece ends or sums could no longer be exact. */
  startSteps(piece: DecodePiece, seqs: number, growth: number, kvTokens: number, limit: number): void {
    const { fixedTicks, ticksPerKvToken, untilKvTokens } = piece;
    // The last step must begin before the end of the piece. Mostly it does, and nothing has to be divided.
    const fits = kvTokens + (limit - 1) * growth < untilKvTokens;
    let steps = fits ? limit : Math.ceil((untilKvTokens - kvTokens) / growth);
    while (
      steps > 1 &&
      steps * (Math.abs(fixedTicks) + ticksPerKvToken * (kvTokens + steps * growth)) > MAX_SEGMENT_TICKS
    ) {
      steps = Math.floor(steps / 2);
    }
    this.#fixedTicks = fixedTicks;
    this.#ticksPerKvToken = ticksPerKvToken;
    this.#fixedQuanta = piece.fixedQuanta;
    this.#quantaPerKvToken = piece.quantaPerKvToken;
    this.#series = undefined;
    if (this.#hasEnergy) steps = this.#stepsOfExactEnergy(steps, kvTokens, growth);
    this.#start(seqs, growth, kvTokens, steps);
  }

  /** End at the first boundary at or after `timeNs`; answers whether that is earlier than planned. */
  cutAt(timeNs: Ns): boolean {
    if (timeNs >= this.endNs) return false;
    const steps = this.#stepsUntil(timeNs);
    if (steps === this.steps) return false;
    this.#setEnd(steps);
    return true;
  }

  /** End one step after the first boundary at or after `timeNs`; answers whether that is earlier than planned. */
  cutAfter(timeNs: Ns): boolean {
    if (timeNs >= this.endNs) return false;
    const steps = timeNs <= this.startNs ? 1 : this.#stepsUntil(timeNs) + 1;
    if (steps >= this.steps) return false;
    this.#setEnd(steps);
    return true;
  }

  /**
   * End at the first boundary at or after `timeNs` (one later if `after`) that is `phase` steps beyond a multiple of `every`,
   * counted from the start; answers whether that is earlier than planned.
   */
  cutAtEvery(timeNs: Ns, after: boolean, every: number, phase: number): boolean {
    if (timeNs >= this.endNs) return false;
    const first = timeNs <= this.startNs ? 1 : this.#stepsUntil(timeNs) + (after ? 1 : 0);
    const steps = Math.max(0, Math.ceil((first - phase) / every)) * every + phase;
    if (steps >= this.steps) return false;
    this.#setEnd(steps);
    return true;
  }

  /** When the first `steps` steps are over, as published. */
  boundaryNs(steps: number): Ns {
    return steps === 0 ? this.startNs : this.startNs + this.#wholeNs(steps);
  }

  /** How many steps are over at `timeNs`, the ones that end then included. */
  stepsOverAt(timeNs: Ns): number {
    if (timeNs >= this.endNs) return this.steps;
    return this.#stepsUntil(timeNs + 1) - 1;
  }

  /**
   * Draw of the step that is in progress just before `timeNs`, a moment after the start of the segment, or after its end
   * and before the next one: of all accelerators of the instance together, in W.
   */
  drawWattsAt(timeNs: Ns): number {
    const step = this.#stepAt(timeNs);
    const kvTokens = this.#kvTokens + (step - 1) * this.#growth;
    return wattsOf(this.#quantaOf(1, step, kvTokens), this.#ticks(step) - this.#ticks(step - 1));
  }

  /** Its duration. */
  stepNsAt(timeNs: Ns): number {
    const step = this.#stepAt(timeNs);
    return (this.#ticks(step) - this.#ticks(step - 1)) / TICKS_PER_NS;
  }

  /** Which it is, from 1 on. */
  #stepAt(timeNs: Ns): number {
    return this.steps === 0 ? this.#overSteps : this.#stepsUntil(timeNs);
  }

  /** Add what the first `steps` steps did to the counters, unless it already was. */
  credit(steps: number, counters: PoolCounters): void {
    const more = steps - this.#creditedSteps;
    if (more === 0) return;
    const overNs = steps === this.steps ? this.endNs : this.startNs + this.#wholeNs(steps);
    counters.steps += more;
    counters.outputTokens += more * this.#growth;
    counters.decodeSeqSteps += more * this.#seqs;
    const kvTokens = kvTokensOfSteps(more, this.#kvTokens + this.#creditedSteps * this.#growth, this.#growth);
    counters.kvTokenSteps += kvTokens;
    if (this.#hasEnergy) counters.busyEnergy.add(this.#quantaOf(more, steps, kvTokens));
    counters.busyNs += overNs - this.#creditedNs;
    this.#creditedSteps = steps;
    this.#creditedNs = overNs;
  }

  /** Make the end the new start. */
  finish(): void {
    this.#overNs = this.startNs;
    this.#overTicks = this.#startTicks;
    this.#overSteps = this.steps;
    this.#startTicks = this.#endTicks - (this.endNs - this.startNs) * TICKS_PER_NS;
    this.startNs = this.endNs;
    this.steps = 0;
  }

  /** Durations and energy of a step are set before: handed over, they would be boxed. */
  #start(seqs: number, growth: number, kvTokens: number, steps: number): void {
    this.#seqs = seqs;
    this.#growth = growth;
    this.#kvTokens = kvTokens;
    this.#creditedSteps = 0;
    this.#creditedNs = this.startNs;
    this.#setEnd(steps);
  }

  #stepsOfExactEnergy(limit: number, kvTokens: number, growth: number): number {
    const fixed = Math.abs(this.#fixedQuanta);
    let steps = limit;
    while (steps > 1 && steps * (fixed + this.#quantaPerKvToken * (kvTokens + steps * growth)) > MAX_SEGMENT_QUANTA) {
      steps = Math.floor(steps / 2);
    }
    return steps;
  }

  #setEnd(steps: number): void {
    this.steps = steps;
    this.#endTicks = this.#startTicks + this.#ticks(steps);
    this.endNs = this.startNs + Math.floor(this.#endTicks / TICKS_PER_NS);
  }

  /** Of the first `steps` steps. */
  #ticks(steps: number): Ticks {
    if (this.#series !== undefined) return this.#series.ticksOf(steps);
    return ticksOfSteps(steps, this.#fixedTicks, this.#ticksPerKvToken, this.#kvTokens, this.#growth);
  }

  /** Of the last `more` of the first `steps` steps, which together attend to `kvTokens`. */
  #quantaOf(more: number, steps: number, kvTokens: number): Quanta {
    if (this.#series !== undefined) return this.#series.quantaOf(steps) - this.#series.quantaOf(steps - more);
    return more * this.#fixedQuanta + this.#quantaPerKvToken * kvTokens;
  }

  #wholeNs(steps: number): Ns {
    return Math.floor((this.#startTicks + this.#ticks(steps)) / TICKS_PER_NS);
  }

  /** The first number of steps whose end is published as `timeNs` or later. */
  #stepsUntil(timeNs: Ns): number {
    const ticks = (timeNs - this.startNs) * TICKS_PER_NS - this.#startTicks;
    if (this.#series !== undefined) return this.#series.stepsLasting(ticks, this.steps);
    return stepsLasting(ticks, this.steps, this.#fixedTicks, this.#ticksPerKvToken, this.#kvTokens, this.#growth);
  }
}

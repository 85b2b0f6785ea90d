import { assert } from './assert.ts';
import type { DecodePiece, PrefillBatch, StepCost } from './ports.ts';
import { type PowerParameters, steppedClock } from './power-model.ts';
import { stepNs } from './roofline-formula.ts';
import type { RooflineParameters, StepShape } from './roofline-types.ts';
import { StepEnergy } from './step-energy.ts';
import { TICKS_PER_NS, type Quanta, type Ticks } from './units.ts';

export { stepNs } from './roofline-formula.ts';
export { achievedFlops, achievedHbmBytes } from './roofline-work.ts';
export type { RooflineParameters, StepShape } from './roofline-types.ts';
export type { WorkCounters } from './roofline-work.ts';

/** The straight line between two knots may lie this share off the formula at its middle and its end. */
const TABLE_TOLERANCE = 1 / 2048;

/** What of a pool's power its steps depend on. */
export interface PowerOfSteps {
  readonly accelerator: PowerParameters;
  /** Of one instance. */
  readonly accelerators: number;
  /** Whether the energy of steps is asked for; otherwise all energy is 0. */
  readonly energy: boolean;
}

/**
 * Step times and energy of one pool: decode-only steps from a table made on first use, steps with prefill from the formula.
 * An accelerator runs at steps of its clock, so there are few tables.
 */
export class RooflineCost implements StepCost {
  readonly #parameters: RooflineParameters;
  readonly #accelerator: PowerParameters | undefined;
  readonly #energy: StepEnergy | undefined;
  readonly #tablesByClock = new Map<number, (DecodeTable | undefined)[]>();
  /** As it was asked for, and the step of the accelerator that it means. */
  #clock = 1;
  #steppedClock = 1;
  #tables: (DecodeTable | undefined)[] = [];
  /** Whoever asks for the ticks of a step mostly asks for its energy next. */

  /** @param power left out, clocks are as they are asked for, and there is no energy */
  constructor(parameters: RooflineParameters, power?: PowerOfSteps) {
    this.#parameters = parameters;
    this.#accelerator = power?.accelerator;
    this.#energy = power !== undefined && power.energy ? new StepEnergy(parameters, power) : undefined;
    this.#tablesByClock.set(this.#clock, this.#tables);
  }

  decodePiece(decodeSeqs: number, kvTokens: number, clock: number): DecodePiece {
    if (clock !== this.#clock) this.#useClock(clock);
    const table = this.#tables[decodeSeqs] ?? this.#tabulate(decodeSeqs);
    return table.piece(kvTokens);
  }

  prefillStepTicks(batch: PrefillBatch): Ticks {
    return formulaTicks(this.#parameters, this.#stepped(batch));
  }

  prefillStepQuanta(batch: PrefillBatch, ticks = this.prefillStepTicks(batch)): Quanta {
    return this.#energy === undefined ? 0 : this.#energy.quantaOf(this.#stepped(batch), ticks);
  }

  chunkWeight(tokens: number, contextTokens: number): number {
    const { layerFlopsPerToken, attentionFlopsPerPair, window } = this.#parameters;
    const pairs = tokens * contextTokens + (tokens * (tokens + 1)) / 2;
    const whole = layerFlopsPerToken * tokens + attentionFlopsPerPair * pairs;
    return window === null ? whole : whole + window.flopsPerPair * Math.min(pairs, window.tokens * tokens);
  }

  #stepped(batch: PrefillBatch): StepShape {
    if (batch.clock !== this.#clock) this.#useClock(batch.clock);
    return batch.clock === this.#steppedClock ? batch : { ...batch, clock: this.#steppedClock };
  }

  #useClock(clock: number): void {
    const stepped = this.#accelerator === undefined ? clock : steppedClock(this.#accelerator, clock);
    this.#clock = clock;
    this.#steppedClock = stepped;
    this.#tables = this.#tablesByClock.get(stepped) ?? [];
    this.#tablesByClock.set(stepped, this.#tables);
  }

  #tabulate(decodeSeqs: number): DecodeTable {
    const table = new DecodeTable(this.#parameters, decodeSeqs, this.#steppedClock, this.#energy);
    this.#tables[decodeSeqs] = table;
    return table;
  }
}

function formulaTicks(parameters: RooflineParameters, step: StepShape): Ticks {
  return Math.max(TICKS_PER_NS, Math.round(stepNs(parameters, step) * TICKS_PER_NS));
}

/**
 * Decode-only durations of one batch size and clock: lines between knots in KV tokens. Knots double, and an interval is
 * halved until its line is close enough. Each line starts exactly where the one before ends; its slope is the whole
 * number of ticks that brings it nearest to the formula at its end, so roundings do not add up.
 */
class DecodeTable {
  #pieces: DecodePiece[] = [];
  /** Their untilKvTokens, side by side. */
  readonly #until: Float64Array;
  /** By number of leading zeros of the KV tokens, in 32 bits: the first piece that such a number can be in. */
  readonly #firstPiece = new Int32Array(33);
  readonly #decodeSeqs: number;
  readonly #clock: number;
  /** The end of the last line so far. */
  #knot: number;
  #knotTicks: Ticks;

  constructor(parameters: RooflineParameters, decodeSeqs: number, clock: number, energy: StepEnergy | undefined) {
    assert(decodeSeqs >= 1, 'a decode step has at least one sequence');
    this.#decodeSeqs = decodeSeqs;
    this.#clock = clock;
    this.#knot = decodeSeqs;
    this.#knotTicks = this.#formulaTicks(parameters, decodeSeqs);
    // Where every sequence fills its window the slope changes at once, so a line must end there.
    const knee = parameters.window === null ? 0 : decodeSeqs * parameters.window.tokens;
    do this.#cover(parameters, this.#knot < knee ? Math.min(knee, 2 * this.#knot) : 2 * this.#knot);
    while (this.#knot < parameters.kvTokensOfHbm);
    if (energy !== undefined) {
      this.#pieces = StepEnergy.tabulate(this.#pieces, decodeSeqs, (kvTokens) =>
        energy.quantaOf(this.#shape(kvTokens), this.#formulaTicks(parameters, kvTokens)),
      );
    }
    this.#openEnd();
    this.#until = Float64Array.from(this.#pieces, (piece) => piece.untilKvTokens);
    for (let zeros = 1; zeros < 32; zeros++) {
      const fewest = 0x8000_0000 >>> zeros;
      this.#firstPiece[zeros] = this.#until.findIndex((until) => fewest < until);
    }
  }

  piece(kvTokens: number): DecodePiece {
    const until = this.#until;
    let piece = this.#firstPiece[Math.clz32(kvTokens)]!;
    // Knots double, so between two powers of two there is one, or few: in or out is a toss-up, counted and not decided.
    piece += Number(kvTokens >= until[piece]!);
    while (kvTokens >= until[piece]!) piece++;
    return this.#pieces[piece]!;
  }

  #cover(parameters: RooflineParameters, until: number): void {
    const end = this.#formulaTicks(parameters, until);
    const slope = Math.max(0, Math.round((end - this.#knotTicks) / (until - this.#knot)));
    const middle = Math.floor((this.#knot + until) / 2);
    const isNear = (kvTokens: number, formula: Ticks) =>
      Math.abs(this.#knotTicks + slope * (kvTokens - this.#knot) - formula) <= TABLE_TOLERANCE * formula;
    if (middle === this.#knot || (isNear(until, end) && isNear(middle, this.#formulaTicks(parameters, middle)))) {
      this.#add(until, slope);
    } else {
      this.#cover(parameters, middle);
      this.#cover(parameters, until);
    }
  }

  #add(until: number, ticksPerKvToken: Ticks): void {
    const fixedTicks = this.#knotTicks - ticksPerKvToken * this.#knot;
    this.#pieces.push({ fixedTicks, ticksPerKvToken, fixedQuanta: 0, quantaPerKvToken: 0, untilKvTokens: until });
    this.#knot = until;
    this.#knotTicks = fixedTicks + ticksPerKvToken * until;
  }

  #openEnd(): void {
    this.#pieces.push({ ...this.#pieces.pop()!, untilKvTokens: Infinity });
  }

  #formulaTicks(parameters: RooflineParameters, kvTokens: number): Ticks {
    return formulaTicks(parameters, this.#shape(kvTokens));
  }

  #shape(kvTokens: number): StepShape {
    return {
      decodeSeqs: this.#decodeSeqs,
      kvTokens,
      prefillTokens: 0,
      prefillPairs: 0,
      prefillContextTokens: 0,
      promptsFinished: 0,
      clock: this.#clock,
    };
  }
}

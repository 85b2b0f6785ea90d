import { assert } from './assert.ts';
import type { DecodePiece, PrefillBatch, StepCost } from './ports.ts';
import { stepNs } from './roofline-formula.ts';
import type { RooflineParameters } from './roofline-types.ts';
import { TICKS_PER_NS, type Ticks } from './units.ts';

export { stepNs } from './roofline-formula.ts';
export { achievedFlops, achievedHbmBytes } from './roofline-work.ts';
export type { RooflineParameters, StepShape } from './roofline-types.ts';
export type { WorkCounters } from './roofline-work.ts';

/** The straight line between two knots may lie this share off the formula at its middle and its end. */
const TABLE_TOLERANCE = 1 / 2048;

/** Step times of one pool: decode-only steps from a table made on first use, steps with prefill from the formula. */
export class RooflineCost implements StepCost {
  readonly #parameters: RooflineParameters;
  readonly #tablesByClock = new Map<number, (DecodeTable | undefined)[]>();
  #clock = 1;
  #tables: (DecodeTable | undefined)[] = [];

  constructor(parameters: RooflineParameters) {
    this.#parameters = parameters;
    this.#tablesByClock.set(this.#clock, this.#tables);
  }

  decodePiece(decodeSeqs: number, kvTokens: number, clock: number): DecodePiece {
    if (clock !== this.#clock) this.#useClock(clock);
    const table = this.#tables[decodeSeqs] ?? this.#tabulate(decodeSeqs);
    return table.piece(kvTokens);
  }

  prefillStepTicks(batch: PrefillBatch): Ticks {
    return Math.max(TICKS_PER_NS, Math.round(stepNs(this.#parameters, batch) * TICKS_PER_NS));
  }

  #useClock(clock: number): void {
    this.#clock = clock;
    this.#tables = this.#tablesByClock.get(clock) ?? [];
    this.#tablesByClock.set(clock, this.#tables);
  }

  #tabulate(decodeSeqs: number): DecodeTable {
    const table = new DecodeTable(this.#parameters, decodeSeqs, this.#clock);
    this.#tables[decodeSeqs] = table;
    return table;
  }
}

/**
 * Decode-only durations of one batch size and clock: lines between knots in KV tokens. Knots double, and an interval is
 * halved until its line is close enough. Each line starts exactly where the one before ends; its slope is the whole
 * number of ticks that brings it nearest to the formula at its end, so roundings do not add up.
 */
class DecodeTable {
  readonly #pieces: DecodePiece[] = [];
  /** Their untilKvTokens, side by side. */
  readonly #until: Float64Array;
  /** By number of leading zeros of the KV tokens, in 32 bits: the first piece that such a number can be in. */
  readonly #firstPiece = new Int32Array(33);
  readonly #decodeSeqs: number;
  readonly #clock: number;
  /** The end of the last line so far. */
  #knot: number;
  #knotTicks: Ticks;

  constructor(parameters: RooflineParameters, decodeSeqs: number, clock: number) {
    assert(decodeSeqs >= 1, 'a decode step has at least one sequence');
    this.#decodeSeqs = decodeSeqs;
    this.#clock = clock;
    this.#knot = decodeSeqs;
    this.#knotTicks = this.#formulaTicks(parameters, decodeSeqs);
    // Where every sequence fills its window the slope changes at once, so a line must end there.
    const knee = parameters.window === null ? 0 : decodeSeqs * parameters.window.tokens;
    do this.#cover(parameters, this.#knot < knee ? Math.min(knee, 2 * this.#knot) : 2 * this.#knot);
    while (this.#knot < parameters.kvTokensOfHbm);
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
    this.#pieces.push({ fixedTicks, ticksPerKvToken, untilKvTokens: until });
    this.#knot = until;
    this.#knotTicks = fixedTicks + ticksPerKvToken * until;
  }

  #openEnd(): void {
    const { fixedTicks, ticksPerKvToken } = this.#pieces.pop()!;
    this.#pieces.push({ fixedTicks, ticksPerKvToken, untilKvTokens: Infinity });
  }

  #formulaTicks(parameters: RooflineParameters, kvTokens: number): Ticks {
    const shape = {
      decodeSeqs: this.#decodeSeqs,
      kvTokens,
      prefillTokens: 0,
      prefillPairs: 0,
      prefillContextTokens: 0,
      promptsFinished: 0,
      clock: this.#clock,
    };
    return Math.max(TICKS_PER_NS, Math.round(stepNs(parameters, shape) * TICKS_PER_NS));
  }
}

import { assert } from './assert.ts';
import type { DecodePiece } from './ports.ts';
import { stepNs } from './roofline-formula.ts';
import type { RooflineParameters, StepShape } from './roofline-types.ts';
import { StepEnergy } from './step-energy.ts';
import { TICKS_PER_NS, type Ticks } from './units.ts';

/** The straight line between two knots may lie this share off the formula. */
const TABLE_TOLERANCE = 1 / 8192;

/** Under a cap the clock is chosen anew when the KV tokens have grown by so much. */
const CAPPED_RANGE = 19 / 16;

export function formulaTicks(parameters: RooflineParameters, step: StepShape): Ticks {
  return Math.max(TICKS_PER_NS, Math.round(stepNs(parameters, step) * TICKS_PER_NS));
}

function decodeStep(decodeSeqs: number, kvTokens: number, clock: number): StepShape {
  return {
    decodeSeqs,
    kvTokens,
    prefillTokens: 0,
    prefillPairs: 0,
    prefillContextTokens: 0,
    promptsFinished: 0,
    clock,
  };
}

/**
 * Lines of durations of one batch size and clock. Each starts exactly where the one before ends; its slope is the whole
 * number of ticks that brings it nearest to the formula at its end, so roundings do not add up.
 */
class DecodeLines {
  readonly pieces: DecodePiece[] = [];
  readonly #parameters: RooflineParameters;
  readonly #decodeSeqs: number;
  readonly #clock: number;
  readonly #from: number;
  /** The end of the last line so far. */
  knot: number;
  #knotTicks: Ticks;

  constructor(parameters: RooflineParameters, decodeSeqs: number, clock: number, from: number) {
    this.#parameters = parameters;
    this.#decodeSeqs = decodeSeqs;
    this.#clock = clock;
    this.#from = from;
    this.knot = from;
    this.#knotTicks = this.#formulaTicks(from);
  }

  /** One more line: all the way, or half of it, or a quarter and so on, as long as it stays close enough. */
  extend(until: number): void {
    // No short line is left over at the end: the last one goes on for ever, and its slope must be worth something.
    const least = until <= 3 * this.knot ? until : 2 * this.knot;
    let end = until;
    while (!this.#isStraight(end)) {
      if (end === least) {
        this.#halve(end);
        return;
      }
      end = Math.max(least, Math.floor(end / 2));
    }
    this.#add(end);
  }

  /** An interval is halved until its line is close enough. */
  cover(until: number): void {
    if (this.#isStraight(until)) this.#add(until);
    else this.#halve(until);
  }

  #halve(until: number): void {
    const middle = Math.floor((this.knot + until) / 2);
    if (middle === this.knot) {
      this.#add(until);
      return;
    }
    this.cover(middle);
    this.cover(until);
  }

  /** Whether a line to there is near the formula at its end, in its middle, in the middle of its first half, and so on. */
  #isStraight(until: number): boolean {
    const slope = this.#slopeTo(until);
    for (let kvTokens = until; kvTokens > this.knot; kvTokens = Math.floor((this.knot + kvTokens) / 2)) {
      const formula = this.#formulaTicks(kvTokens);
      const line = this.#knotTicks + slope * (kvTokens - this.knot);
      if (Math.abs(line - formula) > TABLE_TOLERANCE * formula) return false;
    }
    return true;
  }

  #slopeTo(until: number): Ticks {
    return Math.max(0, Math.round((this.#formulaTicks(until) - this.#knotTicks) / (until - this.knot)));
  }

  withEnergy(energy: StepEnergy | undefined): DecodePiece[] {
    if (energy === undefined) return this.pieces;
    return StepEnergy.tabulate(this.pieces, this.#from, (kvTokens) =>
      energy.quantaOf(decodeStep(this.#decodeSeqs, kvTokens, this.#clock), this.#formulaTicks(kvTokens)),
    );
  }

  #add(until: number): void {
    const ticksPerKvToken = this.#slopeTo(until);
    const fixedTicks = this.#knotTicks - ticksPerKvToken * this.knot;
    this.pieces.push({ fixedTicks, ticksPerKvToken, fixedQuanta: 0, quantaPerKvToken: 0, untilKvTokens: until });
    this.knot = until;
    this.#knotTicks = fixedTicks + ticksPerKvToken * until;
  }

  #formulaTicks(kvTokens: number): Ticks {
    return formulaTicks(this.#parameters, decodeStep(this.#decodeSeqs, kvTokens, this.#clock));
  }
}

/** Decode-only durations and energy of one batch size and clock: lines between knots in KV tokens, as few as are close enough. */
export function decodePieces(
  parameters: RooflineParameters,
  decodeSeqs: number,
  clock: number,
  energy: StepEnergy | undefined,
): DecodePiece[] {
  const lines = new DecodeLines(parameters, decodeSeqs, clock, decodeSeqs);
  const knee = kneeOf(parameters, decodeSeqs);
  const end = decodeSeqs + Math.ceil(parameters.kvTokensOfHbm);
  while (lines.knot < end) lines.extend(lines.knot < knee ? Math.min(knee, end) : end);
  return lines.withEnergy(energy);
}

/**
 * The same under a cap. Over a range of KV tokens the clock is the highest step of the accelerator's, at most `clock`, at
 * which no step draws more than the cap by what the table itself says; the lowest there is where even that draws more.
 */
export function cappedPieces(
  parameters: RooflineParameters,
  decodeSeqs: number,
  clock: number,
  capWatts: number,
  energy: StepEnergy,
): DecodePiece[] {
  const pieces: DecodePiece[] = [];
  const knee = kneeOf(parameters, decodeSeqs);
  let from = decodeSeqs;
  do {
    const wide = Math.ceil(from * CAPPED_RANGE);
    const until = from < knee ? Math.min(knee, wide) : wide;
    const guess = (kvTokens: number) => energy.clockUnder(decodeStep(decodeSeqs, kvTokens, clock), capWatts);
    let rangeClock = Math.min(guess(from), guess(until));
    let range = rangePieces(parameters, decodeSeqs, rangeClock, [from, until], energy);
    while (!staysUnder(range, from, capWatts, energy) && rangeClock > energy.leastClock) {
      rangeClock = energy.clockBelow(rangeClock);
      range = rangePieces(parameters, decodeSeqs, rangeClock, [from, until], energy);
    }
    pieces.push(...range);
    from = until;
  } while (from < parameters.kvTokensOfHbm);
  return pieces;
}

function rangePieces(
  parameters: RooflineParameters,
  decodeSeqs: number,
  clock: number,
  [from, until]: readonly [number, number],
  energy: StepEnergy,
): DecodePiece[] {
  const lines = new DecodeLines(parameters, decodeSeqs, clock, from);
  lines.cover(until);
  return lines.withEnergy(energy);
}

/** Energy and duration are lines, so their ratio is largest at an end of its piece. */
function staysUnder(pieces: readonly DecodePiece[], from: number, capWatts: number, energy: StepEnergy): boolean {
  return pieces.every((piece, index) => {
    const first = index === 0 ? from : pieces[index - 1]!.untilKvTokens;
    const last = piece.untilKvTokens - 1;
    return [first, last].every((kvTokens) => energy.wattsOnLine(piece, kvTokens) <= capWatts);
  });
}

/** Where every sequence fills its window the slope changes at once, so a line must end there. */
function kneeOf({ window }: RooflineParameters, decodeSeqs: number): number {
  return window === null ? 0 : decodeSeqs * window.tokens;
}

/** Pieces of one batch size, found quickly. */
export class DecodeTable {
  readonly #pieces: readonly DecodePiece[];
  /** Their untilKvTokens, side by side. */
  readonly #until: Float64Array;
  /** By number of leading zeros of the KV tokens, in 32 bits: the first piece that such a number can be in. */
  readonly #firstPiece = new Int32Array(33);

  /** @param pieces in order; the last goes on for ever */
  constructor(pieces: readonly DecodePiece[]) {
    assert(pieces.length > 0, 'a table has pieces');
    this.#pieces = [...pieces.slice(0, -1), { ...pieces.at(-1)!, untilKvTokens: Infinity }];
    this.#until = Float64Array.from(this.#pieces, (piece) => piece.untilKvTokens);
    for (let zeros = 1; zeros < 32; zeros++) {
      const fewest = 0x8000_0000 >>> zeros;
      this.#firstPiece[zeros] = this.#until.findIndex((until) => fewest < until);
    }
  }

  piece(kvTokens: number): DecodePiece {
    const until = this.#until;
    let piece = this.#firstPiece[Math.clz32(kvTokens)]!;
    while (kvTokens >= until[piece]!) piece++;
    return this.#pieces[piece]!;
  }
}

import type { PowerParameters } from './power-model.ts';
import { busyWatts, clockUnderCap, lowerClock, stepUse, type StepUse, steppedClock } from './power-model.ts';
import type { DecodePiece } from './ports.ts';
import { stepNs } from './roofline-formula.ts';
import type { RooflineParameters, StepShape } from './roofline-types.ts';
import { NS_PER_S, QUANTA_PER_JOULE, TICKS_PER_NS, type Ns, type Quanta, type Ticks, wattsOf } from './units.ts';

/** What the steps of an instance draw. */
export interface StepPower {
  readonly accelerator: PowerParameters;
  /** Of one instance; they work in step, so each draws the same. */
  readonly accelerators: number;
}

/** The straight line between two knots may lie this share off the formula. */
const TABLE_TOLERANCE = 1 / 512;

/** Energy of the steps of one pool: its draw in the mean over a step, times the duration of the step. */
export class StepEnergy {
  readonly #step: RooflineParameters;
  readonly #power: StepPower;

  constructor(step: RooflineParameters, power: StepPower) {
    this.#step = step;
    this.#power = power;
  }

  /** @param ticks how long the step takes at its clock */
  quantaOf(step: StepShape, ticks: Ticks): Quanta {
    const { accelerator, accelerators } = this.#power;
    const ns = ticks / TICKS_PER_NS;
    const watts = busyWatts(accelerator, this.#use(step, step.clock === 1 ? ns : undefined), step.clock);
    return Math.round(accelerators * watts * (ns / NS_PER_S) * QUANTA_PER_JOULE);
  }

  /** Lowest clock of the accelerator, relative to the highest. */
  get leastClock(): number {
    return this.#power.accelerator.leastClock;
  }

  /** One step of the accelerator's clock below another. */
  clockBelow(clock: number): number {
    return lowerClock(this.#power.accelerator, clock);
  }

  /** The highest step of the clock, at most that of the step, at which it draws no more than the cap; or the lowest. */
  clockUnder(step: StepShape, capWatts: number): number {
    const { accelerator } = this.#power;
    const highest = clockUnderCap(accelerator, this.#use(step, undefined), capWatts);
    return Math.min(step.clock, steppedClock(accelerator, highest));
  }

  /** Draw of one accelerator in a decode step, as its piece has it. */
  wattsOnLine(piece: DecodePiece, kvTokens: number): number {
    const quanta = piece.fixedQuanta + piece.quantaPerKvToken * kvTokens;
    return wattsOf(quanta, piece.fixedTicks + piece.ticksPerKvToken * kvTokens) / this.#power.accelerators;
  }

  /** How much of the accelerator a step uses is known at full clock. */
  #use(step: StepShape, fullNs: Ns | undefined): StepUse {
    return stepUse(this.#step, step, fullNs ?? stepNs(this.#step, { ...step, clock: 1 }));
  }

  /**
   * Pieces with the energy of their steps. A piece is divided where a straight line would be too far off; what it says of
   * durations stays the same. Each line starts where the one before ends, as those of durations do.
   *
   * @param quantaAt of a step that attends to so many KV tokens
   */
  static tabulate(pieces: readonly DecodePiece[], from: number, quantaAt: (kvTokens: number) => Quanta): DecodePiece[] {
    const divided: DecodePiece[] = [];
    let knot = from;
    let knotQuanta = quantaAt(from);
    // At its end, at two thirds of the way, at two thirds of that, and so on: a line may be long, and the formula bend anywhere.
    // So near to the knot that KV tokens are the same within the tolerance, energy is, too.
    const isStraight = (slope: number, end: number): boolean => {
      for (let along = end; along > TABLE_TOLERANCE * knot; along = Math.floor((2 * along) / 3)) {
        const formula = quantaAt(knot + along);
        if (Math.abs(knotQuanta + slope * along - formula) > TABLE_TOLERANCE * formula) return false;
      }
      return true;
    };
    const cover = (piece: DecodePiece, until: number): void => {
      const slope = Math.max(0, Math.round((quantaAt(until) - knotQuanta) / (until - knot)));
      const middle = Math.floor((knot + until) / 2);
      if (middle === knot || isStraight(slope, until - knot)) {
        const fixedQuanta = knotQuanta - slope * knot;
        divided.push({ ...piece, fixedQuanta, quantaPerKvToken: slope, untilKvTokens: until });
        knotQuanta = fixedQuanta + slope * until;
        knot = until;
      } else {
        cover(piece, middle);
        cover(piece, until);
      }
    };
    for (const piece of pieces) cover(piece, piece.untilKvTokens);
    return divided;
  }
}

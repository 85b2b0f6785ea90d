import type { PowerParameters } from './power-model.ts';
import { busyWatts, stepUse } from './power-model.ts';
import type { DecodePiece } from './ports.ts';
import { stepNs } from './roofline-formula.ts';
import type { RooflineParameters, StepShape } from './roofline-types.ts';
import { NS_PER_S, QUANTA_PER_JOULE, TICKS_PER_NS, type Quanta, type Ticks } from './units.ts';

/** What the steps of an instance draw. */
export interface StepPower {
  readonly accelerator: PowerParameters;
  /** Of one instance; they work in step, so each draws the same. */
  readonly accelerators: number;
}

/** The straight line between two knots may lie this share off the formula at its middle and its end. */
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
    // How much of the accelerator a step uses is known at full clock.
    const fullNs = step.clock === 1 ? ns : stepNs(this.#step, { ...step, clock: 1 });
    const watts = busyWatts(accelerator, stepUse(this.#step, step, fullNs), step.clock);
    return Math.round(accelerators * watts * (ns / NS_PER_S) * QUANTA_PER_JOULE);
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
    const cover = (piece: DecodePiece, until: number): void => {
      const end = quantaAt(until);
      const slope = Math.max(0, Math.round((end - knotQuanta) / (until - knot)));
      const middle = Math.floor((knot + until) / 2);
      const isNear = (kvTokens: number, formula: Quanta) =>
        Math.abs(knotQuanta + slope * (kvTokens - knot) - formula) <= TABLE_TOLERANCE * formula;
      if (middle === knot || (isNear(until, end) && isNear(middle, quantaAt(middle)))) {
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

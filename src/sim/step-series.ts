import { MAX_SEGMENT_QUANTA, MAX_SEGMENT_TICKS, type Quanta, type Ticks } from './units.ts';

/** Steps of one segment that follow no formula: what the first 0, 1, 2 … of them last, and consume, together. */
export class StepSeries {
  /** More steps than that are rarely alike, and would be priced in vain where the segment is cut. */
  static readonly capacity = 64;
  readonly #ticks = new Float64Array(StepSeries.capacity + 1);
  readonly #quanta = new Float64Array(StepSeries.capacity + 1);
  #steps = 0;

  clear(): void {
    this.#steps = 0;
  }

  /** One more, of at most `capacity`; answers false, and adds nothing, where sums could no longer be exact. */
  add(ticks: Ticks, quanta: Quanta): boolean {
    const steps = this.#steps;
    const allTicks = this.#ticks[steps]! + ticks;
    const allQuanta = this.#quanta[steps]! + quanta;
    const isExact = allTicks <= MAX_SEGMENT_TICKS && allQuanta <= MAX_SEGMENT_QUANTA;
    if (steps > 0 && !isExact) return false;
    this.#steps = steps + 1;
    this.#ticks[steps + 1] = allTicks;
    this.#quanta[steps + 1] = allQuanta;
    return true;
  }

  /** Of the first `steps` steps. */
  ticksOf(steps: number): Ticks {
    return this.#ticks[steps]!;
  }

  quantaOf(steps: number): Quanta {
    return this.#quanta[steps]!;
  }

  /** The smallest number of steps, from 1 to `limit`, that together last at least `ticks`; `limit` if even they do not. */
  stepsLasting(ticks: Ticks, limit: number): number {
    let steps = 1;
    while (steps < limit && this.#ticks[steps]! < ticks) steps++;
    return steps;
  }
}

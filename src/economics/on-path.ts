import type { RunPlan } from '../sim/plan.ts';
import type { RowSink } from '../sim/ports.ts';
import type { TimelineColumns } from '../sim/records.ts';
import type { Ns } from '../sim/units.ts';

/** How many instances are held over a stretch of the measured window: switched on, or lent to background work. */
export interface OnPiece {
  readonly ns: Ns;
  /** One per pool: the mean over the stretch, which is the number where none comes or goes. */
  readonly instances: readonly number[];
}

/**
 * Which instances the pools have switched on over the measured window, interval by interval; give it to the simulation as
 * a sink of the timeline. Stretches of equal numbers are one piece, so a fleet that does not change has one.
 */
export class OnPath implements RowSink<TimelineColumns> {
  readonly #plan: Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'pools'>;
  readonly #pieces: OnPiece[] = [];
  /** The interval whose rows are coming. */
  #startNs: Ns = NaN;
  #endNs: Ns = NaN;
  #onNs: number[] = [];

  constructor(plan: Pick<RunPlan, 'warmUpNs' | 'horizonNs' | 'pools'>) {
    this.#plan = plan;
  }

  /** Of the intervals that lie in the measured window, in their order. */
  get pieces(): readonly OnPiece[] {
    this.#close();
    return this.#pieces;
  }

  flush(columns: TimelineColumns, rows: number): void {
    const { warmUpNs, horizonNs } = this.#plan;
    for (let row = 0; row < rows; row++) {
      const startNs = columns.startNs[row]!;
      const endNs = columns.endNs[row]!;
      if (startNs < warmUpNs || endNs > horizonNs) continue;
      if (startNs !== this.#startNs) this.#open(startNs, endNs);
      // What is lent is paid for as if it were on.
      this.#onNs[columns.pool[row]!]! += columns.onNs[row]! + columns.lentNs[row]!;
    }
  }

  #open(startNs: Ns, endNs: Ns): void {
    this.#close();
    this.#startNs = startNs;
    this.#endNs = endNs;
    this.#onNs = this.#plan.pools.map(() => 0);
  }

  #close(): void {
    if (Number.isNaN(this.#startNs)) return;
    const ns = this.#endNs - this.#startNs;
    const instances = this.#onNs.map((onNs) => onNs / ns);
    const last = this.#pieces.at(-1);
    if (last?.instances.every((count, pool) => count === instances[pool]) === true) {
      this.#pieces[this.#pieces.length - 1] = { ns: last.ns + ns, instances };
    } else this.#pieces.push({ ns, instances });
    this.#startNs = NaN;
  }
}

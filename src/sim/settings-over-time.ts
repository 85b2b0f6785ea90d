import type { TimelineColumns } from './records.ts';
import type { InstanceIndex, Ns } from './units.ts';

/**
 * Clocks and caps that were in effect, integrated over the current timeline interval: per instance piece by piece in order of
 * time, then over the instances of a pool in ascending order, in double precision.
 */
export class SettingsOverTime {
  readonly #tdpWatts: readonly number[];
  readonly #clocks: Float64Array;
  readonly #capWatts: Float64Array;
  readonly #sinceNs: Float64Array;
  readonly #clockNs: Float64Array;
  readonly #wattNs: Float64Array;

  /** @param tdpWatts one per instance: a cap above it is none */
  constructor(tdpWatts: readonly number[]) {
    this.#tdpWatts = tdpWatts;
    this.#clocks = new Float64Array(tdpWatts.length).fill(1);
    this.#capWatts = Float64Array.from(tdpWatts);
    this.#sinceNs = new Float64Array(tdpWatts.length);
    this.#clockNs = new Float64Array(tdpWatts.length);
    this.#wattNs = new Float64Array(tdpWatts.length);
  }

  set(instance: InstanceIndex, clock: number, capWatts: number, nowNs: Ns): void {
    const cap = Math.min(capWatts, this.#tdpWatts[instance]!);
    if (this.#clocks[instance] === clock && this.#capWatts[instance] === cap) return;
    this.#settle(instance, nowNs);
    this.#clocks[instance] = clock;
    this.#capWatts[instance] = cap;
  }

  write(columns: TimelineColumns, row: number, instances: readonly { readonly index: InstanceIndex }[]): void {
    const endNs = columns.endNs[row]!;
    let clockNs = 0;
    let wattNs = 0;
    for (const { index } of instances) {
      this.#settle(index, endNs);
      clockNs += this.#clockNs[index]!;
      wattNs += this.#wattNs[index]!;
      this.#clockNs[index] = 0;
      this.#wattNs[index] = 0;
    }
    const wholeNs = instances.length * (endNs - columns.startNs[row]!);
    columns.clockShare[row] = clockNs / wholeNs;
    columns.capWatts[row] = wattNs / wholeNs;
  }

  #settle(instance: InstanceIndex, nowNs: Ns): void {
    const pieceNs = nowNs - this.#sinceNs[instance]!;
    this.#clockNs[instance]! += this.#clocks[instance]! * pieceNs;
    this.#wattNs[instance]! += this.#capWatts[instance]! * pieceNs;
    this.#sinceNs[instance] = nowNs;
  }
}

import type { RunPlan } from '../sim/plan.ts';
import { NS_PER_S } from '../sim/units.ts';

/** The largest mean draw of a whole interval, W; −Infinity where there was none. */
export interface PeakDraw {
  /** All accelerators together. */
  readonly acceleratorWatts: number;
  /** With servers, network, cooling and conversion. */
  readonly siteWatts: number;
}

/** Peaks of the fleet, of every region and of every pool: what draws together is added up interval by interval. */
export class PowerPeaks {
  readonly #regionOfPool: readonly number[];
  readonly #firstPool: number;
  readonly #intervalNs: number;
  readonly #acceleratorJoules: Float64Array;
  readonly #siteJoules: Float64Array;
  readonly #acceleratorWatts: Float64Array;
  readonly #siteWatts: Float64Array;
  #startNs = -1;
  #lengthNs = 0;

  constructor({ regions, pools, timelineIntervalNs }: Pick<RunPlan, 'regions' | 'pools' | 'timelineIntervalNs'>) {
    const groups = 1 + regions.length + pools.length;
    this.#regionOfPool = pools.map(({ region }) => region);
    this.#firstPool = 1 + regions.length;
    this.#intervalNs = timelineIntervalNs;
    this.#acceleratorJoules = new Float64Array(groups);
    this.#siteJoules = new Float64Array(groups);
    this.#acceleratorWatts = new Float64Array(groups).fill(-Infinity);
    this.#siteWatts = new Float64Array(groups).fill(-Infinity);
  }

  /** What one pool took in an interval; intervals come in order, each with all pools. */
  add(pool: number, startNs: number, lengthNs: number, acceleratorJoules: number, siteJoules: number): void {
    if (startNs !== this.#startNs) this.#settle();
    this.#startNs = startNs;
    this.#lengthNs = lengthNs;
    for (const group of [0, 1 + this.#regionOfPool[pool]!, this.#firstPool + pool]) {
      this.#acceleratorJoules[group]! += acceleratorJoules;
      this.#siteJoules[group]! += siteJoules;
    }
  }

  fleet(): PeakDraw {
    return this.#peak(0);
  }

  region(region: number): PeakDraw {
    return this.#peak(1 + region);
  }

  pool(pool: number): PeakDraw {
    return this.#peak(this.#firstPool + pool);
  }

  #peak(group: number): PeakDraw {
    this.#settle();
    return { acceleratorWatts: this.#acceleratorWatts[group]!, siteWatts: this.#siteWatts[group]! };
  }

  /** A step counts where it ends: in an interval that was cut short, one step would look like a peak. */
  #settle(): void {
    const seconds = this.#lengthNs / NS_PER_S;
    if (this.#lengthNs >= this.#intervalNs) {
      for (let group = 0; group < this.#siteJoules.length; group++) {
        const acceleratorWatts = this.#acceleratorJoules[group]! / seconds;
        const siteWatts = this.#siteJoules[group]! / seconds;
        this.#acceleratorWatts[group] = Math.max(this.#acceleratorWatts[group]!, acceleratorWatts);
        this.#siteWatts[group] = Math.max(this.#siteWatts[group]!, siteWatts);
      }
    }
    this.#acceleratorJoules.fill(0);
    this.#siteJoules.fill(0);
    this.#lengthNs = 0;
  }
}

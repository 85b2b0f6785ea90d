import type { FleetView } from '../../sim/ports.ts';
import { type InstanceIndex, NS_PER_S } from '../../sim/units.ts';

/**
 * What a router needs of a pool to foresee TTFT and TPOT there. TTFT: the prompts that it has sent to the instance and that
 * have no first token yet, and this one, at the speed of prefill; and one step of those who decode. TPOT: a step of the batch
 * with it. It knows nothing of caches, so it errs on the late side; without a free place in the batch there is no
 * saying.
 */
export class PoolPrediction {
  /** With so many outstanding requests there is no free place. */
  readonly maxNumSeqs: number;
  readonly nsPerPromptToken: number;
  /**
   * By number of outstanding requests, up to maxNumSeqs, a decode step with one more; Infinity where there is no free place.
   * NaN: not estimated yet, which shows in whatever is computed from it, so a scan need not ask for each.
   */
  readonly stepNs: Float64Array;

  constructor(fleet: FleetView, instance: InstanceIndex) {
    this.maxNumSeqs = fleet.maxNumSeqs(instance);
    this.nsPerPromptToken = NS_PER_S / fleet.prefillTokensPerS(instance);
    this.stepNs = new Float64Array(this.maxNumSeqs + 1).fill(NaN);
    this.stepNs[this.maxNumSeqs] = Infinity;
  }

  estimateStep(fleet: FleetView, instance: InstanceIndex, outstanding: number): void {
    this.stepNs[outstanding] = fleet.decodeStepNs(instance, outstanding + 1);
  }
}

/** The predictions of every pool that was asked about. */
export class Predictions {
  readonly #pools: PoolPrediction[] = [];

  of(fleet: FleetView, instance: InstanceIndex): PoolPrediction {
    const pool = fleet.pool(instance);
    const known = this.#pools[pool];
    if (known !== undefined) return known;
    const added = new PoolPrediction(fleet, instance);
    this.#pools[pool] = added;
    return added;
  }
}

import type { Instance } from './instance.ts';
import type { FleetView } from './ports.ts';
import type { InstanceIndex, ModelIndex, PoolIndex } from './units.ts';

/** The instances as a router sees them: the ones eligible for the request that was selected last. */
export class Fleet implements FleetView {
  eligibleCount = 0;
  readonly outstanding: Int32Array;
  readonly #instances: readonly Instance[];
  #eligible: Int32Array;
  /** Per model: its instances in ascending order, and one instance of each of its pools. */
  readonly #ofModel: Int32Array[] = [];
  readonly #poolsOfModel: Instance[][] = [];
  readonly #scratch: Int32Array;

  /** @param modelOfPool model index of every pool */
  constructor(instances: readonly Instance[], modelOfPool: readonly ModelIndex[], models: number) {
    this.#instances = instances;
    this.outstanding = new Int32Array(instances.length);
    this.#scratch = new Int32Array(instances.length);
    this.#eligible = this.#scratch;
    for (let model = 0; model < models; model++) {
      const own = instances.filter((instance) => modelOfPool[instance.pool] === model);
      this.#ofModel.push(Int32Array.from(own, (instance) => instance.index));
      this.#poolsOfModel.push(own.filter((instance, k) => k === 0 || instance.pool !== own[k - 1]!.pool));
    }
  }

  /** Look at the instances of a model that can ever fit such a request; answers how many there are. */
  select(model: ModelIndex, promptTokens: number, outputTokens: number): number {
    const pools = this.#poolsOfModel[model]!;
    let fitting = 0;
    for (let k = 0; k < pools.length; k++) if (pools[k]!.canEverFit(promptTokens, outputTokens)) fitting++;
    if (fitting === pools.length) {
      this.#eligible = this.#ofModel[model]!;
      this.eligibleCount = this.#eligible.length;
    } else {
      this.#selectSome(this.#ofModel[model]!, promptTokens, outputTokens);
    }
    return this.eligibleCount;
  }

  eligible(k: number): InstanceIndex {
    return this.#eligible[k]!;
  }

  outstandingRequests(instance: InstanceIndex): number {
    return this.outstanding[instance]!;
  }

  waitingRequests(instance: InstanceIndex): number {
    return this.#instances[instance]!.waiting.size;
  }

  pool(instance: InstanceIndex): PoolIndex {
    return this.#instances[instance]!.pool;
  }

  #selectSome(candidates: Int32Array, promptTokens: number, outputTokens: number): void {
    let count = 0;
    for (const index of candidates) {
      if (this.#instances[index]!.canEverFit(promptTokens, outputTokens)) this.#scratch[count++] = index;
    }
    this.#eligible = this.#scratch;
    this.eligibleCount = count;
  }
}

import type { Instance } from './instance.ts';
import type { FleetView } from './ports.ts';
import type { InstanceIndex, ModelIndex, PoolIndex } from './units.ts';

/** The instances as a router sees them: the ones eligible for the request that was selected last, if they are ready. */
export class Fleet implements FleetView {
  eligibleCount = 0;
  readonly outstanding: Int32Array;
  readonly #instances: readonly Instance[];
  #eligible: Int32Array;
  /** All there are, by model, … */
  readonly #ofModel: readonly InstancesOfModel[];
  /** … and of these, the ones that take requests. */
  readonly #offered: InstancesOfModel[];
  readonly #scratch: Int32Array;

  /** @param modelOfPool model index of every pool */
  constructor(instances: readonly Instance[], modelOfPool: readonly ModelIndex[], models: number) {
    this.#instances = instances;
    this.outstanding = new Int32Array(instances.length);
    this.#scratch = new Int32Array(instances.length);
    this.#eligible = this.#scratch;
    this.#ofModel = Array.from({ length: models }, (_, model) =>
      instancesOf(instances.filter((instance) => modelOfPool[instance.pool] === model)),
    );
    this.#offered = [...this.#ofModel];
  }

  /** Offer only those instances of a model that are ready, from now on. */
  offer(model: ModelIndex, isReady: (instance: InstanceIndex) => boolean): void {
    const { first, decode } = this.#ofModel[model]!;
    const ready = [...first.instances, ...decode.instances].filter(isReady).sort((a, b) => a - b);
    this.#offered[model] = instancesOf(ready.map((index) => this.#instances[index]!));
  }

  /** Whether any instance of a model could take such a request if it were ready. Nobody is selected after that. */
  couldTake(model: ModelIndex, promptTokens: number, outputTokens: number): boolean {
    const count = this.#selectFrom(this.#ofModel[model]!, promptTokens, outputTokens);
    this.eligibleCount = 0;
    return count > 0;
  }

  /** Look at the instances of a model that can begin with such a request; answers how many there are. */
  select(model: ModelIndex, promptTokens: number, outputTokens: number): number {
    return this.#selectFrom(this.#offered[model]!, promptTokens, outputTokens);
  }

  #selectFrom(instances: InstancesOfModel, promptTokens: number, outputTokens: number): number {
    const { first, alone, decode, mostLocalTokens } = instances;
    if (promptTokens <= mostLocalTokens && this.#selectLocal(decode, promptTokens, outputTokens) > 0) {
      return this.eligibleCount;
    }
    // A prompt that nobody could go on with is not worth computing.
    const whole = decode.pools.length === 0 || fittingPools(decode, promptTokens, outputTokens) > 0;
    return this.#select(whole ? first : alone, promptTokens, outputTokens);
  }

  /** Look at the instances of a model that can go on with such a request after its prefill. */
  selectDecode(model: ModelIndex, promptTokens: number, outputTokens: number): number {
    return this.#select(this.#offered[model]!.decode, promptTokens, outputTokens);
  }

  eligible(k: number): InstanceIndex {
    return this.#eligible[k]!;
  }

  outstandingRequests(instance: InstanceIndex): number {
    return this.outstanding[instance]!;
  }

  waitingRequests(instance: InstanceIndex): number {
    return this.#instances[instance]!.waitingRequests;
  }

  pool(instance: InstanceIndex): PoolIndex {
    return this.#instances[instance]!.pool;
  }

  #selectLocal({ instances }: Candidates, promptTokens: number, outputTokens: number): number {
    let count = 0;
    for (const index of instances) {
      const instance = this.#instances[index]!;
      const takesIt = promptTokens <= instance.localPrefillTokens && instance.canEverFit(promptTokens, outputTokens);
      if (takesIt) this.#scratch[count++] = index;
    }
    this.#eligible = this.#scratch;
    this.eligibleCount = count;
    return count;
  }

  #select(candidates: Candidates, promptTokens: number, outputTokens: number): number {
    if (fittingPools(candidates, promptTokens, outputTokens) === candidates.pools.length) {
      this.#eligible = candidates.instances;
      this.eligibleCount = candidates.instances.length;
    } else {
      this.#selectSome(candidates.instances, promptTokens, outputTokens);
    }
    return this.eligibleCount;
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

/** Instances in ascending order, and one instance of each of their pools. */
interface Candidates {
  readonly instances: Int32Array;
  readonly pools: readonly Instance[];
}

interface InstancesOfModel {
  /** Where clients' requests can go, … */
  readonly first: Candidates;
  /** … those of them that need no other to finish, … */
  readonly alone: Candidates;
  /** … and where the others hand their requests over to. */
  readonly decode: Candidates;
  /** Longest prompt that any of those takes from clients itself. */
  readonly mostLocalTokens: number;
}

function instancesOf(own: readonly Instance[]): InstancesOfModel {
  const first = own.filter(({ role }) => role !== 'decode');
  const decode = own.filter(({ role }) => role === 'decode');
  return {
    first: candidatesOf(first),
    alone: candidatesOf(first.filter(({ role }) => role === 'mixed')),
    decode: candidatesOf(decode),
    mostLocalTokens: decode.reduce((most, { localPrefillTokens }) => Math.max(most, localPrefillTokens), 0),
  };
}

function candidatesOf(instances: readonly Instance[]): Candidates {
  return {
    instances: Int32Array.from(instances, ({ index }) => index),
    pools: instances.filter(({ pool }, k) => k === 0 || pool !== instances[k - 1]!.pool),
  };
}

function fittingPools({ pools }: Candidates, promptTokens: number, outputTokens: number): number {
  let fitting = 0;
  for (let k = 0; k < pools.length; k++) if (pools[k]!.canEverFit(promptTokens, outputTokens)) fitting++;
  return fitting;
}

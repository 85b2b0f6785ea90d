import { type Candidates, type InstancesOfModel, fittingPools, instancesOf } from './candidates.ts';
import { type FleetColumns, markStretches } from './fleet-columns.ts';
import type { Instance } from './instance.ts';
import type { PoolRole } from './plan.ts';
import type { PoolFacts } from './pool-facts.ts';
import type { FleetView } from './ports.ts';
import type { Telemetry } from './telemetry.ts';
import type { InstanceIndex, ModelIndex, Ns, PoolIndex, RequestIndex } from './units.ts';

/** A class, because an object with getters of its own has a shape of its own, and V8 keeps all that it sees until it collects the whole heap. */
class SeenColumns implements FleetColumns {
  eligible: Int32Array;
  stretchEnd: Int32Array;
  readonly outstandingRequests: Int32Array;
  readonly outstandingPromptTokens: Float64Array;
  readonly #telemetry: Telemetry;

  constructor(
    outstanding: Int32Array,
    promptTokens: Float64Array,
    telemetry: Telemetry,
    eligible: Int32Array,
    stretchEnd: Int32Array,
  ) {
    this.outstandingRequests = outstanding;
    this.outstandingPromptTokens = promptTokens;
    this.#telemetry = telemetry;
    this.eligible = eligible;
    this.stretchEnd = stretchEnd;
  }

  get reportedWaitingRequests(): Int32Array {
    return this.#telemetry.waitingRequests;
  }

  get reportedKvUse(): Float64Array {
    return this.#telemetry.kvUse;
  }
}

/** The instances as a router sees them: the ones eligible for the request that was selected last, if they are ready. */
export class Fleet implements FleetView {
  eligibleCount = 0;
  readonly outstanding: Int32Array;
  readonly promptTokens: Float64Array;
  readonly columns: SeenColumns;
  readonly #instances: readonly Instance[];
  readonly #telemetry: Telemetry;
  readonly #facts: PoolFacts;
  readonly #poolOf: Int32Array;
  #eligible: Int32Array;
  /** All there are, by model, … */
  readonly #ofModel: readonly InstancesOfModel[];
  /** … and of these, the ones that take requests. */
  readonly #offered: InstancesOfModel[];
  readonly #scratch: Int32Array;
  readonly #scratchEnd: Int32Array;
  /** The moment of the look. */
  #nowNs: Ns = 0;

  /** @param modelOfPool model index of every pool */
  constructor(
    instances: readonly Instance[],
    modelOfPool: readonly ModelIndex[],
    models: number,
    telemetry: Telemetry,
    facts: PoolFacts,
  ) {
    this.#instances = instances;
    this.#telemetry = telemetry;
    this.#facts = facts;
    this.#poolOf = Int32Array.from(instances, ({ pool }) => pool);
    this.outstanding = new Int32Array(instances.length);
    this.promptTokens = new Float64Array(instances.length);
    this.#scratch = new Int32Array(instances.length);
    this.#eligible = this.#scratch;
    this.#scratchEnd = new Int32Array(instances.length);
    this.columns = new SeenColumns(this.outstanding, this.promptTokens, telemetry, this.#eligible, this.#scratchEnd);
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

  /** What is seen is seen now. */
  lookAt(nowNs: Ns): void {
    this.#nowNs = nowNs;
    this.#telemetry.look(nowNs);
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

  isEligible(instance: InstanceIndex): boolean {
    const eligible = this.#eligible;
    let low = 0;
    let high = this.eligibleCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (eligible[middle]! < instance) low = middle + 1;
      else high = middle;
    }
    return low < this.eligibleCount && eligible[low] === instance;
  }

  leastOutstanding(): InstanceIndex {
    const { outstanding, eligibleCount } = this;
    const eligible = this.#eligible;
    let best = eligible[0]!;
    let fewest = outstanding[best]!;
    const last = eligible[eligibleCount - 1]!;
    if (last - best === eligibleCount - 1) {
      // One next to the other, as they mostly are: nothing to look up.
      for (let instance = best + 1; instance <= last; instance++) {
        if (outstanding[instance]! >= fewest) continue;
        best = instance;
        fewest = outstanding[instance]!;
      }
      return best;
    }
    for (let k = 1; k < eligibleCount; k++) {
      const instance = eligible[k]!;
      if (outstanding[instance]! >= fewest) continue;
      best = instance;
      fewest = outstanding[instance]!;
    }
    return best;
  }

  totalOutstanding(): number {
    const { outstanding, eligibleCount } = this;
    const eligible = this.#eligible;
    const first = eligible[0]!;
    const last = eligible[eligibleCount - 1]!;
    let total = 0;
    if (last - first === eligibleCount - 1) {
      for (let instance = first; instance <= last; instance++) total += outstanding[instance]!;
    } else {
      for (let k = 0; k < eligibleCount; k++) total += outstanding[eligible[k]!]!;
    }
    return total;
  }

  outstandingRequests(instance: InstanceIndex): number {
    return this.outstanding[instance]!;
  }

  waitingRequests(instance: InstanceIndex): number {
    return this.#instances[instance]!.waitingRequests;
  }

  outstandingPromptTokens(instance: InstanceIndex): number {
    return this.promptTokens[instance]!;
  }

  reportedWaitingRequests(instance: InstanceIndex): number {
    return this.#telemetry.waitingRequests[instance]!;
  }

  reportedRunningRequests(instance: InstanceIndex): number {
    return this.#telemetry.runningRequests[instance]!;
  }

  reportedKvUse(instance: InstanceIndex): number {
    return this.#telemetry.kvUse[instance]!;
  }

  cachedTokens(instance: InstanceIndex, request: RequestIndex): number {
    return this.#instances[instance]!.cachedTokens(request, this.#nowNs);
  }

  pool(instance: InstanceIndex): PoolIndex {
    return this.#poolOf[instance]!;
  }

  role(instance: InstanceIndex): PoolRole {
    return this.#instances[instance]!.role;
  }

  rentUsdPerHour(instance: InstanceIndex): number {
    return this.#facts.rentUsdPerHour[this.#poolOf[instance]!]!;
  }

  maxNumSeqs(instance: InstanceIndex): number {
    return this.#facts.maxNumSeqs[this.#poolOf[instance]!]!;
  }

  blockTokens(instance: InstanceIndex): number {
    return this.#facts.blockTokens[this.#poolOf[instance]!]!;
  }

  prefillTokensPerS(instance: InstanceIndex): number {
    return this.#facts.prefillTokensPerS(this.#poolOf[instance]!);
  }

  decodeStepNs(instance: InstanceIndex, seqs: number): Ns {
    return this.#facts.decodeStepNs(this.#poolOf[instance]!, seqs);
  }

  prefillJoulesPerToken(instance: InstanceIndex): number {
    return this.#facts.prefillJoulesPerToken(this.#poolOf[instance]!);
  }

  decodeStepJoules(instance: InstanceIndex, seqs: number): number {
    return this.#facts.decodeStepJoules(this.#poolOf[instance]!, seqs);
  }

  #selectLocal({ instances }: Candidates, promptTokens: number, outputTokens: number): number {
    let count = 0;
    for (const index of instances) {
      const instance = this.#instances[index]!;
      const takesIt = promptTokens <= instance.localPrefillTokens && instance.canEverFit(promptTokens, outputTokens);
      if (takesIt) this.#scratch[count++] = index;
    }
    this.#takeScratch(count);
    return count;
  }

  #select(candidates: Candidates, promptTokens: number, outputTokens: number): number {
    if (fittingPools(candidates, promptTokens, outputTokens) === candidates.pools.length) {
      this.#eligible = candidates.instances;
      this.columns.eligible = candidates.instances;
      this.columns.stretchEnd = candidates.stretchEnd;
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
    this.#takeScratch(count);
  }

  #takeScratch(count: number): void {
    markStretches(this.#scratch, count, this.#poolOf, this.#scratchEnd);
    this.#eligible = this.#scratch;
    this.columns.eligible = this.#scratch;
    this.columns.stretchEnd = this.#scratchEnd;
    this.eligibleCount = count;
  }
}

import { assert } from './assert.ts';
import type { PowerSink } from './ports.ts';
import type { InstanceIndex, Ns } from './units.ts';

/** Who makes settings effective. */
export interface PowerListener {
  /** From the next step on. */
  setPower(instance: InstanceIndex, clock: number, capWatts: number, maxRunning: number): void;
  /** From the next request on. */
  setTurnedAway(workload: number, isTurnedAway: boolean): void;
}

interface InstanceOrder {
  readonly dueNs: Ns;
  readonly instance: InstanceIndex;
  readonly clock: number;
  readonly capWatts: number;
  readonly maxRunning: number;
}

interface WorkloadOrder {
  readonly dueNs: Ns;
  readonly workload: number;
  readonly isTurnedAway: boolean;
}

/** What a power policy has ordered, and what of it is in effect. An order that changes nothing is none. */
export class PowerSettings implements PowerSink {
  /** The moment at which orders are given. */
  nowNs: Ns = 0;
  /** As ordered last. */
  readonly clocks: Float64Array;
  readonly caps: Float64Array;
  readonly maxRunning: Float64Array;
  readonly turnedAway: Uint8Array;
  /** In effect, but for the brake. */
  readonly #clocks: Float64Array;
  readonly #caps: Float64Array;
  readonly #maxRunning: Float64Array;
  readonly #actuationNs: Ns;
  readonly #listener: PowerListener;
  readonly #brakeClock: number;
  readonly #isBraked: (instance: InstanceIndex) => boolean;
  readonly #orders: (InstanceOrder | WorkloadOrder)[] = [];

  /** @param brake the clock of braked instances, and who they are */
  constructor(
    size: { readonly instances: number; readonly workloads: number },
    actuationNs: Ns,
    brake: { readonly clock: number; isBraked(instance: InstanceIndex): boolean },
    listener: PowerListener,
  ) {
    this.clocks = new Float64Array(size.instances).fill(1);
    this.caps = new Float64Array(size.instances).fill(Infinity);
    this.maxRunning = new Float64Array(size.instances).fill(Infinity);
    this.turnedAway = new Uint8Array(size.workloads);
    this.#clocks = this.clocks.slice();
    this.#caps = this.caps.slice();
    this.#maxRunning = this.maxRunning.slice();
    this.#actuationNs = actuationNs;
    this.#listener = listener;
    this.#brakeClock = brake.clock;
    this.#isBraked = (instance) => brake.isBraked(instance);
  }

  /** When the next order takes effect; Infinity when none is on its way. */
  get nextNs(): Ns {
    return this.#orders[0]?.dueNs ?? Infinity;
  }

  /** Orders that are due take effect. */
  obey(nowNs: Ns): void {
    while (this.#orders.length > 0 && this.#orders[0]!.dueNs === nowNs) {
      const order = this.#orders.shift()!;
      if ('workload' in order) this.#listener.setTurnedAway(order.workload, order.isTurnedAway);
      else {
        const { instance, clock, capWatts, maxRunning } = order;
        this.#clocks[instance] = clock;
        this.#caps[instance] = capWatts;
        this.#maxRunning[instance] = maxRunning;
        this.apply(instance);
      }
    }
  }

  /** What is in effect, and the brake. */
  apply(instance: InstanceIndex): void {
    const ordered = this.#clocks[instance]!;
    const clock = this.#isBraked(instance) ? Math.min(ordered, this.#brakeClock) : ordered;
    this.#listener.setPower(instance, clock, this.#caps[instance]!, this.#maxRunning[instance]!);
  }

  setClock(instance: InstanceIndex, clock: number): void {
    assert(clock > 0 && clock <= 1, 'a clock is in (0, 1]');
    if (this.clocks[instance] === clock) return;
    this.clocks[instance] = clock;
    this.#order(instance);
  }

  /** Accelerators are capped at whole watts. */
  setCap(instance: InstanceIndex, watts: number): void {
    assert(watts >= 0, 'a cap is not negative');
    const whole = Math.floor(watts);
    if (this.caps[instance] === whole) return;
    this.caps[instance] = whole;
    this.#order(instance);
  }

  setMaxRunning(instance: InstanceIndex, requests: number): void {
    assert(requests >= 1 && Math.floor(requests) === requests, 'a limit of a batch is whole and at least 1');
    if (this.maxRunning[instance] === requests) return;
    this.maxRunning[instance] = requests;
    this.#order(instance);
  }

  setTurnedAway(workload: number, isTurnedAway: boolean): void {
    const state = isTurnedAway ? 1 : 0;
    if (this.turnedAway[workload] === state) return;
    this.turnedAway[workload] = state;
    this.#orders.push({ dueNs: this.nowNs + this.#actuationNs, workload, isTurnedAway });
  }

  #order(instance: InstanceIndex): void {
    this.#orders.push({
      dueNs: this.nowNs + this.#actuationNs,
      instance,
      clock: this.clocks[instance]!,
      capWatts: this.caps[instance]!,
      maxRunning: this.maxRunning[instance]!,
    });
  }
}

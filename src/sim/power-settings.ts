import { assert } from './assert.ts';
import { SettingsOverTime } from './settings-over-time.ts';
import type { PowerSink } from './ports.ts';
import type { TimelineColumns } from './records.ts';
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
  readonly #inEffect: SettingsOverTime;
  /** In effect, but for the brake. */
  readonly #clocks: Float64Array;
  readonly #caps: Float64Array;
  readonly #maxRunning: Float64Array;
  readonly #actuationNs: Ns;
  readonly #listener: PowerListener;
  readonly #brakeClock: number;
  readonly #isBraked: (instance: InstanceIndex) => boolean;
  readonly #orders: (InstanceOrder | WorkloadOrder)[] = [];

  /**
   * @param tdpWatts one per instance
   * @param brake the clock of braked instances, and who they are
   */
  constructor(
    size: { readonly workloads: number; readonly tdpWatts: readonly number[] },
    actuationNs: Ns,
    brake: { readonly clock: number; isBraked(instance: InstanceIndex): boolean },
    listener: PowerListener,
  ) {
    const instances = size.tdpWatts.length;
    this.#inEffect = new SettingsOverTime(size.tdpWatts);
    this.clocks = new Float64Array(instances).fill(1);
    this.caps = new Float64Array(instances).fill(Infinity);
    this.maxRunning = new Float64Array(instances).fill(Infinity);
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
    const changed = new Set<InstanceIndex>();
    while (this.#orders.length > 0 && this.#orders[0]!.dueNs === nowNs) {
      const order = this.#orders.shift()!;
      if ('workload' in order) this.#listener.setTurnedAway(order.workload, order.isTurnedAway);
      else {
        const { instance, clock, capWatts, maxRunning } = order;
        this.#clocks[instance] = clock;
        this.#caps[instance] = capWatts;
        this.#maxRunning[instance] = maxRunning;
        changed.add(instance);
      }
    }
    for (const instance of changed) this.apply(instance);
  }

  /** What is in effect, and the brake. */
  apply(instance: InstanceIndex): void {
    const ordered = this.#clocks[instance]!;
    const clock = this.#isBraked(instance) ? Math.min(ordered, this.#brakeClock) : ordered;
    const capWatts = this.#caps[instance]!;
    this.#inEffect.set(instance, clock, capWatts, this.nowNs);
    this.#listener.setPower(instance, clock, capWatts, this.#maxRunning[instance]!);
  }

  /** The means of an interval that ends; the next one begins. @param instances of the pool of the row, in ascending order */
  write(columns: TimelineColumns, row: number, instances: readonly { readonly index: InstanceIndex }[]): void {
    this.#inEffect.write(columns, row, instances);
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

import { assert } from './assert.ts';
import type { Instance } from './instance.ts';
import type { PoolRole } from './plan.ts';
import type { PowerControlPlan, PowerDomainTotals } from './power-control-plan.ts';
import { PowerDomains } from './power-domains.ts';
import type { PowerPolicy, PowerSink, SiteView } from './ports.ts';
import { aroundInstance, PowerSnapshot, type PoweredInstance } from './power-telemetry.ts';
import type { SimulationPlan } from './run-parts.ts';
import type { InstanceIndex, Ns, PoolIndex } from './units.ts';

/** Who makes settings effective. */
export interface PowerListener {
  /** From the next step on. */
  setPower(instance: InstanceIndex, clock: number, capWatts: number): void;
}

interface Order {
  readonly dueNs: Ns;
  readonly instance: InstanceIndex;
  readonly clock: number;
  readonly capWatts: number;
}

/**
 * The controller of a run: takes telemetry, gives it to the policy when it has become as old as the plan says, and puts the
 * policy's orders into effect after the plan's delay. At one moment orders take effect first, then telemetry is taken, then
 * the policy decides; so the brake sees what orders have done, and the policy what has just been taken if it is of age 0.
 */
export class PowerControl implements SiteView, PowerSink {
  readonly instanceCount: number;
  readonly domainCount: number;
  readonly #plan: PowerControlPlan;
  readonly #policy: PowerPolicy;
  readonly #instances: readonly PoweredInstance[];
  readonly #domains: PowerDomains;
  readonly #listener: PowerListener;
  /** As ordered last, … */
  readonly #clocks: Float64Array;
  readonly #caps: Float64Array;
  /** … and in effect, but for the brake. */
  readonly #clocksNow: Float64Array;
  readonly #capsNow: Float64Array;
  readonly #orders: Order[] = [];
  /** On their way to the policy, oldest first, and those that can be used again. */
  readonly #coming: PowerSnapshot[] = [];
  readonly #free: PowerSnapshot[] = [];
  /** The one that the policy sees. */
  #seen: PowerSnapshot;
  #nowNs: Ns = 0;
  #nextTelemetryNs: Ns = 0;

  constructor(plan: SimulationPlan, policy: PowerPolicy, instances: readonly Instance[], listener: PowerListener) {
    assert(plan.power !== undefined, 'a power policy without its plan');
    this.#plan = plan.power;
    this.#policy = policy;
    this.#listener = listener;
    this.#instances = instances.map((instance) => {
      const { power, acceleratorsPerInstance: accelerators = 1 } = plan.pools[instance.pool]!;
      assert(power !== undefined, 'power is controlled in pools that say what they draw');
      return { instance, power, accelerators };
    });
    const { domains, telemetryIntervalNs, brake } = plan.power;
    this.#domains = new PowerDomains(domains, this.#instances, telemetryIntervalNs, brake);
    this.instanceCount = instances.length;
    this.domainCount = domains.length;
    this.#clocks = new Float64Array(instances.length).fill(1);
    this.#caps = new Float64Array(instances.length).fill(Infinity);
    this.#clocksNow = this.#clocks.slice();
    this.#capsNow = this.#caps.slice();
    this.#seen = new PowerSnapshot(instances.length, domains.length);
  }

  /** When `tick` must be called next. */
  get nextNs(): Ns {
    const orderNs = this.#orders[0]?.dueNs ?? Infinity;
    const reportNs = this.#coming.length === 0 ? Infinity : this.#coming[0]!.timeNs + this.#plan.telemetryAgeNs;
    return Math.min(this.#nextTelemetryNs, orderNs, reportNs);
  }

  /** Everything that is due at this moment. */
  tick(nowNs: Ns): void {
    this.#nowNs = nowNs;
    this.#obey(nowNs);
    if (nowNs === this.#nextTelemetryNs) this.#takeTelemetry(nowNs);
    if (this.#coming.length > 0 && this.#coming[0]!.timeNs + this.#plan.telemetryAgeNs === nowNs) {
      this.#free.push(this.#seen);
      this.#seen = this.#coming.shift()!;
      this.#policy.decide(this, this, nowNs);
      this.#obey(nowNs);
    }
  }

  totals(): PowerDomainTotals[] {
    return this.#domains.totals();
  }

  #takeTelemetry(nowNs: Ns): void {
    const snapshot = this.#free.pop() ?? new PowerSnapshot(this.instanceCount, this.domainCount);
    snapshot.take(this.#instances, nowNs);
    this.#domains.sum(snapshot);
    this.#coming.push(snapshot);
    this.#nextTelemetryNs = nowNs + this.#plan.telemetryIntervalNs;
    if (!this.#domains.watch(snapshot)) return;
    for (let instance = 0; instance < this.instanceCount; instance++) this.#apply(instance);
  }

  #obey(nowNs: Ns): void {
    while (this.#orders.length > 0 && this.#orders[0]!.dueNs === nowNs) {
      const { instance, clock, capWatts } = this.#orders.shift()!;
      this.#clocksNow[instance] = clock;
      this.#capsNow[instance] = capWatts;
      this.#apply(instance);
    }
  }

  #apply(instance: InstanceIndex): void {
    const { brake } = this.#plan;
    const clock = this.#clocksNow[instance]!;
    const isBraked = brake !== undefined && this.#domains.isBraked(instance);
    this.#listener.setPower(instance, isBraked ? Math.min(clock, brake.clock) : clock, this.#capsNow[instance]!);
  }

  #order(instance: InstanceIndex): void {
    const dueNs = this.#nowNs + this.#plan.actuationNs;
    this.#orders.push({ dueNs, instance, clock: this.#clocks[instance]!, capWatts: this.#caps[instance]! });
  }

  // -------------------------------------------------------------------------------------------- what a policy may set

  setClock(instance: InstanceIndex, clock: number): void {
    assert(clock > 0 && clock <= 1, 'a clock is in (0, 1]');
    if (this.#clocks[instance] === clock) return;
    this.#clocks[instance] = clock;
    this.#order(instance);
  }

  /** Accelerators are capped at whole watts. */
  setCap(instance: InstanceIndex, watts: number): void {
    assert(watts >= 0, 'a cap is not negative');
    const whole = Math.floor(watts);
    if (this.#caps[instance] === whole) return;
    this.#caps[instance] = whole;
    this.#order(instance);
  }

  // -------------------------------------------------------------------------------------------- what it sees

  clock(instance: InstanceIndex): number {
    return this.#clocks[instance]!;
  }

  capWatts(instance: InstanceIndex): number {
    return this.#caps[instance]!;
  }

  pool(instance: InstanceIndex): PoolIndex {
    return this.#instances[instance]!.instance.pool;
  }

  role(instance: InstanceIndex): PoolRole {
    return this.#instances[instance]!.instance.role;
  }

  accelerators(instance: InstanceIndex): number {
    return this.#instances[instance]!.accelerators;
  }

  leastClock(instance: InstanceIndex): number {
    return this.#instances[instance]!.power.accelerator.leastClock;
  }

  isLowPriority(instance: InstanceIndex): boolean {
    return this.#plan.lowPriorityPools.includes(this.pool(instance));
  }

  drawWatts(instance: InstanceIndex): number {
    return this.#seen.drawWatts[instance]!;
  }

  stepNs(instance: InstanceIndex): Ns {
    return this.#seen.stepNs[instance]!;
  }

  waitingRequests(instance: InstanceIndex): number {
    return this.#seen.waitingRequests[instance]!;
  }

  domainSize(domain: number): number {
    return this.#plan.domains[domain]!.instances.length;
  }

  domainInstance(domain: number, k: number): InstanceIndex {
    return this.#plan.domains[domain]!.instances[k]!;
  }

  budgetWatts(domain: number): number {
    return this.#domains.budgetWatts(domain, this.#nowNs);
  }

  domainDrawWatts(domain: number): number {
    return this.#seen.domainWatts[domain]!;
  }

  domainAroundWatts(domain: number): number {
    const { instances, counts } = this.#plan.domains[domain]!;
    if (counts === 'accelerators') return 0;
    return instances.reduce((watts, index) => {
      const { power, accelerators } = this.#instances[index]!;
      return watts + aroundInstance(power, accelerators, true);
    }, 0);
  }

  get delayNs(): Ns {
    return this.#plan.telemetryAgeNs + this.#plan.actuationNs;
  }
}

import { assert } from './assert.ts';
import type { Instance } from './instance.ts';
import type { PoolRole } from './plan.ts';
import type { PowerControlPlan, PowerDomainTotals } from './power-control-plan.ts';
import { PowerDomains } from './power-domains.ts';
import type { PowerPolicy, SiteView } from './ports.ts';
import { type PowerListener, PowerSettings } from './power-settings.ts';
import { aroundInstance, PowerSnapshot, type PoweredInstance } from './power-telemetry.ts';
import type { SimulationPlan } from './run-parts.ts';
import type { InstanceIndex, ModelIndex, Ns, PoolIndex } from './units.ts';

/**
 * The controller of a run: takes telemetry, gives it to the policy when it has become as old as the plan says, and puts the
 * policy's orders into effect after the plan's delay. At one moment orders take effect first, then telemetry is taken, then
 * the policy decides; so the brake sees what orders have done, and the policy what has just been taken if it is of age 0.
 */
export class PowerControl implements SiteView {
  readonly instanceCount: number;
  readonly workloadCount: number;
  readonly domainCount: number;
  readonly #plan: PowerControlPlan;
  readonly #policy: PowerPolicy;
  readonly #instances: readonly PoweredInstance[];
  readonly #domains: PowerDomains;
  readonly #workloads: SimulationPlan['workloads'];
  readonly #models: readonly ModelIndex[];
  readonly settings: PowerSettings;
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
    this.#instances = instances.map((instance) => {
      const { power, acceleratorsPerInstance: accelerators = 1, scaling } = plan.pools[instance.pool]!;
      assert(power !== undefined, 'power is controlled in pools that say what they draw');
      return { instance, power, accelerators, lentWatts: scaling?.background?.drawWatts };
    });
    const { domains, telemetryIntervalNs, brake, actuationNs } = plan.power;
    this.#domains = new PowerDomains(domains, this.#instances, telemetryIntervalNs, brake);
    this.instanceCount = instances.length;
    this.domainCount = domains.length;
    this.workloadCount = plan.workloads.length;
    this.#workloads = plan.workloads;
    this.#models = plan.pools.map(({ model }) => model);
    const tdpWatts = this.#instances.map(({ power }) => power.accelerator.tdpWatts);
    const size = { workloads: plan.workloads.length, tdpWatts };
    const braking = {
      clock: brake?.clock ?? 1,
      isBraked: (instance: InstanceIndex) => brake !== undefined && this.#domains.isBraked(instance),
    };
    this.settings = new PowerSettings(size, actuationNs, braking, listener);
    this.#seen = new PowerSnapshot(instances.length, domains.length);
  }

  /** When `tick` must be called next. */
  get nextNs(): Ns {
    const reportNs = this.#coming.length === 0 ? Infinity : this.#coming[0]!.timeNs + this.#plan.telemetryAgeNs;
    return Math.min(this.#nextTelemetryNs, this.settings.nextNs, reportNs);
  }

  /** Everything that is due at this moment. */
  tick(nowNs: Ns): void {
    this.#nowNs = nowNs;
    this.settings.nowNs = nowNs;
    this.settings.obey(nowNs);
    if (nowNs === this.#nextTelemetryNs) this.#takeTelemetry(nowNs);
    if (this.#coming.length > 0 && this.#coming[0]!.timeNs + this.#plan.telemetryAgeNs === nowNs) {
      this.#free.push(this.#seen);
      this.#seen = this.#coming.shift()!;
      this.#policy.decide(this, this.settings, nowNs);
      this.settings.obey(nowNs);
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
    for (let instance = 0; instance < this.instanceCount; instance++) this.settings.apply(instance);
  }

  // -------------------------------------------------------------------------------------------- what it sees

  clock(instance: InstanceIndex): number {
    return this.settings.clocks[instance]!;
  }

  capWatts(instance: InstanceIndex): number {
    return this.settings.caps[instance]!;
  }

  maxRunning(instance: InstanceIndex): number {
    return this.settings.maxRunning[instance]!;
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

  runningRequests(instance: InstanceIndex): number {
    return this.#seen.runningRequests[instance]!;
  }

  maxNumSeqs(instance: InstanceIndex): number {
    return this.#instances[instance]!.instance.engine.maxNumSeqs;
  }

  priority(workload: number): number {
    return this.#workloads[workload]!.priority ?? 0;
  }

  serves(instance: InstanceIndex, workload: number): boolean {
    return this.#models[this.pool(instance)] === this.#workloads[workload]!.model;
  }

  isTurnedAway(workload: number): boolean {
    return this.settings.turnedAway[workload] === 1;
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

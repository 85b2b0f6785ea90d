import type { PowerDomainTotals } from '../../src/sim/power-control-plan.ts';
import type { PowerPolicy, PowerSink, SiteView } from '../../src/sim/ports.ts';
import type { SimulationPlan } from '../../src/sim/simulate.ts';
import { CONTROL_TICK } from './reference-agenda.ts';
import type { ReferenceAgenda } from './reference-agenda.ts';
import type { ReferenceInstance } from './reference-instance.ts';

/** At one instant orders take effect first, then telemetry is taken, then the policy decides on what comes; pools are scaled after. */
const ORDER = -3;
const TELEMETRY = -2;
const REPORT = -1;

/** Of one instance, from a moment on; a cap is at most the TDP. */
export interface SettingInEffect {
  readonly fromNs: number;
  readonly clock: number;
  readonly capWatts: number;
}

interface Setting {
  readonly clock: number;
  readonly capWatts: number;
  readonly maxRunning: number;
}

/** What instances and domains draw at one moment. */
interface Report {
  readonly drawWatts: readonly number[];
  readonly stepNs: readonly number[];
  readonly waiting: readonly number[];
  readonly running: readonly number[];
  readonly domainWatts: readonly number[];
}

interface Brake {
  overSinceNs?: number | undefined;
  onSinceNs?: number | undefined;
}

/** Telemetry, orders and the brake of docs/power.md. */
export class ReferencePower {
  readonly #plan: SimulationPlan;
  readonly #control: NonNullable<SimulationPlan['power']>;
  readonly #policy: PowerPolicy;
  readonly #instances: readonly ReferenceInstance[];
  readonly #agenda: ReferenceAgenda;
  readonly #ordered: Setting[];
  readonly #inEffect: Setting[];
  readonly #brakes: Brake[];
  /** By workload, as ordered … */
  readonly #turnAway: boolean[];
  /** … and in effect. */
  readonly turnedAway: boolean[];
  readonly #totals: { -readonly [Key in keyof PowerDomainTotals]: PowerDomainTotals[Key] }[];

  constructor(
    plan: SimulationPlan,
    policy: PowerPolicy,
    instances: readonly ReferenceInstance[],
    agenda: ReferenceAgenda,
  ) {
    if (plan.power === undefined) throw new Error('a policy without a plan');
    this.#plan = plan;
    this.#control = plan.power;
    this.#policy = policy;
    this.#instances = instances;
    this.#agenda = agenda;
    this.#ordered = instances.map(() => ({ clock: 1, capWatts: Infinity, maxRunning: Infinity }));
    this.#inEffect = [...this.#ordered];
    this.#turnAway = plan.workloads.map(() => false);
    this.turnedAway = [...this.#turnAway];
    this.#brakes = plan.power.domains.map(() => ({}));
    this.#totals = plan.power.domains.map(({ name }) => ({
      name,
      peakWatts: 0,
      overBudgetNs: 0,
      brakedNs: 0,
      brakes: 0,
    }));
  }

  get totals(): readonly PowerDomainTotals[] {
    return this.#totals;
  }

  scheduleTelemetry(timeNs: number): void {
    if (timeNs === 0) this.#settle(0);
    this.#agenda.add(timeNs, CONTROL_TICK, TELEMETRY, () => {
      const report = this.#look(timeNs);
      this.#watch(report, timeNs);
      const comesNs = timeNs + this.#control.telemetryAgeNs;
      this.#agenda.add(comesNs, CONTROL_TICK, REPORT, () => this.#decide(report, comesNs));
      this.scheduleTelemetry(timeNs + this.#control.telemetryIntervalNs);
    });
  }

  #look(nowNs: number): Report {
    const drawWatts = this.#instances.map((instance) => {
      const { accelerators, power, job } = this.#poolOf(instance);
      const isLent = job !== undefined && instance.life === 'off';
      const isOff = instance.life === 'off' || instance.rest.isAsleepBefore(nowNs);
      const unused = isOff ? power.offWatts : power.idleWatts;
      const restWatts = isLent ? job.drawWatts : unused;
      return instance.drawWattsAt(nowNs) ?? accelerators * restWatts;
    });
    const stepNs = this.#instances.map((instance) => instance.stepNsAt(nowNs) ?? 0);
    const waiting = this.#instances.map((instance) => instance.waitingRequests);
    const running = this.#instances.map((instance) => instance.running.length);
    const domainWatts = this.#control.domains.map(({ instances, counts }) =>
      instances.reduce((watts, index) => {
        const { accelerators: n, power, job } = this.#poolOf(this.#instances[index]!);
        const isLent = job !== undefined && this.#instances[index]!.life === 'off';
        const busyWatts = stepNs[index]! > 0 || isLent ? power.hostBusyWatts : 0;
        const around = n * (power.hostIdleWatts + power.networkWatts + busyWatts);
        return watts + drawWatts[index]! + (counts === 'accelerators' ? 0 : around);
      }, 0),
    );
    return { drawWatts, stepNs, waiting, running, domainWatts };
  }

  #watch({ domainWatts }: Report, nowNs: number): void {
    const { brake, telemetryIntervalNs } = this.#control;
    domainWatts.forEach((watts, domain) => {
      const total = this.#totals[domain]!;
      const state = this.#brakes[domain]!;
      const isOver = watts > this.#budget(domain, nowNs);
      total.peakWatts = Math.max(total.peakWatts, watts);
      if (isOver) total.overBudgetNs += telemetryIntervalNs;
      state.overSinceNs = isOver ? (state.overSinceNs ?? nowNs) : undefined;
      if (brake === undefined) return;
      if (state.onSinceNs !== undefined) {
        if (!isOver && nowNs - state.onSinceNs >= brake.holdNs) state.onSinceNs = undefined;
      } else if (state.overSinceNs !== undefined && nowNs - state.overSinceNs >= brake.delayNs) {
        state.onSinceNs = nowNs;
        total.brakes += 1;
      }
      if (state.onSinceNs !== undefined) total.brakedNs += telemetryIntervalNs;
    });
    this.#settle(nowNs);
  }

  #budget(domain: number, nowNs: number): number {
    const { budget, counts, instances } = this.#control.domains[domain]!;
    const watts = budget.filter(({ fromNs }) => fromNs <= nowNs).at(-1)!.watts;
    if (counts !== 'facility') return watts;
    const { pue } = this.#poolOf(this.#instances[instances[0]!]!).power;
    const rated = instances.reduce((sum, index) => {
      const { accelerators, power } = this.#poolOf(this.#instances[index]!);
      return sum + accelerators * power.ratedWatts;
    }, 0);
    const constant = 0.3 * (pue - 1);
    return (watts - constant * rated) / (pue - constant);
  }

  #decide(report: Report, nowNs: number): void {
    const { actuationNs } = this.#control;
    const ordersDue = new Map<number, Setting>();
    const workloadsDue = new Map<number, boolean>();
    const order = (index: number, change: Partial<Setting>) => {
      const setting = { ...this.#ordered[index]!, ...change };
      const before = this.#ordered[index]!;
      const names = ['clock', 'capWatts', 'maxRunning'] as const;
      if (names.every((name) => before[name] === setting[name])) return;
      this.#ordered[index] = setting;
      ordersDue.set(index, setting);
    };
    const settings: PowerSink = {
      setClock: (index, clock) => order(index, { clock }),
      setCap: (index, watts) => order(index, { capWatts: Math.floor(watts) }),
      setMaxRunning: (index, requests) => order(index, { maxRunning: requests }),
      setTurnedAway: (workload, isTurnedAway) => {
        if (this.#turnAway[workload] === isTurnedAway) return;
        this.#turnAway[workload] = isTurnedAway;
        workloadsDue.set(workload, isTurnedAway);
      },
    };
    this.#policy.decide(this.#siteView(report, nowNs), settings, nowNs);
    this.#agenda.add(nowNs + actuationNs, CONTROL_TICK, ORDER, () => {
      for (const [index, setting] of ordersDue) this.#inEffect[index] = setting;
      for (const [workload, isTurnedAway] of workloadsDue) this.turnedAway[workload] = isTurnedAway;
      this.#settle(nowNs + actuationNs);
    });
  }

  #siteView(report: Report, nowNs: number): SiteView {
    const { domains, lowPriorityPools, actuationNs } = this.#control;
    return {
      instanceCount: this.#instances.length,
      clock: (index) => this.#ordered[index]!.clock,
      capWatts: (index) => this.#ordered[index]!.capWatts,
      pool: (index) => this.#instances[index]!.pool,
      role: (index) => this.#instances[index]!.role,
      accelerators: (index) => this.#poolOf(this.#instances[index]!).accelerators,
      leastClock: (index) => this.#poolOf(this.#instances[index]!).power.accelerator.leastClock,
      isLowPriority: (index) => lowPriorityPools.includes(this.#instances[index]!.pool),
      drawWatts: (index) => report.drawWatts[index]!,
      stepNs: (index) => report.stepNs[index]!,
      waitingRequests: (index) => report.waiting[index]!,
      runningRequests: (index) => report.running[index]!,
      maxNumSeqs: (index) => this.#instances[index]!.engine.maxNumSeqs,
      maxRunning: (index) => this.#ordered[index]!.maxRunning,
      workloadCount: this.#plan.workloads.length,
      priority: (workload) => this.#plan.workloads[workload]!.priority ?? 0,
      serves: (index, workload) =>
        this.#plan.pools[this.#instances[index]!.pool]!.model === this.#plan.workloads[workload]!.model,
      isTurnedAway: (workload) => this.#turnAway[workload]!,
      domainCount: domains.length,
      domainSize: (domain) => domains[domain]!.instances.length,
      domainInstance: (domain, k) => domains[domain]!.instances[k]!,
      budgetWatts: (domain) => this.#budget(domain, nowNs),
      domainDrawWatts: (domain) => report.domainWatts[domain]!,
      domainAroundWatts: (domain) => {
        if (domains[domain]!.counts === 'accelerators') return 0;
        return domains[domain]!.instances.reduce((sum, index) => {
          const { accelerators, power } = this.#poolOf(this.#instances[index]!);
          return sum + accelerators * (power.hostIdleWatts + power.networkWatts + power.hostBusyWatts);
        }, 0);
      },
      delayNs: this.#control.telemetryAgeNs + actuationNs,
    };
  }

  #settle(nowNs: number): void {
    const { brake, domains } = this.#control;
    this.#instances.forEach((instance, index) => {
      const isBraked = domains.some(
        ({ instances }, domain) => this.#brakes[domain]!.onSinceNs !== undefined && instances.includes(index),
      );
      const { clock, capWatts, maxRunning } = this.#inEffect[index]!;
      instance.clock = isBraked ? Math.min(clock, brake!.clock) : clock;
      instance.capWatts = capWatts;
      instance.maxRunning = maxRunning;
      const { settings } = instance;
      const last = settings.at(-1);
      const cap = Math.min(capWatts, this.#poolOf(instance).power.accelerator.tdpWatts);
      if (last?.clock === instance.clock && last.capWatts === cap) return;
      settings.push({ fromNs: nowNs, clock: instance.clock, capWatts: cap });
    });
  }

  #poolOf({ pool }: ReferenceInstance) {
    const { power, acceleratorsPerInstance: accelerators = 1, scaling } = this.#plan.pools[pool]!;
    if (power === undefined) throw new Error('a pool without watts');
    return { power, accelerators, job: scaling?.background };
  }
}

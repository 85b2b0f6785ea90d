import { assert } from './assert.ts';
import type { BudgetStep, PowerBrakePlan, PowerDomainPlan, PowerDomainTotals } from './power-control-plan.ts';
import { constantFacilityShare } from './pool-power.ts';
import type { PoweredInstance, PowerSnapshot } from './power-telemetry.ts';
import type { Ns } from './units.ts';

/** A budget of IT, in force from a moment on. */
type ItBudget = readonly BudgetStep[];

/** Groups of instances that share a budget, what they draw of it, and the brake of the hardware. */
export class PowerDomains {
  readonly plans: readonly PowerDomainPlan[];
  readonly #budgets: readonly ItBudget[];
  readonly #intervalNs: Ns;
  readonly #brake: PowerBrakePlan | undefined;
  readonly #overSinceNs: Float64Array;
  readonly #brakedSinceNs: Float64Array;
  readonly #peakWatts: Float64Array;
  readonly #overBudgetNs: Float64Array;
  readonly #brakedNs: Float64Array;
  readonly #brakes: Float64Array;

  constructor(
    plans: readonly PowerDomainPlan[],
    instances: readonly PoweredInstance[],
    intervalNs: Ns,
    brake: PowerBrakePlan | undefined,
  ) {
    this.plans = plans;
    this.#budgets = plans.map((plan) =>
      plan.budget.map((step) => ({ ...step, watts: itWatts(plan, step, instances) })),
    );
    this.#intervalNs = intervalNs;
    this.#brake = brake;
    this.#overSinceNs = new Float64Array(plans.length).fill(Infinity);
    this.#brakedSinceNs = new Float64Array(plans.length).fill(Infinity);
    this.#peakWatts = new Float64Array(plans.length);
    this.#overBudgetNs = new Float64Array(plans.length);
    this.#brakedNs = new Float64Array(plans.length);
    this.#brakes = new Float64Array(plans.length);
  }

  sum(snapshot: PowerSnapshot): void {
    this.plans.forEach(({ instances, counts }, domain) => {
      let watts = 0;
      for (const index of instances) {
        watts += snapshot.drawWatts[index]!;
        if (counts !== 'accelerators') watts += snapshot.aroundWatts[index]!;
      }
      snapshot.domainWatts[domain] = watts;
    });
  }

  /** Of IT. */
  budgetWatts(domain: number, nowNs: Ns): number {
    const budget = this.#budgets[domain]!;
    let step = budget.length - 1;
    while (step > 0 && budget[step]!.fromNs > nowNs) step--;
    return budget[step]!.watts;
  }

  /** Telemetry has just been taken. Answers whether a brake was put on or let go. */
  watch({ timeNs, domainWatts }: PowerSnapshot): boolean {
    let changed = false;
    for (let domain = 0; domain < this.plans.length; domain++) {
      const watts = domainWatts[domain]!;
      const isOver = watts > this.budgetWatts(domain, timeNs);
      if (watts > this.#peakWatts[domain]!) this.#peakWatts[domain] = watts;
      if (isOver) this.#overBudgetNs[domain]! += this.#intervalNs;
      if (this.#brake !== undefined && this.#turnBrake(this.#brake, domain, isOver, timeNs)) changed = true;
      if (this.#brakedSinceNs[domain]! < Infinity) this.#brakedNs[domain]! += this.#intervalNs;
    }
    return changed;
  }

  /** Whether the brake is on in any domain of an instance. */
  isBraked(index: number): boolean {
    return this.plans.some(
      ({ instances }, domain) => this.#brakedSinceNs[domain]! < Infinity && instances.includes(index),
    );
  }

  totals(): PowerDomainTotals[] {
    return this.plans.map(({ name }, domain) => ({
      name,
      peakWatts: this.#peakWatts[domain]!,
      overBudgetNs: this.#overBudgetNs[domain]!,
      brakedNs: this.#brakedNs[domain]!,
      brakes: this.#brakes[domain]!,
    }));
  }

  #turnBrake({ delayNs, holdNs }: PowerBrakePlan, domain: number, isOver: boolean, nowNs: Ns): boolean {
    if (!isOver) this.#overSinceNs[domain] = Infinity;
    else if (this.#overSinceNs[domain] === Infinity) this.#overSinceNs[domain] = nowNs;
    const isBraked = this.#brakedSinceNs[domain]! < Infinity;
    if (isBraked && !isOver && nowNs - this.#brakedSinceNs[domain]! >= holdNs) {
      this.#brakedSinceNs[domain] = Infinity;
      return true;
    }
    if (isBraked || nowNs - this.#overSinceNs[domain]! < delayNs) return false;
    this.#brakedSinceNs[domain] = nowNs;
    this.#brakes[domain]!++;
    return true;
  }
}

function itWatts(
  { counts, instances }: PowerDomainPlan,
  { watts }: BudgetStep,
  all: readonly PoweredInstance[],
): number {
  if (counts !== 'facility') return watts;
  const pue = all[instances[0]!]!.power.pue;
  let rated = 0;
  for (const index of instances) {
    const { power, accelerators } = all[index]!;
    assert(power.pue === pue, 'instances of one facility have one PUE');
    rated += accelerators * power.ratedWatts;
  }
  return itPart(counts, watts, pue, rated);
}

/** What of a budget is left for IT: a facility adds a share of the draw and a share of what it is built for. */
export function itPart(counts: PowerDomainPlan['counts'], watts: number, pue: number, ratedWatts: number): number {
  if (counts !== 'facility') return watts;
  const constant = constantFacilityShare(pue);
  return (watts - constant * ratedWatts) / (pue - constant);
}

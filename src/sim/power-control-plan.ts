import type { Ns } from './units.ts';

/** How the power of a run is controlled: what is seen of it and when, what is allowed, and who decides. */
export interface PowerControlPlan {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Telemetry is taken at every multiple of it, the start included … */
  readonly telemetryIntervalNs: Ns;
  /** … and reaches the controller, which then decides, so much later. */
  readonly telemetryAgeNs: Ns;
  /** From a decision to its effect, which begins with the next step. */
  readonly actuationNs: Ns;
  /** Pools whose instances are to be slowed before others. */
  readonly lowPriorityPools: readonly number[];
  readonly domains: readonly PowerDomainPlan[];
  readonly brake?: PowerBrakePlan;
}

/** Instances that share a budget. */
export interface PowerDomainPlan {
  readonly name: string;
  readonly instances: readonly number[];
  /** Accelerators alone; with servers and network; or with what the facility adds, too. */
  readonly counts: 'accelerators' | 'it' | 'facility';
  /** In order of time, from 0 on. */
  readonly budget: readonly BudgetStep[];
}

export interface BudgetStep {
  readonly fromNs: Ns;
  readonly watts: number;
}

/** What the hardware does by itself, whatever the controller has ordered. It looks when telemetry is taken. */
export interface PowerBrakePlan {
  /** A domain has been over its budget for so long. */
  readonly delayNs: Ns;
  /** Its instances then run at this clock, or at a lower one if that was ordered, … */
  readonly clock: number;
  /** … for at least so long, and until the domain is within its budget. */
  readonly holdNs: Ns;
}

/** What came of it. */
export interface PowerDomainTotals {
  readonly name: string;
  /** Highest draw that telemetry found, of IT. */
  readonly peakWatts: number;
  /** Telemetry intervals that began over the budget, … */
  readonly overBudgetNs: Ns;
  /** … and those during which the brake was on, … */
  readonly brakedNs: Ns;
  /** … which it was put on so often. */
  readonly brakes: number;
}
